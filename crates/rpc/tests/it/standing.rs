//! A call goes on as long as what it has shown is good.

use crate::guarded::{STREAM, Suite, names, outcome};
use crossdock_identity::{Proof, Secret};
use crossdock_rpc::{Channel, bearing};
use http::Response;
use http_body_util::BodyExt;
use serde_json::json;
use tonic::body::Body;
use tower::ServiceExt;

async fn begin(channel: Channel) -> Response<Body> {
    let request = http::Request::post(STREAM).body(Body::empty()).unwrap();
    channel.oneshot(request).await.unwrap()
}

/// What comes next: data, or how the call ended.
async fn next(answer: &mut Response<Body>) -> String {
    let frame = answer.body_mut().frame().await.unwrap().unwrap();
    match frame.into_trailers() {
        Ok(trailers) => outcome(&trailers),
        Err(_) => "data".to_owned(),
    }
}

fn by(suite: &Suite, token: &str) -> Channel {
    let token = Secret::new(token);
    bearing(suite.channel(names(&[])), move || Some(token.clone()))
}

#[tokio::test]
async fn a_stream_ends_when_its_credential_does() {
    let suite = Suite::start().await;
    let (tok, other) = (suite.token("tok", |_| {}).await, suite.token("tok", |_| {}).await);
    let jwt = suite.jwt(&json!({"sub": "ann", "groups": "buying"}));
    let mut of_tok = begin(by(&suite, &tok)).await;
    let mut of_other = begin(by(&suite, &other)).await;
    let mut of_jwt = begin(by(&suite, &jwt)).await;
    let mut of_cert = begin(suite.channel(names(&["cert"]))).await;
    let mut of_service = begin(suite.channel(Proof::Process)).await;
    let told = async |answers: &mut [&mut Response<Body>]| {
        let mut told = Vec::new();
        for answer in answers {
            told.push(next(answer).await.split(':').next().unwrap_or_default().to_owned());
        }
        told
    };
    let ended = "Unauthenticated CREDENTIAL_ENDED";
    let mut all = [&mut of_tok, &mut of_other, &mut of_jwt, &mut of_cert, &mut of_service];
    assert_eq!(told(&mut all).await, ["data"; 5]);
    suite.revoke(&tok).await;
    assert_eq!(told(&mut all).await, [ended, "data", "data", "data", "data"]);

    let mut policy = suite.handle.policy.borrow().document.clone();
    policy.version = "2".into();
    policy.connections.retain(|connection| connection.name != "cert" && connection.name != "people");
    suite.apply(policy).await;
    assert_eq!(told(&mut all[1..]).await, ["data", ended, ended, "data"]);
}
