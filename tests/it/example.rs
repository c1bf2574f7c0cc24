//! The real order history, whole: in either order, through kills, and twice.

use crossdock_testkit::{Process, Seed, binary, eventually, free_port};
use crossdock_tests::{Engine, PATIENCE, Place, Server};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::Value;
use std::{path::PathBuf, process::Command, time::Duration};

/// Scenario M: the history before its items.
const KILLS: usize = 3;
const LINES: u64 = 527_791;
const RETURNS: u64 = 8_704;

#[test]
fn the_history_before_its_items_sqlite() {
    history_before_items(Engine::Sqlite);
}

#[test]
fn the_history_before_its_items_postgres() {
    history_before_items(Engine::Postgres);
}

fn history_before_items(engine: Engine) {
    let seed = Seed::new();
    let mut chance = StdRng::from_seed(seed.bytes());
    let (place, port) = (Place::new(engine), free_port());
    let mut server = place.serve(port, &[]);

    // Every line waits: nothing is known yet. The server is killed in the middle, and the import goes on by itself.
    server = import_with_kills(&place, server, "orders.yaml", &mut chance);
    assert_eq!(parked(&server), LINES + RETURNS);
    let causes: Vec<Value> = lines(&server.run(&["list", "issue", "--service", "demand-signal", "--limit", "0", "--output", "json"]));
    let open = causes.iter().filter(|cause| cause["issue"]["state"] == "ISSUE_STATE_OPEN").count();
    // None before the policy's grace is over, and then one after the other.
    assert!(open < 5_000, "{open} causes: one per item, not one per line");

    server = import_with_kills(&place, server, "customers.yaml", &mut chance);
    server = import_with_kills(&place, server, "masters.yaml", &mut chance);
    eventually("every line that waited to be taken in", 5 * PATIENCE, || (parked(&server) == 0).then_some(()));
    assert_eq!(held(&server, "demand_line"), LINES);
    assert_eq!(held(&server, "customer_return"), RETURNS);
    let drained = totals(&server);

    // The other order, in another place.
    let other = Place::new(engine);
    let straight = other.serve_all();
    for mapping in ["masters.yaml", "customers.yaml", "orders.yaml"] {
        import(&straight, mapping);
    }
    eventually("the lines that overtook their masters", PATIENCE, || (parked(&straight) == 0).then_some(()));
    assert_eq!(drained, totals(&straight), "the order of arrival shows in the totals");
    assert_eq!(drained["MEASURE_ORDERED"], 5_590_977);
    assert_eq!(drained["MEASURE_RETURNED"], 272_030);

    // Again: nothing changes, nobody is told.
    let before = cursor(&straight);
    let report = import(&straight, "orders.yaml");
    assert_eq!(report["records"]["demand_line"]["duplicate"], LINES);
    assert_eq!(report["records"]["customer_return"]["duplicate"], RETURNS);
    assert_eq!(cursor(&straight), before, "a duplicate made an event");
}

fn example(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/online-retail").join(file)
}

fn import_command(server: &Server, mapping: &str) -> Command {
    let mut command = Command::new(binary("crossdock"));
    command.args(["import", "--connection", "erp", "--output", "json", "--address", &server.address(), "--mapping"]);
    command.arg(example(mapping)).arg(example("online_retail.csv.gz"));
    command
}

fn import(server: &Server, mapping: &str) -> Value {
    let done = import_command(server, mapping).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["lines"], 541_909);
    report
}

fn import_with_kills(place: &Place, mut server: Server, mapping: &str, chance: &mut StdRng) -> Server {
    let port = server.port;
    let mut importing = Process::start(&mut import_command(&server, mapping));
    for _ in 0..KILLS {
        let until = Duration::from_millis(chance.random_range(100..1_500));
        if importing.ends_within(until) {
            break;
        }
        server.process.kill9();
        server = place.serve(port, &[]);
    }
    let ended = importing.wait(5 * PATIENCE);
    assert!(ended.success(), "the import gave up: {}", importing.output());
    server
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn parked(server: &Server) -> u64 {
    let backlogs = lines(&server.run(&["list", "backlog", "--service", "demand-signal", "--output", "json"]));
    backlogs.iter().filter_map(|backlog| backlog["backlog"]["records"].as_str()?.parse::<u64>().ok()).sum()
}

fn statistics(server: &Server) -> Value {
    serde_json::from_str(&server.run(&["stats", "--output", "json"])).unwrap()
}

fn demand(server: &Server) -> Value {
    let services = statistics(server)["services"].as_array().unwrap().clone();
    services.into_iter().find(|service| service["service"] == "demand-signal").unwrap()
}

fn held(server: &Server, kind: &str) -> u64 {
    let kinds = demand(server)["kinds"].as_array().unwrap().clone();
    kinds.iter().find(|held| held["kind"] == kind).and_then(|held| held["records"].as_str()?.parse().ok()).unwrap_or_default()
}

fn cursor(server: &Server) -> String {
    demand(server)["cursor"].as_str().unwrap().to_owned()
}

/// Units by measure, and by item and month: what a planner would see.
fn totals(server: &Server) -> serde_json::Map<String, Value> {
    let mut totals = serde_json::Map::new();
    for bucket in lines(&server.run(&["history", "--bucket", "month", "--output", "json"])) {
        let Some(quantity) = bucket["quantity"].as_str().map(|text| text.parse::<u64>().unwrap()) else { continue };
        let measure = format!("MEASURE_{}", bucket["measure"].as_str().unwrap().to_uppercase());
        let detail = format!("{measure} {} {}", bucket["item_id"].as_str().unwrap(), bucket["start"].as_str().unwrap());
        for key in [measure, detail] {
            let sum = totals.get(&key).and_then(Value::as_u64).unwrap_or_default();
            totals.insert(key, (sum + quantity).into());
        }
    }
    totals
}
