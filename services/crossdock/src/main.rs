//! The one binary of Crossdock: `crossdock serve` runs services, everything else talks to them through their public contracts.

mod cli;
mod commands;
mod failure;
mod output;
mod peers;
mod services;

use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::from(format!("no runtime: {error}")).exit(),
    };
    let done = runtime.block_on(commands::run(cli));
    // Readers of standard input cannot be interrupted; nothing else is left to do.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}
