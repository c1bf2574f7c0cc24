//! `crossdock demo`: the main job, played in front of you through the public contracts.

mod changes;
mod progress;
mod screen;
mod server;
mod story;

use crate::{
    cli::{Demo, Shown, Target},
    failure::{Failure, at},
    output::{self, Format},
    peers::Peers,
};
use crossdock_simulator::{Addresses, Nuisance, Setup, Simulation, SteppedClock, start};
use jiff::civil::date;
use server::Server;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

/// Items that are traded.
const GOODS: usize = 300;
/// How badly the parties behave, and how badly with `--chaos`.
const USUAL: Nuisance = Nuisance { twice: 5, disorder: 10, cuts: 2 };
const CHAOS: Nuisance = Nuisance { twice: 10, disorder: 20, cuts: 10 };

/// Plays some weeks of a company against the services, and compares the books at the end.
pub async fn demo(asked: Demo) -> Result<(), Failure> {
    let orders = asked.example.join("online_retail.csv.gz");
    for file in [&orders, &asked.policy] {
        if !file.exists() {
            return Err(
                format!("{} is not here: run the demo in the project's folder, or say --example and --policy", file.display()).into()
            );
        }
    }
    let mut telling = crossdock_telemetry::Config::default();
    asked.telling.over(&mut telling);
    let telemetry = crossdock_telemetry::start("crossdock-demo", "error", &telling).map_err(at("telemetry"))?;
    let temporary = tempfile::tempdir()?;
    let folder = asked.data_dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    unused(&folder)?;
    let clock = Arc::new(SteppedClock::telling(start(), folder.join("clock"))?);
    let server = Server::start(&asked, &folder, Arc::clone(&clock)).await?;
    output::line(format!(
        "All five services run {} on {}; their data is in {}.\nA distributor with two ERPs, four centres and 24 suppliers begins on {}.",
        if asked.chaos { "in a process that is killed at random moments," } else { "in this process" },
        server.address(),
        folder.display(),
        crossdock_simulator::FIRST_DAY
    ))?;
    let played = play(&asked, orders, &folder, clock, server).await;
    telemetry.end();
    played
}

async fn play(asked: &Demo, orders: PathBuf, folder: &Path, clock: Arc<SteppedClock>, mut server: Server) -> Result<(), Failure> {
    let (began, progress) = (Instant::now(), progress::Shown::new());
    let told = progress.clone();
    let mut play = Simulation::new(Setup {
        seed: asked.seed,
        addresses: Addresses { all: server.address(), packages: BTreeMap::new() },
        orders,
        ledgers: folder.join("ledgers"),
        clock,
        goods: GOODS,
        from: date(2010, 12, 1),
        nuisance: if asked.chaos { CHAOS } else { USUAL },
        progress: Arc::new(move |step| told.tell(step)),
    })?;
    let played = server.beside(async {
        play.load().await?;
        play.run(asked.weeks * 7).await?;
        play.finish().await
    });
    played.await?;
    let took = began.elapsed();
    let report = play.check().await?;
    progress.done();
    let target = Target {
        address: server.address(),
        connection: None,
        token_file: None,
        principal: None,
        shown: Shown::default(),
        output: Format::Table,
    };
    screen::show(&Peers::new(&target)?, &play.traffic(), play.decisions(), took).await?;
    let (runs, died) = play.runs();
    output::line(format!("\n{runs} runs were committed and {died} died on the way; the services were killed {} times", server.kills()))?;
    let agreed = screen::books(&report);
    output::line(format!("\nThat was all, in {} s, with seed {}.", began.elapsed().as_secs(), asked.seed))?;
    if asked.keep {
        keep(&server).await?;
    }
    server.stop().await?;
    agreed
}

/// Goes on serving until Ctrl-C.
async fn keep(server: &Server) -> Result<(), Failure> {
    let (address, from) = (server.address(), server.address().replace("http://", ""));
    output::line(format!(
        "\nThe services go on serving, their clock stands still. Ctrl-C ends them. Try:\n\
         \n  crossdock list recommendation-status --address {address} --connection operator\n  \
         grpcurl -plaintext -H 'crossdock-connection: planner' {from} crossdock.execution.v1.ExecutionService/ListScheduledReceipts\n  \
         grpcurl -plaintext -H 'crossdock-connection: operator' {from} crossdock.execution.v1.ExecutionService/ListPerformance\n  \
         grpcurl -plaintext -H 'crossdock-connection: planner' -d '{{\"kinds\": [\"feedback\"], \"until_checkpoint\": true}}' {from} crossdock.execution.v1.RecordService/Watch"
    ))?;
    tokio::signal::ctrl_c().await.map_err(at("waiting for Ctrl-C"))
}

/// A second play on the data of a first would be told that everything is known already.
fn unused(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        return Err(format!("{} is not empty: the demo begins with nothing; give it another --data-dir", folder.display()).into());
    }
    Ok(())
}
