//! Some days of a company, played against the real program: nothing is lost, nothing is ordered twice, and the books agree.

use crossdock_simulator::{Addresses, CLOCK_FILE, Nuisance, Setup, Simulation, SteppedClock, start};
use crossdock_testkit::{Process, binary, free_port};
use std::{collections::BTreeMap, path::Path, process::Command, sync::Arc};

const DAYS: u32 = 6;
const GOODS: usize = 40;

#[tokio::test]
async fn the_books_of_all_parties_agree() {
    let (folder, root) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let (clock_file, port) = (folder.path().join("clock"), free_port());
    let clock = Arc::new(SteppedClock::telling(start(), &clock_file).unwrap());
    let address = format!("127.0.0.1:{port}");
    let mut command = Command::new(binary("crossdock"));
    command.args(["serve", "--listen", &address, "--data-dir"]).arg(folder.path().join("data"));
    command.arg("--policy").arg(root.join("examples/demo/policy.yaml")).env(CLOCK_FILE, &clock_file);
    let _server = Process::start(&mut command);
    let setup = Setup {
        seed: 11,
        addresses: Addresses { all: format!("http://{address}"), packages: BTreeMap::new() },
        orders: root.join("examples/online-retail/online_retail.csv.gz"),
        ledgers: folder.path().join("ledgers"),
        clock,
        goods: GOODS,
        from: "2011-09-01".parse().unwrap(),
        nuisance: Nuisance { twice: 20, disorder: 20, cuts: 10 },
        progress: Arc::new(|_| {}),
    };
    let mut play = Simulation::new(setup).unwrap();
    play.load().await.unwrap();
    play.run(DAYS).await.unwrap();
    play.finish().await.unwrap();
    let report = play.check().await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
    assert!(report.checks.iter().all(|check| check.compared > 0), "{report:#?}");
}
