//! `crossdock demo`: the main job, played in front of you through the public contracts.

mod progress;
mod server;

use crate::{
    cli::Demo,
    failure::{Failure, at},
    output,
};
use crossdock_simulator::{Addresses, Nuisance, Setup, Simulation, SteppedClock, start};
use jiff::civil::date;
use server::Server;
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Instant};

/// Items that are traded.
const GOODS: usize = 300;

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
    crossdock_telemetry::start("warn").map_err(at("log"))?;
    let temporary = tempfile::tempdir()?;
    let folder = asked.data_dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    unused(&folder)?;
    let began = Instant::now();
    let clock = Arc::new(SteppedClock::telling(start(), folder.join("clock"))?);
    let mut server = Server::start(&asked, &folder, Arc::clone(&clock)).await?;
    let progress = progress::Shown::new();
    let setup = Setup {
        seed: asked.seed,
        addresses: Addresses { all: server.address(), packages: BTreeMap::new() },
        orders,
        ledgers: folder.join("ledgers"),
        clock,
        goods: GOODS,
        from: date(2010, 12, 1),
        nuisance: if asked.chaos { Nuisance { twice: 10, disorder: 20, cuts: 10 } } else { Nuisance { twice: 5, disorder: 10, cuts: 2 } },
        progress: Arc::new({
            let progress = progress.clone();
            move |step| progress.tell(step)
        }),
    };
    let mut play = Simulation::new(setup)?;
    let played = server.beside(async {
        play.load().await?;
        play.run(asked.weeks * 7).await
    });
    played.await?;
    progress.done();
    output::line(format!("{:?} {:?}", began.elapsed(), play.traffic()))?;
    server.stop().await
}

/// A second play on the data of a first would be told that everything is known already.
fn unused(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        return Err(format!("{} is not empty: the demo begins with nothing; give it another --data-dir", folder.display()).into());
    }
    Ok(())
}
