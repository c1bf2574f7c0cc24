//! A service whose one method says who called.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use axum::{Router, body::Body, extract::Request, response::Response, routing::any};
use crossdock_core::SystemClock;
use crossdock_identity::{NewToken, Proof, Secret, ServiceIdentity, Trust, token_id};
use crossdock_proto::governance::{
    Authentication, CertificateAuthentication, Connection, JwtAuthentication, JwtIssuer, Policy, SealKey, Token, TokenAuthentication,
    authentication::By,
};
use crossdock_proto::types::Role;
use crossdock_records::{Kinds, derive, timestamp};
use crossdock_rpc::{Bounds, CONNECTION, Caller, Channel, Handle, Limits, PRINCIPAL, bearing, guard, local};
use crossdock_store::{Location, Store};
use http::{HeaderMap, HeaderName, HeaderValue};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp, jwk::Jwk};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tonic::{Code, Status, service::Routes};
use tonic_types::StatusExt;
use tower::ServiceExt;

/// The method that says who called.
pub const WHO: &str = "/crossdock.governance.v1.RecordService/List";
/// The method whose answer has no end.
pub const STREAM: &str = "/crossdock.governance.v1.RecordService/Watch";
/// What services share.
pub const SHARED: &str = "the-token-that-the-services-of-this-suite-share";

pub struct Suite {
    pub handle: Handle,
    signer: EncodingKey,
    _folder: TempDir,
}

impl Suite {
    /// With connections that authenticate in every way.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (signer, keys) = signer();
        let (keys_file, token_file) = (folder.path().join("keys.json"), folder.path().join("services"));
        std::fs::write(&keys_file, keys).unwrap();
        std::fs::write(&token_file, SHARED).unwrap();
        let store = Store::open(Location::Sqlite(folder.path().join("governance.db")), Arc::new(SystemClock)).await.unwrap();
        let kinds = Kinds::new().own::<Policy>().unwrap().own::<Token>().unwrap().own::<SealKey>().unwrap();
        let trust = Trust::new(&ServiceIdentity { token_file: Some(token_file), ..ServiceIdentity::default() }).unwrap();
        let handle =
            Handle::start("governance", store, Arc::new(kinds), &Bounds::new(Limits::default())).await.unwrap().trusting(Arc::new(trust));
        let suite = Self { handle, signer, _folder: folder };
        suite.apply(policy(keys_file.to_str().unwrap())).await;
        suite
    }

    pub async fn apply(&self, policy: Policy) {
        let write = move |tx: &mut crossdock_store::Tx<'_>| {
            derive(tx, &Default::default(), |to| to.edit::<Policy>("active", |_| Some(policy.clone())))
        };
        self.handle.store.write("policy", write).await.unwrap();
        self.handle.reload().await.unwrap();
    }

    /// A token of a connection, good until this second of the day's clock, or for ever.
    pub async fn token(&self, connection: &str, change: impl FnOnce(&mut Token)) -> String {
        let new = NewToken::make().unwrap();
        let hash = new.hash.to_vec().into();
        let mut token = Token { id: new.id.clone(), connection: connection.into(), hash, ..Token::default() };
        change(&mut token);
        let write = move |tx: &mut crossdock_store::Tx<'_>| {
            derive(tx, &Default::default(), |to| to.edit::<Token>(&token.id, |_| Some(token.clone())))
        };
        self.handle.store.write("token", write).await.unwrap();
        self.handle.reload().await.unwrap();
        new.secret.expose().to_owned()
    }

    /// Revokes a token.
    pub async fn revoke(&self, shown: &str) {
        let id = token_id(shown).unwrap().to_owned();
        let revoked = |token: Option<Token>| token.map(|token| Token { revoke_time: at(1), ..token });
        let write = move |tx: &mut crossdock_store::Tx<'_>| derive(tx, &Default::default(), |to| to.edit::<Token>(&id, revoked));
        self.handle.store.write("token", write).await.unwrap();
        self.handle.reload().await.unwrap();
    }

    /// A JSON Web Token with these claims over those that every one has.
    pub fn jwt(&self, claims: &Value) -> String {
        let mut all = json!({"iss": "https://id.example", "aud": "crossdock", "exp": get_current_timestamp() + 60});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        encode(&Header::new(Algorithm::ES256), &all, &self.signer).unwrap()
    }

    /// A way to the method, as a caller of whom this is known.
    pub fn channel(&self, proof: Proof) -> Channel {
        let who = Router::new()
            .route(WHO, any(say))
            .route(STREAM, any(stream))
            .route("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", any(say));
        local(guard(Routes::from(who), &self.handle), proof)
    }

    /// What the method says: `connection/person`, or code and reason.
    pub async fn who(&self, call: &Call<'_>) -> String {
        let mut channel = self.channel(call.proof.clone());
        if let Some(bearer) = call.bearer {
            let bearer = Secret::new(bearer);
            channel = bearing(channel, move || Some(bearer.clone()));
        }
        let mut request = http::Request::post(call.path).body(tonic::body::Body::empty()).unwrap();
        for (name, value) in &call.metadata {
            request.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        outcome(channel.oneshot(request).await.unwrap().headers())
    }
}

/// What is shown in a call.
pub struct Call<'a> {
    pub proof: Proof,
    pub bearer: Option<&'a str>,
    pub metadata: Vec<(&'static str, &'a str)>,
    pub path: &'static str,
}

impl<'a> Call<'a> {
    pub fn new(proof: Proof, bearer: Option<&'a str>, connection: &'a str, principal: &'a str) -> Self {
        let metadata = [(CONNECTION, connection), (PRINCIPAL, principal)].into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Self { proof, bearer, metadata, path: WHO }
    }
}

/// What an answer says.
pub fn outcome(headers: &HeaderMap) -> String {
    match Status::from_header_map(headers) {
        Some(status) if status.code() != Code::Ok => {
            let reason = status.get_details_error_info().map_or_else(String::new, |info| info.reason);
            format!("{:?} {reason}: {}", status.code(), status.message())
        }
        _ => headers["who"].to_str().unwrap().to_owned(),
    }
}

async fn say(request: Request) -> Response {
    let caller = request.extensions().get::<Caller>();
    let who = caller.map_or_else(|| "nobody".to_owned(), |caller| format!("{}/{}", caller.0.connection, caller.0.principal));
    // An answer goes on until its trailers; this one until nobody wants it any more.
    let body = futures::stream::pending::<Result<bytes::Bytes, std::convert::Infallible>>();
    Response::builder().header("who", who).body(Body::from_stream(body)).unwrap()
}

async fn stream() -> Response {
    let body = futures::stream::repeat_with(|| Ok::<_, std::convert::Infallible>(bytes::Bytes::from_static(b"x")));
    Response::new(Body::from_stream(body))
}

/// The names of a certificate.
pub fn names(names: &[&str]) -> Proof {
    Proof::Names(names.iter().map(|name| (*name).to_owned()).collect())
}

fn signer() -> (EncodingKey, String) {
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let key = EncodingKey::from_ec_der(pair.as_ref());
    let jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
    (key, json!({"keys": [jwk]}).to_string())
}

fn policy(keys: &str) -> Policy {
    let connection = |name: &str, names_principals: bool, by: Option<By>| Connection {
        name: name.into(),
        roles: vec![Role::Operator.into()],
        names_principals,
        authentication: by.map(|by| Authentication { by: Some(by) }),
        ..Connection::default()
    };
    let certificate = |name: &str| Some(By::Certificate(CertificateAuthentication { names: vec![name.into(), format!("urn:{name}")] }));
    let jwt = |subject: &str, (claim, value): (&str, &str), persons: bool| {
        let claims = [(claim.to_owned(), value.to_owned())].into_iter().filter(|(claim, _)| !claim.is_empty()).collect();
        Some(By::Jwt(JwtAuthentication { issuer: "sso".into(), subject: subject.into(), claims, persons }))
    };
    let token = || Some(By::Token(TokenAuthentication {}));
    let (name, issuer, audience, keys) = ("sso".into(), "https://id.example".into(), "crossdock".into(), keys.into());
    Policy {
        version: "1".into(),
        connections: vec![
            connection("cert", false, certificate("cert")),
            connection("cert-desk", true, certificate("desk")),
            connection("tok", false, token()),
            connection("tok-desk", true, token()),
            connection("app", false, jwt("app", ("", ""), false)),
            connection("app-too", false, jwt("app", ("", ""), false)),
            connection("people", false, jwt("", ("groups", "buying"), true)),
            connection("open", false, None),
        ],
        issuers: vec![JwtIssuer { name, issuer, audience, keys, algorithms: Vec::new() }],
        ..Policy::default()
    }
}

/// A second of this day's clock as the records have it.
pub fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(timestamp(seconds * 1_000_000))
}
