//! `crossdock policy`.

use crate::{
    cli::Policy,
    failure::{Failure, at},
    output,
};
use std::path::Path;

/// Checks a file, or prints the schema.
pub fn run(command: Policy) -> Result<(), Failure> {
    match command {
        Policy::Schema => output::line(crossdock_governance::schema()),
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
