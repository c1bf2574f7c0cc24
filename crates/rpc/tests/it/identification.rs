//! Credential × metadata × connection → who it is, or what a stranger is told.

use crate::guarded::{Call, SHARED, Suite, at, names};
use crossdock_identity::Proof;
use crossdock_proto::governance::Policy;
use serde_json::json;

const MISSING: &str = "Unauthenticated CREDENTIAL_MISSING";
const REFUSED: &str = "Unauthenticated CREDENTIAL_REFUSED";
const UNNAMED: &str = "Unauthenticated CONNECTION_MISSING";
const DENIED: &str = "PermissionDenied NOT_ALLOWED";

#[tokio::test]
async fn who_it_is_follows_from_what_it_can_prove() {
    let suite = Suite::start().await;
    let now = suite.handle.store.clock().now() / 1_000_000;
    let tok = suite.token("tok", |_| {}).await;
    let desk = suite.token("tok-desk", |token| token.expire_time = at(now + 600)).await;
    let ended = suite.token("tok", |token| token.expire_time = at(now - 1)).await;
    let revoked = suite.token("tok", |token| token.revoke_time = at(now)).await;
    // Made when the policy was another.
    let of_cert = suite.token("cert", |_| {}).await;
    let of_none = suite.token("gone", |_| {}).await;
    let forged = format!("{}{}", &tok[..17], "A".repeat(43));
    let app = suite.jwt(&json!({"sub": "app"}));
    let ann = suite.jwt(&json!({"sub": "ann", "groups": ["x", "buying"]}));
    let nobody = suite.jwt(&json!({"groups": "buying"}));
    let stranger = suite.jwt(&json!({"sub": "eve", "groups": "sales"}));
    let late = suite.jwt(&json!({"sub": "app", "exp": now - 90}));
    let long = suite.jwt(&json!({"sub": "x".repeat(201), "groups": "buying"}));
    let none = || names(&[]);
    let (cert, person, service) = (|| names(&["other", "cert"]), || names(&["urn:desk"]), || names(&["urn:crossdock:service"]));
    let table: Vec<(Proof, Option<&str>, &str, &str, &str)> = vec![
        // Nothing is shown.
        (none(), None, "", "", MISSING),
        (none(), None, "cert", "", MISSING),
        (none(), None, "crossdock", "", MISSING),
        (none(), None, "no-such", "ann", MISSING),
        // Certificates.
        (cert(), None, "", "", "cert/"),
        (cert(), None, "cert", "", "cert/"),
        (cert(), None, "tok", "", REFUSED),
        (cert(), None, "no-such", "", REFUSED),
        (cert(), None, "open", "", REFUSED),
        (cert(), None, "crossdock", "", REFUSED),
        (cert(), None, "", "ann", DENIED),
        (person(), None, "", "ann", "cert-desk/ann"),
        (person(), None, "", "", "cert-desk/"),
        (names(&["cert", "desk"]), None, "", "", UNNAMED),
        (names(&["cert", "desk"]), None, "cert-desk", "", "cert-desk/"),
        (names(&["CERT"]), None, "", "", REFUSED),
        (names(&["cert.example"]), None, "cert", "", REFUSED),
        // Tokens.
        (none(), Some(&tok), "", "", "tok/"),
        (none(), Some(&tok), "tok", "", "tok/"),
        (none(), Some(&tok), "tok-desk", "", REFUSED),
        (none(), Some(&tok), "no-such", "", REFUSED),
        (none(), Some(&tok), "", "ann", DENIED),
        (none(), Some(&desk), "", "ann", "tok-desk/ann"),
        (none(), Some(&ended), "", "", REFUSED),
        (none(), Some(&revoked), "", "", REFUSED),
        (none(), Some(&of_cert), "", "", REFUSED),
        (none(), Some(&of_none), "gone", "", REFUSED),
        (none(), Some(&forged), "tok", "", REFUSED),
        (none(), Some("anything"), "tok", "", REFUSED),
        // What is shown counts, and not what is shown beside it.
        (cert(), Some(&tok), "", "", "tok/"),
        (cert(), Some(&tok), "cert", "", REFUSED),
        (cert(), Some(&forged), "", "", REFUSED),
        // JSON Web Tokens.
        (none(), Some(&app), "", "", UNNAMED),
        (none(), Some(&app), "app", "", "app/"),
        (none(), Some(&app), "app-too", "", "app-too/"),
        (none(), Some(&app), "people", "", REFUSED),
        (none(), Some(&app), "app", "ann", DENIED),
        (none(), Some(&ann), "", "", "people/ann"),
        (none(), Some(&ann), "people", "ann", "people/ann"),
        (none(), Some(&ann), "people", "ben", DENIED),
        (none(), Some(&nobody), "", "", DENIED),
        (none(), Some(&long), "", "", DENIED),
        (none(), Some(&stranger), "", "", REFUSED),
        (none(), Some(&late), "app", "", REFUSED),
        // Services.
        (Proof::Process, None, "crossdock", "", "crossdock/"),
        (Proof::Process, None, "", "", "crossdock/"),
        (Proof::Process, None, "tok", "", REFUSED),
        (service(), None, "crossdock", "", "crossdock/"),
        (service(), None, "", "ann", "crossdock/"),
        (service(), None, "cert", "", REFUSED),
        (none(), Some(SHARED), "crossdock", "", "crossdock/"),
        (none(), Some(&SHARED[1..]), "crossdock", "", REFUSED),
        (none(), Some(&tok), "crossdock", "", REFUSED),
        // Nobody has to prove anything.
        (Proof::Believed, None, "", "", UNNAMED),
        (Proof::Believed, None, "cert", "", "cert/"),
        (Proof::Believed, None, "open", "", "open/"),
        (Proof::Believed, None, "tok-desk", "ann", "tok-desk/ann"),
        (Proof::Believed, None, "people", "ann", "people/ann"),
        (Proof::Believed, None, "cert", "ann", DENIED),
        (Proof::Believed, None, "no-such", "", "PermissionDenied UNKNOWN_CONNECTION"),
        (Proof::Believed, None, "crossdock", "", "crossdock/"),
    ];
    let cases = table.len();
    for (proof, bearer, connection, principal, expected) in table {
        let what = format!("{proof:?} {} {connection:?} {principal:?}", bearer.map_or("-", |bearer| bearer.get(..17).unwrap_or(bearer)));
        let got = suite.who(&Call::new(proof, bearer, connection, principal)).await;
        let got = got.split_once(':').map_or(got.as_str(), |(outcome, _)| outcome);
        assert_eq!(got, expected, "{what}");
    }
    eprintln!("{cases} cases");
}

#[tokio::test]
async fn a_stranger_is_told_the_same_whatever_there_is() {
    let suite = Suite::start().await;
    let tok = suite.token("tok", |_| {}).await;
    let unknown = format!("cdk_000000000000_{}", &tok[17..]);
    let forged = format!("{}{}", &tok[..17], "A".repeat(43));
    let mut told = Vec::new();
    for connection in ["", "tok", "no-such", "crossdock"] {
        for bearer in [unknown.as_str(), &forged, "anything", "a.b.c"] {
            told.push(suite.who(&Call::new(names(&[]), Some(bearer), connection, "ann")).await);
        }
        told.push(suite.who(&Call::new(names(&["unknown"]), None, connection, "ann")).await);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    for shown in [vec![("authorization", "Basic YTpi")], vec![("authorization", "Bearer ")], vec![("authorization", &tok)]] {
        let call = Call { metadata: shown, ..Call::new(names(&["cert"]), None, "", "") };
        assert_eq!(suite.who(&call).await, told[0]);
    }
    let bearer = format!("Bearer {tok}");
    let twice = Call { metadata: vec![("authorization", &bearer), ("authorization", &bearer)], ..Call::new(names(&[]), None, "", "") };
    assert_eq!(suite.who(&twice).await, told[0]);
}

#[tokio::test]
async fn what_is_said_of_methods_is_for_those_who_are_known() {
    let suite = Suite::start().await;
    let of = |path, proof, connection| Call { path, ..Call::new(proof, None, connection, "") };
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    assert!(suite.who(&of(reflection, names(&[]), "")).await.starts_with(MISSING));
    assert_eq!(suite.who(&of(reflection, names(&["cert"]), "")).await, "cert/");
    assert_eq!(suite.who(&of(reflection, Proof::Believed, "")).await, "nobody");
    let tokens = "/crossdock.governance.v1.GovernanceService/CreateToken";
    assert!(suite.who(&of(tokens, names(&[]), "")).await.starts_with(MISSING));
    assert!(suite.who(&of(tokens, Proof::Process, "")).await.starts_with(DENIED), "a service only reads");
}

#[tokio::test]
async fn before_there_is_a_policy_only_services_are_known() {
    let suite = Suite::start().await;
    suite.apply(Policy::default()).await;
    let who = async |proof, bearer| suite.who(&Call::new(proof, bearer, "", "")).await;
    assert_eq!(who(names(&["urn:crossdock:service"]), None).await, "crossdock/");
    assert!(who(names(&[]), None).await.starts_with(MISSING));
    assert!(who(names(&["cert"]), None).await.starts_with("Unavailable POLICY_MISSING"));
    assert!(who(names(&[]), Some("anything")).await.starts_with("Unavailable POLICY_MISSING"));
}
