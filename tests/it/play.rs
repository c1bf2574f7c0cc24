//! Some days of a company, played against the real program: nothing is lost, nothing is ordered twice, and the books agree. Also if it is killed
//! again and again meanwhile.

use crossdock_simulator::{Addresses, CLOCK_FILE, CUSTOMER, Nuisance, Setup, Simulation, SteppedClock, start};
use crossdock_testkit::{Process, Seed, free_port};
use crossdock_tests::{Engine, Place, command};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    cell::Cell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

const DAYS: u32 = 6;

/// A company and the program that it talks to.
pub struct Stage {
    place: Place,
    clock: PathBuf,
    pub port: u16,
}

impl Stage {
    pub fn new(engine: Engine) -> Self {
        let place = Place::new(engine);
        let clock = place.folder().join("clock");
        Self { place, clock, port: free_port() }
    }

    pub fn play(&self, seed: u64, goods: usize) -> Simulation {
        let setup = Setup {
            seed,
            addresses: Addresses { all: format!("http://127.0.0.1:{}", self.port), packages: BTreeMap::new() },
            orders: root().join("examples/online-retail/online_retail.csv.gz"),
            ledgers: self.place.folder().join("ledgers"),
            clock: Arc::new(SteppedClock::telling(start(), &self.clock).unwrap()),
            goods,
            from: "2011-09-01".parse().unwrap(),
            nuisance: Nuisance { twice: 20, disorder: 20, cuts: 10 },
            progress: Arc::new(|_| {}),
        };
        Simulation::new(setup).unwrap()
    }

    /// Nobody waits until it listens: the parties try again, and it may be killed before.
    fn serve(&self) -> Process {
        self.serve_with(&[])
    }

    /// With further arguments.
    pub fn serve_with(&self, arguments: &[&str]) -> Process {
        let policy = root().join("examples/demo/policy.yaml");
        let mut command = self.place.command(self.port, &[&["--policy", policy.to_str().unwrap()], arguments].concat());
        Process::start(command.env(CLOCK_FILE, &self.clock))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

async fn the_books_agree(stage: &Stage, play: &Simulation) {
    let report = play.check().await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
    assert!(report.checks.iter().all(|check| check.compared > 0), "{report:#?}");
    let address = format!("http://127.0.0.1:{}", stage.port);
    let (whole, said, told) = command(&["audit", "verify", "--address", &address]);
    assert!(whole, "{said}\n{told}");
    let (listed, entries, _) = command(&["list", "audit-entry", "--limit", "0", "--output", "json", "--address", &address]);
    assert!(listed && entries.contains("APPROVED_BY_RULE") && entries.contains("POSTING_REPORTED"));
    assert!(!entries.contains(CUSTOMER), "the chain names customers by their numbers only");
}

#[tokio::test]
async fn the_books_of_all_parties_agree() {
    let stage = Stage::new(Engine::Sqlite);
    let mut play = stage.play(11, 40);
    let _server = stage.serve();
    play.load().await.unwrap();
    play.run(DAYS).await.unwrap();
    play.finish().await.unwrap();
    the_books_agree(&stage, &play).await;
}

#[tokio::test]
async fn killed_at_any_moment_the_books_agree_sqlite() {
    killed(Engine::Sqlite, 50).await;
}

#[tokio::test]
async fn killed_at_any_moment_the_books_agree_postgres() {
    killed(Engine::Postgres, 12).await;
}

/// Plays days until the program was killed so often.
async fn killed(engine: Engine, wanted: u32) {
    let seed = Seed::new();
    let mut chance = StdRng::from_seed(seed.bytes());
    let stage = Stage::new(engine);
    let (mut play, mut server, kills) = (stage.play(seed.value(), 15), stage.serve(), Cell::new(0));
    let days = async {
        play.load().await?;
        while kills.get() < wanted {
            play.run(1).await?;
        }
        crossdock_simulator::Result::Ok(())
    };
    let killer = async {
        loop {
            // A moment by chance is what is waited for: in the middle of a start, of a batch, of a night's run.
            tokio::time::sleep(Duration::from_millis(chance.random_range(50..1_200))).await;
            server.kill9();
            kills.set(kills.get() + 1);
            server = stage.serve();
        }
    };
    tokio::select! {
        played = days => played.unwrap(),
        () = killer => {}
    }
    play.finish().await.unwrap();
    the_books_agree(&stage, &play).await;
}
