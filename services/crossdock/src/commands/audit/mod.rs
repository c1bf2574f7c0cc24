//! `crossdock audit`: what was decided, and whether that can be believed.

mod chain;
mod checkpoint;
mod show;
mod subjects;

use crate::{
    cli::{Audit, Target},
    failure::{Failure, at},
    output,
    peers::{self, Peers},
};
use chain::Chain;
use checkpoint::Checkpoint;
use crossdock_core::{Clock, SystemClock, instant};
use crossdock_identity::{PublicKey, Signer};
use std::{fs::OpenOptions, io::Write, path::Path};

/// Verifies, signs or shows.
pub async fn run(command: Audit) -> Result<(), Failure> {
    match command {
        Audit::Verify { service, checkpoint, public_key, target } => {
            let marked = checkpoint.zip(public_key).map(|(file, key)| checkpoint::read(&file, &believed(&key)?)).transpose()?;
            verify(service.as_deref(), &marked.unwrap_or_default(), &target).await
        }
        Audit::Checkpoint { key, to, service, target } => {
            let pem = std::fs::read(&key).map_err(at(key.display()))?;
            sign(&Signer::from_pem(&pem).map_err(at(key.display()))?, &to, service.as_deref(), &target).await
        }
        Audit::Show { subject, target } => show::show(&subject, &target).await,
    }
}

fn believed(file: &Path) -> Result<PublicKey, Failure> {
    let pem = std::fs::read(file).map_err(at(file.display()))?;
    PublicKey::from_pem(&pem).map_err(at(file.display()))
}

/// The chains of the services at this address.
async fn chains(service: Option<&str>, target: &Target) -> Result<Vec<Chain>, Failure> {
    let peers = Peers::new(target)?;
    let mut chains = Vec::new();
    for (name, package) in peers::SERVICES.into_iter().filter(|(name, _)| service.is_none_or(|wanted| wanted == *name)) {
        match Chain::at(&peers, name, package).await? {
            Some(chain) => chains.push(chain),
            None => output::note(format!("{name} is not at this address"))?,
        }
    }
    if chains.is_empty() {
        let names = peers::SERVICES.map(|(name, _)| name).join(", ");
        return Err(format!("no chain was found: name a service of this address with --service, of {names}").into());
    }
    Ok(chains)
}

async fn verify(service: Option<&str>, marked: &[Checkpoint], target: &Target) -> Result<(), Failure> {
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for mut chain in chains(service, target).await? {
        let passed = marked.iter().filter(|checkpoint| checkpoint.service == chain.name).count();
        rows.push(match chain.verify(marked).await? {
            Ok(entries) => vec![chain.name.to_owned(), entries.to_string(), passed.to_string(), "whole".to_owned()],
            Err(fault) => {
                faults.push(format!("{}: {fault}", chain.name));
                vec![chain.name.to_owned(), String::new(), String::new(), fault.reason.to_owned()]
            }
        });
    }
    output::rows(target.output, &["service", "entries", "checkpoints", "chain"], rows)?;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n           ").into()) }
}

async fn sign(signer: &Signer, to: &Path, service: Option<&str>, target: &Target) -> Result<(), Failure> {
    let time = instant(SystemClock.now());
    let mut lines = String::new();
    for chain in chains(service, target).await? {
        let checkpoint = Checkpoint::sign(&chain, &time, signer)?;
        output::line(format!("{}: entry {} of {time}", chain.name, checkpoint.sequence))?;
        lines.push_str(&checkpoint.line()?);
    }
    let mut file = OpenOptions::new().append(true).create(true).open(to).map_err(at(to.display()))?;
    file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()).map_err(at(to.display()))
}
