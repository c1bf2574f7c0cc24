//! How much a connection may ask for, as its calls see it.

use crate::guarded::{Call, Suite, WHO, names, outcome};
use crossdock_identity::Proof;
use crossdock_proto::governance::CallLimits;
use tower::ServiceExt;

async fn limited(in_flight: u32, per_second: u32) -> Suite {
    let suite = Suite::start().await;
    let mut policy = suite.handle.policy.borrow().document.clone();
    policy.version = "2".into();
    for connection in &mut policy.connections {
        connection.limits = Some(CallLimits { in_flight, per_second });
    }
    suite.apply(policy).await;
    suite
}

#[tokio::test]
async fn a_call_counts_until_its_answer_has_ended() {
    let suite = limited(2, 0).await;
    let open = async |name: &str| {
        let request = http::Request::post(WHO).body(tonic::body::Body::empty()).unwrap();
        suite.channel(names(&[name])).oneshot(request).await.unwrap()
    };
    let (first, _second) = (open("cert").await, open("cert").await);
    let refused = outcome(open("cert").await.headers());
    assert!(refused.starts_with("ResourceExhausted TOO_MANY_CALLS: connection cert has 2 calls open"), "{refused}");
    assert_eq!(outcome(open("desk").await.headers()), "cert-desk/");
    drop(first);
    assert_eq!(outcome(open("cert").await.headers()), "cert/");
}

#[tokio::test]
async fn strangers_use_up_nobodys_share_and_services_have_none() {
    let suite = limited(1, 1).await;
    let who = async |proof, bearer, connection| suite.who(&Call::new(proof, bearer, connection, "")).await;
    for _ in 0..50 {
        assert!(who(names(&[]), Some("cdk_wrong"), "tok").await.contains("CREDENTIAL_REFUSED"));
        assert!(who(names(&["cert"]), None, "tok").await.contains("CREDENTIAL_REFUSED"));
        assert_eq!(who(Proof::Process, None, "").await, "crossdock/");
    }
    let tok = suite.token("tok", |_| {}).await;
    assert_eq!(who(names(&[]), Some(&tok), "").await, "tok/");
    assert!(who(names(&[]), Some(&tok), "").await.contains("TOO_MANY_CALLS"));
}
