//! `crossdock certs dev`: certificates for a first try.

use crate::{
    cli::Certs,
    failure::{Failure, at},
    output::line,
};
use crossdock_core::{Clock, SystemClock};
use crossdock_identity::{Authority, Issued, ServiceIdentity};
use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long what is made is good.
const LASTS: Duration = Duration::from_secs(30 * 24 * 3600);
/// Names under which everybody finds this machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Names of files that no connection may have.
const TAKEN: [&str; 3] = ["authority", "server", "cluster"];

/// Makes certificates, and says how to try them.
pub fn run(command: Certs) -> Result<(), Failure> {
    let Certs::Dev { to, hosts, connections, cluster } = command;
    let connections: Vec<Vec<&str>> = connections.iter().map(|names| names.split('+').collect()).collect();
    if let Some(name) = connections.iter().flatten().find(|name| !is_connection(name)) {
        return Err(
            format!("--connection {name:?}: a connection's name is 1 to 40 of a-z, 0-9 and -, and here not {}", TAKEN.join(", ")).into()
        );
    }
    let now = SystemClock.now();
    let authority = Authority::new("Crossdock trial", now, LASTS)?;
    let suite = ServiceIdentity::default();
    let names = LOOPBACK.into_iter().chain(hosts.iter().chain(&suite.names).map(String::as_str)).collect::<Vec<_>>();
    let mut issued = vec![("server", authority.issue(&names, now, LASTS)?)];
    for names in &connections {
        let uris: Vec<_> = names.iter().map(|name| format!("urn:crossdock:connection:{name}")).collect();
        issued.push((names[0], authority.issue(&uris.iter().map(String::as_str).collect::<Vec<_>>(), now, LASTS)?));
    }
    if cluster {
        issued.push(("cluster", authority.issue(&suite.operators.iter().map(String::as_str).collect::<Vec<_>>(), now, LASTS)?));
    }
    std::fs::create_dir_all(&to).map_err(at(to.display()))?;
    let files = files(&to, &authority, &issued);
    if let Some((there, ..)) = files.iter().find(|(path, ..)| path.exists()) {
        return Err(format!("{} is there already: name another folder, or remove it", there.display()).into());
    }
    for (path, content, mode) in &files {
        write(path, content, *mode).map_err(at(path.display()))?;
    }
    told(&to, &connections)
}

/// Path, content and mode of every file.
fn files<'a>(to: &Path, authority: &'a Authority, issued: &'a [(&str, Issued)]) -> Vec<(PathBuf, &'a str, u32)> {
    let mut files = vec![(to.join("authority.pem"), authority.pem(), 0o644)];
    for (name, issued) in issued {
        files.push((to.join(format!("{name}.pem")), &issued.certificate, 0o644));
        files.push((to.join(format!("{name}-key.pem")), &issued.key, 0o600));
    }
    files
}

fn write(path: &Path, content: &str, mode: u32) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(content.as_bytes())
}

/// The names of files are made of them.
fn is_connection(name: &str) -> bool {
    let plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    plain && (1..=40).contains(&name.len()) && !TAKEN.contains(&name)
}

fn told(to: &Path, connections: &[Vec<&str>]) -> Result<(), Failure> {
    let at = to.display();
    line(format!(
        "{at}/authority.pem and what it vouches for, for trials only. The authority's key was not kept; all ends in 30 days.\n\n\
         Serve:\n\n  \
         crossdock serve --tls-certificate {at}/server.pem --tls-key {at}/server-key.pem \\\n    \
         --tls-client-authorities {at}/authority.pem --tls-authorities {at}/authority.pem\n"
    ))?;
    for (connection, file) in connections.iter().flat_map(|names| names.iter().map(|name| (name, names[0]))) {
        line(format!(
            "Call as {connection}, which the policy knows by urn:crossdock:connection:{connection}:\n\n  \
             crossdock stats --address https://localhost:7400 --authorities {at}/authority.pem \\\n    \
             --certificate {at}/{file}.pem --certificate-key {at}/{file}-key.pem --connection {connection}\n"
        ))?;
    }
    Ok(())
}
