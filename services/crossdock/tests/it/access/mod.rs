//! Who may do what: every method and every kind, by every role, for own rows and another's, held against what the contracts say.
#![allow(clippy::print_stdout, reason = "figures are part of what the test tells")]

mod acts;
mod raw;
mod rows;
mod world;

use self::{
    raw::call,
    rows::{PLANTED, SAMPLES, Whose},
    world::{LIMITS, ROLES, World, connection},
};
use crossdock_proto::{Rows, schema};
use crossdock_testkit::run;
use std::time::Instant;
use tonic::Code;

#[test]
fn every_kind_has_a_sample() {
    let missing: Vec<_> =
        schema().kinds().filter(|kind| SAMPLES.iter().all(|sample| sample.0 != kind.name)).map(|kind| &kind.name).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn every_method_is_for_the_roles_of_the_contract() {
    run(async {
        let (world, mut cases) = (World::new().await, 0);
        for (path, method) in schema().methods() {
            for (role, limit) in ROLES.into_iter().flat_map(|role| LIMITS.map(|limit| (role, limit))) {
                let answer = call(&world.channel, &connection(role, limit), path, Vec::new(), 1).await;
                let denied = matches!(&answer, Err((Code::PermissionDenied, reason, _)) if reason == "NOT_ALLOWED");
                assert_eq!(denied, !method.callers.contains(&role), "{path} by {role:?} ({limit}): {answer:?}");
                cases += 1;
            }
            let (code, reason, _) = call(&world.channel, "nobody", path, Vec::new(), 1).await.unwrap_err();
            assert_eq!((code, reason.as_str()), (Code::PermissionDenied, "UNKNOWN_CONNECTION"), "{path}");
        }
        println!("methods: {cases} cases");
    });
}

#[test]
fn every_kind_is_read_by_its_roles_and_every_row_by_those_whose_it_is() {
    run(async {
        let (world, mut cases) = (World::new().await, 0);
        for (role, limit) in ROLES.into_iter().flat_map(|role| LIMITS.map(|limit| (role, limit))) {
            for sample in SAMPLES {
                for package in world.packages(sample) {
                    cases += read(&world, (role, limit), sample, package).await;
                }
            }
        }
        println!("rows: {cases} cases");
    });
}

/// What a connection reads of a kind, by key, by filter and by the feed; how many cases that were.
async fn read(world: &World, (role, limit): (crossdock_proto::Role, char), sample: &rows::Sample, package: &str) -> usize {
    let (name, kind) = (connection(role, limit), sample.0);
    let info = schema().kind_named(kind).unwrap();
    let path = format!("/{package}.RecordService/BatchGet");
    if !schema().method(&path).unwrap().callers.contains(&role) {
        return 0;
    }
    let at = format!("{kind} of {package} by {name}");
    if !info.readers.contains(&role) {
        for answer in [
            world.get(&name, package, kind, &sample.key(Whose::Own)).await.map(|_| ()),
            world.list(&name, package, kind).await.map(|_| ()),
            world.watch(&name, package, &[kind]).await.map(|_| ()),
        ] {
            let (code, reason, _) = answer.unwrap_err();
            assert_eq!((code, reason.as_str()), (Code::PermissionDenied, "NOT_ALLOWED"), "{at}");
        }
        return 3;
    }
    let listed = world.list(&name, package, kind).await.unwrap();
    let watched: Vec<_> = world.watch(&name, package, &[kind]).await.unwrap().into_iter().flat_map(|page| page.records).collect();
    let whole: Vec<_> = world.watch(&name, package, &[]).await.unwrap().into_iter().flat_map(|page| page.records).collect();
    for whose in [Whose::Own, Whose::Foreign] {
        if whose == Whose::Foreign && (info.rows == Rows::Shared || kind == "backlog") {
            continue;
        }
        let (key, shown) = (sample.key(whose), sample.is_shown(whose, limit));
        let found = world.get(&name, package, kind, &key).await.unwrap();
        assert_eq!(!found.records.is_empty(), shown, "{at}: {whose:?} by key");
        let has = |records: &[crossdock_proto::Record]| {
            records.iter().any(|record| record.kind == u32::from(info.number) && record.envelope.as_ref().unwrap().key == key)
        };
        assert_eq!([has(&listed.records), has(&watched), has(&whole)], [shown; 3], "{at}: {whose:?} in lists");
        if !shown {
            let never = world.get(&name, package, kind, &key.replace("ZZF", "NEV").replace("OWN", "NEV")).await.unwrap();
            assert_eq!(found, never, "{at}: {whose:?} looks like nothing");
        }
    }
    if limit != '-' {
        assert!(listed.records.iter().chain(&whole).all(|record| record.envelope.as_ref().unwrap().position == 0), "{at}");
    }
    8
}

#[test]
fn nothing_that_a_limited_connection_reads_has_anything_of_another() {
    run(async {
        let (world, mut bytes) = (World::new().await, 0);
        let supplier = schema().kind_named("supplier").unwrap().number;
        for (role, limit) in ROLES.into_iter().flat_map(|role| ['L', 'S', 'C', 'A'].map(|limit| (role, limit))) {
            let name = connection(role, limit);
            for package in world.all_packages() {
                let Ok(pages) = world.watch(&name, package, &[]).await else { continue };
                for mut page in pages {
                    // Suppliers are everywhere.
                    page.records.retain(|record| matches!(limit, 'S' | 'A') || record.kind != u32::from(supplier));
                    let told = prost::Message::encode_to_vec(&page);
                    assert!(!told.windows(PLANTED.len()).any(|part| part == PLANTED.as_bytes()), "{package} to {name}: {page:?}");
                    assert_eq!(page.head, "", "{package} to {name}");
                    bytes += told.len();
                }
            }
        }
        println!("leaks: {bytes} bytes read by limited connections");
    });
}

/// A figure: on a busy machine nothing can be promised of microseconds.
#[test]
fn what_is_hidden_takes_as_long_as_what_is_not_there() {
    run(async {
        let world = World::new().await;
        for (kind, hidden, absent) in [("supply_order", "erp/ZZF/1", "erp/NEV/1"), ("milestone", "edi/MZZF/1", "edi/MNEV/1")] {
            let mut times = [Vec::new(), Vec::new()];
            for round in 0..1_000 {
                let (key, times) = if round % 2 == 0 { (hidden, &mut times[0]) } else { (absent, &mut times[1]) };
                let began = Instant::now();
                world.get("supplier-s", "crossdock.execution.v1", kind, key).await.unwrap();
                times.push(began.elapsed());
            }
            let [hidden, absent] = times.map(|mut times| {
                times.sort_unstable();
                times[times.len() / 2]
            });
            println!("timing of {kind}: hidden {hidden:?}, absent {absent:?} (medians of 500)");
        }
    });
}
