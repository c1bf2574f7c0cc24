//! A policy that is brought by calls, as the operator of a cluster does it.

use crate::{
    bad_calls::is,
    bad_orders::{POLICY, settled_in},
    bad_postings::{drafted, good, leased, release, report},
};
use crossdock_proto::{
    governance::{ApplyPolicyRequest, ApplyPolicyResponse, Policy, governance_service_client::GovernanceServiceClient},
    operations::AuditEntry,
    records::BatchGetRequest,
};
use crossdock_testkit::{Engine, eventually_async, free_port};
use crossdock_tests::{GOVERNANCE, PATIENCE, Place, Server, call, channel};
use tonic::{Code, Response, Status};

const CLUSTER: &str = "crossdock-operator";

async fn apply(server: &Server, by: &str, expected_version: &str, document: &str) -> Result<Response<ApplyPolicyResponse>, Status> {
    bring(server, by, ApplyPolicyRequest { expected_version: expected_version.into(), ..asked(document) }).await
}

async fn bring(server: &Server, by: &str, request: ApplyPolicyRequest) -> Result<Response<ApplyPolicyResponse>, Status> {
    GovernanceServiceClient::new(channel(server.port)).apply_policy(call(by, request)).await
}

fn asked(document: &str) -> ApplyPolicyRequest {
    ApplyPolicyRequest { document: document.into(), source: "namespace test".into(), ..ApplyPolicyRequest::default() }
}

async fn in_force(server: &Server) -> String {
    server
        .held(GOVERNANCE, CLUSTER, "policy", "active")
        .await
        .and_then(|held| held.read::<Policy>())
        .map_or_else(String::new, |(_, held)| held.version)
}

async fn changes(server: &Server) -> usize {
    let entries = server.list::<AuditEntry>(GOVERNANCE, "operator", "audit_entry", &()).await;
    entries.iter().filter(|(_, entry)| entry.action == "POLICY_CHANGED").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brought_policy_takes_the_place_of_the_one_that_was_seen() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve(free_port(), &["--await-policy"]);
    assert_eq!(in_force(&server).await, "", "nothing is in force until somebody brings it");
    let short = "{\"connections\": [{\"name\": \"operator\", \"roles\": [\"operator\"]}, {\"name\": \"erp\", \"roles\": [\"erp\"]}]}";
    let long = format!("{short}\n").replace("]}]", "]}, {\"name\": \"planner\", \"roles\": [\"planning\"]}]");

    let tried = bring(&server, CLUSTER, ApplyPolicyRequest { validate_only: true, ..asked(short) }).await.unwrap().into_inner();
    assert!(tried.changed && in_force(&server).await.is_empty(), "a trial changes nothing");
    let first = apply(&server, CLUSTER, "", short).await.unwrap().into_inner();
    assert_eq!((first.version.as_str(), first.changed), (in_force(&server).await.as_str(), true));
    assert_eq!(first.version, tried.version);
    server.heard(GOVERNANCE, "operator").await;

    // A lost answer is asked for again, and two bring the same.
    for expected in ["", "0123456789abcdef", &first.version] {
        assert!(!apply(&server, CLUSTER, expected, short).await.unwrap().into_inner().changed);
    }
    for expected in ["", "0123456789abcdef"] {
        is(apply(&server, CLUSTER, expected, &long).await, Code::Aborted, "POLICY_CHANGED", &first.version);
        let trial = ApplyPolicyRequest { validate_only: true, expected_version: expected.into(), ..asked(&long) };
        is(bring(&server, CLUSTER, trial).await, Code::Aborted, "POLICY_CHANGED", &first.version);
    }
    let faulty = short.replace("erp\"]", "erpp\"]");
    is(apply(&server, CLUSTER, &first.version, &faulty).await, Code::InvalidArgument, "POLICY_FAULTY", "unknown value `erpp`");
    is(
        bring(&server, CLUSTER, ApplyPolicyRequest { source: String::new(), ..asked(short) }).await,
        Code::InvalidArgument,
        "SOURCE",
        "source",
    );
    for other in ["operator", "erp", "crossdock"] {
        is(apply(&server, other, &first.version, &long).await, Code::PermissionDenied, "NOT_ALLOWED", other);
    }
    let keys = vec![crossdock_proto::types::RecordKey { kind: "exception".into(), key: "x".into() }];
    let other = server.records(GOVERNANCE, CLUSTER).batch_get(BatchGetRequest { keys }).await;
    is(other, Code::PermissionDenied, "NOT_ALLOWED", CLUSTER);
    assert_eq!((in_force(&server).await, changes(&server).await), (first.version.clone(), 1));

    let second = apply(&server, CLUSTER, &first.version, &long).await.unwrap().into_inner();
    assert!(second.changed && second.version != first.version && changes(&server).await == 2);
    assert_eq!(in_force(&server).await, second.version);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_does_not_strand_what_a_connection_is_posting() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve(free_port(), &["--await-policy"]);
    let first = apply(&server, CLUSTER, "", POLICY).await.unwrap().into_inner().version;
    settled_in(&server).await;
    let drafts = drafted(&server).await;
    release(&server, &drafts[0].posting_key, &drafts[0].etag).await.unwrap();
    let lease = leased(&server, "held", 3_600).await;

    let without = POLICY
        .replace("  - {name: erp, roles: [erp], default_unit: EA, default_currency: GBP}\n", "")
        .replace("connection: erp}", "connection: second}");
    let demoted =
        POLICY.replace("name: erp, roles: [erp]", "name: erp, roles: [warehouse]").replace("connection: erp}", "connection: second}");
    for stranding in [&without, &demoted] {
        is(
            apply(&server, CLUSTER, &first, stranding).await,
            Code::FailedPrecondition,
            "WOULD_STRAND_WORK",
            "\"erp\" is posting 1 draft orders",
        );
    }
    assert_eq!(in_force(&server).await, first);
    report(&server, ("erp", "done"), (&lease.posting_key, lease.lease.unwrap().token), good()).await.unwrap();
    eventually_async("the connection may go", PATIENCE, async || apply(&server, CLUSTER, &first, &without).await.ok()).await;
    assert_ne!(in_force(&server).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_file_counts_nobody_brings_a_policy() {
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    server.heard(GOVERNANCE, "operator").await;
    let held = in_force(&server).await;
    is(apply(&server, CLUSTER, &held, POLICY).await, Code::FailedPrecondition, "POLICY_FROM_FILE", "--await-policy");
    let (success, _, complaint) = crossdock_tests::command(&["serve", "--insecure", "--await-policy", "--policy", "x.yaml"]);
    assert!(!success && complaint.contains("--await-policy"), "{complaint}");
}
