//! Secrets that are planted into a running suite reach nothing that it tells: logs at their loudest, traces, metrics, answers, files.

use crossdock_proto::governance::{Exception, ExceptionFilter};
use crossdock_testkit::{binary, eventually_async, free_port};
use crossdock_tests::{DEMAND, Engine, GOVERNANCE, PATIENCE, Place, Server, otlp::Collector};
use std::{fs, path::Path, process::Command};

const SHARED: &str = "planted-secret-that-all-services-share-5f1d";
const WEBHOOK: &str = "planted-key-of-a-webhook-77a0";
const WRONG: &str = "planted-token-that-is-none-and-long-enough-91c3";
const PASSWORD: &str = "planted-password-of-a-database-03be";

#[tokio::test]
async fn planted_secrets_are_told_to_nobody() {
    let place = Place::new(Engine::Sqlite);
    let (collector, otlp) = Collector::start().await;
    let metrics = format!("127.0.0.1:{}", free_port());
    let shared = place.write("services", SHARED);
    let config = place.write("config.yaml", format!("services: {{token_file: {}}}\n", shared.display()));
    let policy = place.write("policy.yaml", policy(free_port()));
    let [config, policy] = [&config, &policy].map(|path| path.to_str().unwrap());
    let arguments = ["--config", config, "--policy", policy, "--log", "trace", "--otlp", &otlp, "--metrics", &metrics];
    let mut server = place.serve(free_port(), &arguments);
    server.heard(DEMAND, "erp").await;
    server.heard(GOVERNANCE, "operator").await;

    let mut said = Vec::new();
    let made = crossdock(&server, &["token", "create", "--for", "tok"], &[]);
    let token = made.0.trim().to_owned();
    assert_eq!(token.len(), 60, "{}", made.1);
    said.push(made.1);
    // It was shown in full once, to whoever asked.
    for (arguments, shown) in
        [(["list", "item"], token.as_str()), (["list", "item"], WRONG), (["get", "nothing"], WRONG), (["token", "list"], &token)]
    {
        let (out, error) = crossdock(&server, &arguments, &[("CROSSDOCK_TOKEN", shown), ("CROSSDOCK_CONNECTION", "operator")]);
        said.extend([out, error]);
    }
    said.push(troubled(&server).await);
    let (head, text) = crate::metrics::ask(metrics.parse::<std::net::SocketAddr>().unwrap().port(), "text/plain").unwrap();
    said.extend([head, text]);
    eventually_async("spans of the calls", PATIENCE, async || {
        collector.spans().iter().any(|span| span.name.ends_with("/CreateToken")).then_some(())
    })
    .await;
    server.process.terminate(PATIENCE);
    said.push(format!("{:?}", collector.spans()));
    said.push(server.process.output());
    assert!(said.last().is_some_and(|log| log.contains("\"level\":\"TRACE\"")), "the log is loud");

    for (url, form) in
        [(format!("postgres://me:{PASSWORD}@127.0.0.1:1/x"), "URL"), (format!("host=127.0.0.1 port=1 password={PASSWORD}"), "parameters")]
    {
        let shown = Command::new(binary("crossdock")).args(["config", "--config", config, "--database-url", &url]).output().unwrap();
        said.push(String::from_utf8_lossy(&shown.stdout).into_owned());
        let failed = Command::new(binary("crossdock")).args(["migrate", "--log", "trace", "--database-url", &url]).output().unwrap();
        assert!(!failed.status.success(), "{form}");
        said.extend([failed.stdout, failed.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()));
    }
    for secret in [SHARED, WEBHOOK, WRONG, PASSWORD, &token[17..]] {
        for text in &said {
            let at = text.find(secret);
            assert!(at.is_none(), "{secret} is told: {}", at.map_or("", |at| around(text, at)));
        }
    }
    // The policy has the address of its webhook; nothing else is on disk but hashes.
    for secret in [SHARED, WRONG, &token[17..]] {
        assert!(!is_within(&place.folder().join("data"), secret.as_bytes()), "{secret} is in a store");
    }
}

/// Something goes wrong, and nobody can be told of it; what is told of that.
async fn troubled(server: &Server) -> String {
    // Nobody has sent its item.
    server.send(DEMAND, "erp", vec![crate::lines::line(1, 2)]).await;
    let all = ExceptionFilter::default();
    let failed = eventually_async("an exception that its webhook was not told", PATIENCE, async || {
        let found: Vec<(String, Exception)> = server.list(GOVERNANCE, "operator", "exception", &all).await;
        found.into_iter().find(|(_, exception)| !exception.webhook_error.is_empty())
    });
    format!("{:?}", failed.await)
}

fn policy(nobody: u16) -> String {
    format!(
        "connections:\n  - {{name: erp, roles: [erp]}}\n  - {{name: operator, roles: [operator]}}\n  - {{name: tok, roles: [erp], authentication: token}}\n\
         issue_grace: 0s\nroutes: [{{name: all, team: ops, webhook: 'http://127.0.0.1:{nobody}/hook?key={WEBHOOK}'}}]\n"
    )
}

/// Runs a command; what it prints.
fn crossdock(server: &Server, arguments: &[&str], environment: &[(&str, &str)]) -> (String, String) {
    let mut command = Command::new(binary("crossdock"));
    let run = command.args(arguments).args(["--address", &server.address()]).envs(environment.iter().copied()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(run.stdout), text(run.stderr))
}

fn around(text: &str, at: usize) -> &str {
    let begin = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    &text[begin..end.min(begin + 1_000)]
}

fn is_within(folder: &Path, secret: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        path.is_file() && fs::read(&path).unwrap().windows(secret.len()).any(|window| window == secret)
    })
}
