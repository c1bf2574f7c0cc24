//! A process per service, over sockets, holds what one process with all of them holds; started in any order and killed, they catch up.

use crate::{
    orders::{is_heard, journey, ordered, terms},
    story::{removed, story, taken_in},
    suite::{Folded, SERVICES, Suite, same},
};
use crossdock_proto::schema;
use crossdock_testkit::{Seed, eventually_async};
use crossdock_tests::{DEMAND, EXECUTION, MASTERS, PATIENCE};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

const ALL: &[&[&str]] = &[&["governance", "master-data", "demand-signal", "recommendation-writeback", "execution-feedback"]];
const TWO: &[&[&str]] = &[&["governance", "master-data", "recommendation-writeback"], &["demand-signal", "execution-feedback"]];
const FIVE: &[&[&str]] = &[&["demand-signal"], &["execution-feedback"], &["recommendation-writeback"], &["master-data"], &["governance"]];

/// Everything is through: the load, the issue of the five lines, the orders.
async fn settled(suite: &Suite) -> Folded {
    taken_in(suite).await;
    eventually_async("the load, the issue and the orders", PATIENCE, async || {
        let folded = suite.folded().await;
        let load = folded.get(&("master-data set".into(), "erp/L".into()));
        let removed = load.is_some_and(|held| held.body["removed"] == "1");
        let issues = folded.keys().filter(|(kind, _)| kind.ends_with(" issue")).count();
        (removed && issues == 1 && is_heard(&folded)).then_some(folded)
    })
    .await
}

async fn told(suite: &mut Suite) {
    for (_, package) in SERVICES {
        suite.of(package).heard(package, "operator").await;
    }
    for (connection, records) in story() {
        suite.send(connection, &records).await;
    }
    suite.send("erp", &terms()).await;
    ordered(suite).await;
    removed(suite).await;
}

/// What one process holds that was told everything, and what it says of it.
async fn one() -> (Folded, Vec<String>, Vec<String>) {
    let mut one = Suite::new(ALL);
    one.start(0);
    told(&mut one).await;
    let all = (settled(&one).await, one.history(), journey(&one).await);
    assert!(all.0.len() > 1_000 && all.1.len() > 100 && all.2.len() > 5, "{} {} {:?}", all.0.len(), all.1.len(), all.2);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn two_or_five_processes_hold_what_one_holds() {
    let seed = Seed::new();
    let mut chance = StdRng::from_seed(seed.bytes());
    let (wanted, history, story) = one().await;
    for parts in [TWO, FIVE] {
        let mut several = Suite::new(parts);
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.shuffle(&mut chance);
        for at in order {
            several.start(at);
        }
        told(&mut several).await;
        same(&wanted, &settled(&several).await);
        assert_eq!(history, several.history());
        assert_eq!(story, journey(&several).await);
        for package in [DEMAND, EXECUTION] {
            several.of(package).run(&["check"]);
        }
        whole(&several);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_one_after_the_other_they_catch_up() {
    let seed = Seed::new();
    let mut chance = StdRng::from_seed(seed.bytes());
    let (wanted, history, told_of_one) = one().await;

    let mut several = Suite::new(FIVE);
    for at in 0..FIVE.len() {
        several.start(at);
    }
    for (_, package) in SERVICES {
        several.of(package).heard(package, "operator").await;
    }
    for (connection, records) in story().into_iter().chain([("erp", terms())]) {
        // One is away while the others are sent to, and one dies on the way. Without governance its last word holds.
        let package = schema().kind(records[0].kind).unwrap().package.clone();
        let writes = several.at(&package);
        let away = (writes + chance.random_range(1..FIVE.len())) % FIVE.len();
        several.kill(away);
        several.send(connection, &records).await;
        several.start(away);
        several.again(writes).await;
        several.send(connection, &records).await;
    }
    several.chance = Some(chance);
    ordered(&mut several).await;
    removed(&several).await;
    several.again(several.at(MASTERS)).await;
    same(&wanted, &settled(&several).await);
    assert_eq!(history, several.history());
    assert_eq!(told_of_one, journey(&several).await);
    whole(&several);
}

/// The audit chain of every service is whole.
fn whole(suite: &Suite) {
    for (name, package) in SERVICES {
        suite.of(package).run(&["audit", "verify", "--service", name]);
    }
}
