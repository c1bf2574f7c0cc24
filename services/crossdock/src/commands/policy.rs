//! `crossdock policy`.

use crate::{
    cli::Policy,
    commands::freshness,
    failure::{Failure, at},
    output::{self, Format},
    peers::Peers,
};
use std::path::Path;

/// Checks a file, prints the schema, or what is in force.
pub async fn run(command: Policy) -> Result<(), Failure> {
    match command {
        Policy::Schema => output::line(crossdock_governance::schema()),
        Policy::Show { target } => {
            let policy = output::json(&freshness::policy(&Peers::new(&target)?).await?, "crossdock.governance.v1.Policy")?;
            if target.output == Format::Json {
                return output::line(policy.to_string());
            }
            let rows = policy.as_object().into_iter().flatten().map(|(name, value)| vec![name.clone(), output::cell(value)]);
            output::table(&["part", "says"], rows)
        }
        Policy::Check { file } => {
            let policy = read(&file)?;
            output::line(format!("{}: version {}, {} connections", file.display(), policy.version, policy.connections.len()))
        }
    }
}

/// A policy file, or every fault with its place.
pub fn read(file: &Path) -> Result<crossdock_proto::governance::Policy, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(at(&name))?;
    crossdock_governance::check(&name, &text).map_err(|faults| {
        let said: Vec<_> = faults.iter().map(ToString::to_string).collect();
        said.join("\n           ").into()
    })
}
