//! `crossdock operator`.

use crate::{
    cli::Operator,
    commands::serve::{clock, effective, stop},
    failure::{Failure, at},
    output,
};

/// Runs the operator, or prints what it needs of a cluster.
pub async fn run(command: Operator) -> Result<(), Failure> {
    match command {
        Operator::Crds => output::line(crossdock_operator::definitions().trim_end()),
        Operator::Run { settings } => {
            let config = effective(settings)?;
            let telemetry = crossdock_telemetry::start("crossdock-operator", &config.log, &config.telemetry).map_err(at("telemetry"))?;
            let ran = crossdock_operator::run(&config, clock()?, stop()).await;
            telemetry.end();
            Ok(ran?)
        }
    }
}
