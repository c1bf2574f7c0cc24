//! Every fault of how connections prove who they are, with its place.

use crate::check;
use crossdock_proto::governance::{Policy, authentication::By};

const GOOD: &str = "\
connections:
  - name: erp
    roles: [erp]
    authentication: {certificate: [erp.example.com, \"urn:erp:eu\"]}
    limits: {in_flight: 5}
  - name: wms
    roles: [warehouse]
    authentication: token
    companies: [DE]
  - name: desk
    roles: [buyer]
    authentication:
      jwt:
        issuer: sso
        subject: desk
        claims: {team: buying}
        persons: true
issuers:
  - name: sso
    issuer: https://id.example
    audience: crossdock
    keys: https://id.example/keys
    algorithms: [ES256, EdDSA]
";

fn told(find: &str, put: &str) -> Vec<String> {
    assert!(GOOD.contains(find), "{find:?} is not in the text");
    let told = check("policy.yaml", &GOOD.replacen(find, put, 1)).err().unwrap_or_default();
    told.iter().map(ToString::to_string).collect()
}

fn good(text: &str) -> Policy {
    check("policy.yaml", text).unwrap()
}

#[test]
fn what_is_written_is_what_counts() {
    let policy = good(GOOD);
    let by = |name: &str| {
        let found = policy.connections.iter().find(|held| held.name == name).unwrap();
        found.authentication.clone().unwrap().by.unwrap()
    };
    let By::Certificate(certificate) = by("erp") else { panic!("{:?}", by("erp")) };
    assert_eq!(certificate.names, ["erp.example.com", "urn:erp:eu"]);
    assert!(matches!(by("wms"), By::Token(_)));
    let By::Jwt(jwt) = by("desk") else { panic!("{:?}", by("desk")) };
    assert_eq!((jwt.issuer.as_str(), jwt.subject.as_str(), jwt.persons), ("sso", "desk", true));
    assert_eq!(jwt.claims.into_iter().collect::<Vec<_>>(), [("team".to_owned(), "buying".to_owned())]);
    assert_eq!(policy.issuers[0].algorithms, ["ES256", "EdDSA"]);
    let limits = policy.connections.iter().find(|held| held.name == "erp").unwrap().limits.unwrap();
    assert_eq!((limits.in_flight, limits.per_second), (5, 0));
    assert!(good(&GOOD.replace("companies", "locations")).version != policy.version);
    // An issuer that nobody uses is no fault.
    good(&GOOD.replace("authentication: token", "authentication: {certificate: [wms]}").replace("    authentication:\n      jwt:\n        issuer: sso\n        subject: desk\n        claims: {team: buying}\n        persons: true\n", ""));
    for keys in ["http://localhost:1/keys", "http://127.0.0.1/keys", "http://[::1]:8080/keys", "/etc/keys.json"] {
        good(&GOOD.replace("https://id.example/keys", keys));
    }
}

#[test]
fn every_fault_is_told_with_its_place() {
    for (find, put, expected) in CASES {
        let expected: Vec<String> = expected.iter().map(|fault| format!("policy.yaml:{fault}")).collect();
        assert_eq!(told(find, put), expected, "{find:?} -> {put:?}");
    }
}

/// One change of the good text, and all that is told of it.
pub const CASES: &[(&str, &str, &[&str])] = &[
    (
        "authentication: token",
        "authentication: tokn",
        &[
            "8:21: connections[1].authentication: unknown value `tokn`, expected one of `certificate`, `token`, `jwt`; did you mean `token`?",
        ],
    ),
    (
        "authentication: token",
        "authentication: {certificate: [urn:erp:eu]}",
        &["8:35: \"urn:erp:eu\" is a name of connection \"erp\" too; a certificate is of one connection"],
    ),
    (
        "authentication: token",
        "authentication: {certificate: [\"*.example.com\"]}",
        &[
            "8:36: connections[1].authentication.certificate[0]: \"*.example.com\" is no name of a certificate: write a DNS name or URI in full, such as erp.example.com or urn:erp:eu",
        ],
    ),
    (
        "        subject: desk\n        claims: {team: buying}\n",
        "",
        &["14:9: any token of the issuer would do: name a `subject`, or `claims` that it has to have"],
    ),
    ("issuer: sso\n", "issuer: ssso\n", &["14:17: \"ssso\" is none of the issuers; did you mean `sso`?"]),
    (
        "  - name: desk\n",
        "  - name: desk\n    names_principals: true\n",
        &["11:23: the token says who the person is (`persons`): take `names_principals` away"],
    ),
    (
        "https://id.example/keys",
        "http://id.example/keys",
        &[
            "22:11: issuers[0].keys: \"http://id.example/keys\" is no place of keys: write https://… (http:// on loopback only), or the absolute path of a file",
        ],
    ),
    (
        "https://id.example/keys",
        "keys.json",
        &[
            "22:11: issuers[0].keys: \"keys.json\" is no place of keys: write https://… (http:// on loopback only), or the absolute path of a file",
        ],
    ),
    (
        "ES256",
        "HS256",
        &[
            "23:18: issuers[0].algorithms[0]: unknown value `HS256`, expected one of `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384`, `EdDSA`; did you mean `ES256`?",
        ],
    ),
    (
        "ES256",
        "none",
        &[
            "23:18: issuers[0].algorithms[0]: unknown value `none`, expected one of `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384`, `EdDSA`",
        ],
    ),
    (
        "issuers:\n",
        "issuers:\n  - {name: sso, issuer: a, audience: b, keys: /k}\n  - {name: two, issuer: \"https://id.example\", audience: crossdock, keys: /k}\n",
        &["21:11: \"sso\" is the name of issuer 1 too; every issuer has its own"],
    ),
    (
        "issuers:\n",
        "issuers:\n  - {name: two, issuer: \"https://id.example\", audience: crossdock, keys: /k}\n",
        &["20:5: the same issuer and audience as issuer 1; a token could be of either"],
    ),
    ("in_flight: 5", "in_flight: 0", &["5:25: connections[0].limits.in_flight: 0 is not from 1 to 10000"]),
];
