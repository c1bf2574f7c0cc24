//! One file per command.

mod audit;
mod bench;
mod certs;
mod check;
mod closed_loop;
mod decisions;
mod demo;
mod drafts;
mod exceptions;
mod execution;
mod export;
mod fallback;
mod freshness;
mod history;
mod import;
mod operations;
mod operator;
mod policy;
mod recommendations;
mod records;
mod report;
mod sender;
mod serve;
mod sets;
mod token;

use crate::{
    cli::{BenchCommand, Cli, Command},
    failure::Failure,
};

/// Runs what was asked for.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Serve { services, settings } => serve::serve(&services, settings).await,
        Command::Migrate { services, settings } => serve::migrate(&services, settings).await,
        Command::Config { settings } => serve::config(settings),
        Command::Certs(command) => certs::run(command),
        Command::Policy(command) => policy::run(command).await,
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
        Command::Exceptions(command) => exceptions::run(command).await,
        Command::Runs { planner, limit, target } => recommendations::runs(planner, limit, target).await,
        Command::Recommendations(asked) => recommendations::recommendations(asked).await,
        Command::Approvals(command) => decisions::run(command).await,
        Command::Drafts(command) => drafts::run(command).await,
        Command::Postings { posting_key, target } => drafts::postings(&posting_key, target).await,
        Command::Orders(asked) => execution::orders(asked).await,
        Command::ScheduledReceipts(asked) => execution::scheduled(asked).await,
        Command::Journey { recommendation, target } => execution::journey(&recommendation, &target).await,
        Command::Performance(asked) => execution::performance(asked).await,
        Command::Fallback(command) => fallback::run(command).await,
        Command::Replay { service, kinds, from, to, prefix, target } => {
            records::replay(records::Range { service, kinds, from, to, prefix }, &target).await
        }
        Command::Audit(command) => audit::run(command).await,
        Command::Check { target } => check::check(&target).await,
        Command::Freshness { target } => freshness::show(&target).await,
        Command::Loop(asked) => closed_loop::run(asked).await,
        Command::Demo(asked) => demo::demo(asked).await,
        Command::Operator(command) => operator::run(command).await,
        Command::Token(command) => token::run(command).await,
        Command::Stats { target } => operations::stats(&target).await,
    }
}
