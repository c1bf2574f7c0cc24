//! `crossdock policy`.

use crate::{
    cli::Policy,
    failure::{Failure, at},
    output,
};

/// Checks a file, or prints the schema.
pub fn run(command: Policy) -> Result<(), Failure> {
    match command {
        Policy::Schema => output::line(crossdock_governance::schema()),
        Policy::Check { file } => {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(&file).map_err(at(&name))?;
            match crossdock_governance::check(&name, &text) {
                Ok(policy) => output::line(format!("{name}: version {}, {} connections", policy.version, policy.connections.len())),
                Err(faults) => {
                    let said: Vec<_> =
                        faults.iter().map(|fault| format!("{name}:{}:{}: {}", fault.line, fault.column, fault.message)).collect();
                    Err(said.join("\n           ").into())
                }
            }
        }
    }
}
