//! One file per command.

mod bench;
mod check;
mod demo;
mod exceptions;
mod export;
mod freshness;
mod history;
mod import;
mod operations;
mod policy;
mod records;
mod report;
mod sender;
mod serve;
mod sets;

use crate::{
    cli::{BenchCommand, Cli, Command},
    failure::Failure,
};

/// Runs what was asked for.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Serve { services, settings } => serve::serve(&services, settings).await,
        Command::Config { settings } => serve::config(settings),
        Command::Policy(command) => policy::run(command),
        Command::Get { kind, keys, service, target } => records::get(&kind, &keys, service.as_deref(), &target).await,
        Command::List(list) => records::list(list).await,
        Command::Watch { kinds, service, cursor, prefix, location, until_checkpoint, target } => {
            records::watch(records::Watch { kinds, service, cursor, prefix, location, until_checkpoint }, &target).await
        }
        Command::Import(import) => import::import(import).await,
        Command::Parked { cause, service, target } => operations::parked(cause, service, &target).await,
        Command::Redrive { selection, target } => operations::redrive(selection, &target).await,
        Command::Discard { selection, reason, target } => operations::discard(selection, reason, &target).await,
        Command::Set(command) => sets::run(command).await,
        Command::Bench(BenchCommand::Ingest(bench)) => bench::ingest(bench).await,
        Command::History(asked) => history::history(asked).await,
        Command::Inventory(asked) => history::inventory(asked).await,
        Command::Export(asked) => export::export(asked).await,
        Command::Exceptions { all, acknowledge, note, target } => exceptions::exceptions(all, acknowledge, note, &target).await,
        Command::Check { target } => check::check(&target).await,
        Command::Freshness { target } => freshness::show(&target).await,
        Command::Demo(asked) => demo::demo(asked).await,
        Command::Stats { target } => operations::stats(&target).await,
    }
}
