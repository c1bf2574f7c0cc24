//! Real keys, a real server for them, and every way of pretending.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the report")]

use super::{KeySets, believe, claimed};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use crossdock_proto::governance::JwtIssuer;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp, jwk::Jwk};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Somebody who signs.
struct Signer {
    kid: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    fn rsa(kid: &'static str) -> Self {
        let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        // The library wants the key without what PKCS #8 puts before it.
        Self { kid, algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_der(&der.as_ref()[26..]) }
    }

    fn ec(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self { kid, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(pair.as_ref()) }
    }

    fn ed(kid: &'static str) -> Self {
        let pair = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
        Self { kid, algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(pair.as_ref()) }
    }

    fn public(&self) -> Value {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        jwk["kid"] = self.kid.into();
        jwk
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.to_owned()).filter(|kid| !kid.is_empty());
        encode(&header, claims, &self.key).unwrap()
    }
}

/// What a good token says.
fn good() -> Value {
    json!({"iss": "https://id.example", "aud": ["crossdock", "other"], "sub": "ann", "exp": get_current_timestamp() + 600, "team": ["buying", "x"]})
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = good();
    claims[name] = value.into();
    claims
}

fn set(signers: &[&Signer]) -> String {
    json!({"keys": signers.iter().map(|signer| signer.public()).collect::<Vec<_>>()}).to_string()
}

fn issuer(keys: &str) -> JwtIssuer {
    let algorithms = ["RS256", "ES256", "EdDSA", "HS256"].map(str::to_owned).to_vec();
    let (name, issuer, audience) = ("sso".to_owned(), "https://id.example".to_owned(), "crossdock".to_owned());
    JwtIssuer { name, issuer, audience, keys: keys.to_owned(), algorithms }
}

/// A provider on loopback that serves what it is told, and counts.
struct Provider {
    at: String,
    asked: Arc<AtomicUsize>,
    says: Arc<Mutex<(&'static str, String)>>,
}

impl Provider {
    async fn start(says: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}/keys", listener.local_addr().unwrap());
        let (asked, says) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(("200 OK", says))));
        let (counted, said) = (Arc::clone(&asked), Arc::clone(&says));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut heard = Vec::new();
                while !heard.ends_with(b"\r\n\r\n") {
                    heard.push(stream.read_u8().await.unwrap());
                }
                counted.fetch_add(1, Ordering::SeqCst);
                let (status, body) = said.lock().unwrap().clone();
                let answer = format!("HTTP/1.1 {status}\r\nlocation: /elsewhere\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).await.ok();
            }
        });
        Self { at, asked, says }
    }

    fn say(&self, status: &'static str, body: String) {
        *self.says.lock().unwrap() = (status, body);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn tokens_of_every_sort_of_key_are_believed() {
    let signers = [Signer::rsa("r"), Signer::ec("e"), Signer::ed("d")];
    let provider = Provider::start(set(&signers.each_ref())).await;
    let (issuer, keys) = (issuer(&provider.at), KeySets::default());
    for signer in &signers {
        let token = signer.sign(&good());
        assert_eq!(claimed(&token, std::slice::from_ref(&issuer)).unwrap().name, "sso");
        let claims = believe(&token, &issuer, &keys).await.unwrap();
        assert_eq!(claims.subject(), Some("ann"));
        assert!(claims.has("team", "buying") && claims.has("sub", "ann"));
        assert!(!claims.has("team", "sales") && !claims.has("none", ""));
    }
    assert_eq!(provider.asked(), 1, "the keys are kept");
}

#[tokio::test]
async fn a_token_that_is_not_what_it_says_is_refused() {
    let (real, other) = (Signer::rsa("r"), Signer::rsa("r"));
    let provider = Provider::start(set(&[&real])).await;
    let (issuer, keys) = (issuer(&provider.at), KeySets::default());
    let now = get_current_timestamp();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let good_token = real.sign(&good());
    let signature = good_token.rsplit_once('.').unwrap().1;
    // The public key as if it were a shared secret.
    let public = real.public().to_string();
    let mut confused = Header::new(Algorithm::HS256);
    confused.kid = Some("r".to_owned());
    let mut critical = Header::new(Algorithm::RS256);
    (critical.kid, critical.crit) = (Some("r".to_owned()), Some(vec!["b64".to_owned()]));
    let refused = [
        ("HS256 with the public key", encode(&confused, &good(), &EncodingKey::from_secret(public.as_bytes())).unwrap(), "does not allow"),
        ("none", format!("{}.{}.", part(&json!({"alg": "none", "kid": "r"})), part(&good())), "header"),
        ("another algorithm", Signer { algorithm: Algorithm::PS256, ..Signer::rsa("r") }.sign(&good()), "does not allow"),
        ("another key", other.sign(&good()), "InvalidSignature"),
        (
            "changed claims",
            format!("{}.{}.{signature}", good_token.split('.').next().unwrap(), part(&with("sub", "ben"))),
            "InvalidSignature",
        ),
        ("no signature", format!("{}.", good_token.rsplit_once('.').unwrap().0), "InvalidSignature"),
        ("expired", real.sign(&with("exp", now - 61)), "ExpiredSignature"),
        ("not yet", real.sign(&with("nbf", now + 120)), "ImmatureSignature"),
        ("without end", real.sign(&with("exp", Value::Null)), "exp"),
        ("for somebody else", real.sign(&with("aud", "other")), "InvalidAudience"),
        ("by somebody else", real.sign(&with("iss", "https://evil.example")), "InvalidIssuer"),
        ("critical extensions", encode(&critical, &good(), &real.key).unwrap(), "critical"),
    ];
    for (what, token, why) in refused {
        let error = believe(&token, &issuer, &keys).await.unwrap_err();
        assert!(error.contains(why), "{what}: {error}");
    }
    for within in [with("exp", now - 30), with("nbf", now + 30), with("aud", "crossdock")] {
        believe(&real.sign(&within), &issuer, &keys).await.unwrap();
    }
    assert_eq!(provider.asked(), 1);
    let strange = ["", "a.b", "a.b.c", "a.b.c.d", &format!("a.b.{}", "c".repeat(9_000)), &real.sign(&with("iss", "x"))];
    assert!(strange.iter().all(|token| claimed(token, std::slice::from_ref(&issuer)).is_none()));
}

#[tokio::test]
async fn a_storm_of_unknown_keys_asks_once() {
    let real = Signer::ec("e");
    let provider = Provider::start(set(&[&real])).await;
    let (issuer, keys) = (issuer(&provider.at), KeySets::default());
    let stranger = Arc::new(Signer::ec("stranger"));
    let tries = (0..200).map(|_| {
        let (keys, issuer, stranger) = (keys.clone(), issuer.clone(), Arc::clone(&stranger));
        tokio::spawn(async move { believe(&stranger.sign(&good()), &issuer, &keys).await })
    });
    for tried in tries.collect::<Vec<_>>() {
        assert!(tried.await.unwrap().unwrap_err().contains("has not key \"stranger\""));
    }
    believe(&real.sign(&good()), &issuer, &keys).await.unwrap();
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn new_keys_are_picked_up_and_a_silent_provider_changes_nothing() {
    let (old, new) = (Signer::ec("old"), Signer::ed("new"));
    let provider = Provider::start(set(&[&old])).await;
    let (issuer, keys) = (issuer(&provider.at), KeySets::pausing(Duration::ZERO));
    believe(&old.sign(&good()), &issuer, &keys).await.unwrap();
    let faulty = [
        ("503 Service Unavailable", set(&[&new])),
        ("302 Found", set(&[&new])),
        ("200 OK", "[]".to_owned()),
        ("200 OK", json!({"keys": []}).to_string()),
        ("200 OK", json!({"keys": vec![new.public(); 101]}).to_string()),
        ("200 OK", json!({"keys": [new.public()], "padding": "x".repeat(300_000)}).to_string()),
        ("200 OK", json!({"keys": [{"kty": "oct", "kid": "new", "k": "c2VjcmV0", "alg": "HS256"}]}).to_string()),
    ];
    for (number, (status, body)) in faulty.into_iter().enumerate() {
        provider.say(status, body);
        believe(&new.sign(&good()), &issuer, &keys).await.unwrap_err();
        assert_eq!(provider.asked(), number + 2, "it was asked again");
        believe(&old.sign(&good()), &issuer, &keys).await.unwrap();
    }
    provider.say("200 OK", set(&[&old, &new]));
    believe(&new.sign(&good()), &issuer, &keys).await.unwrap();
    provider.say("200 OK", set(&[&new]));
    believe(&Signer::ec("unknown").sign(&good()), &issuer, &keys).await.unwrap_err();
    believe(&old.sign(&good()), &issuer, &keys).await.unwrap_err();
}

#[tokio::test]
async fn a_key_without_a_name_is_found_where_it_is_the_only_one() {
    let (one, two) = (Signer::ec(""), Signer::ec("two"));
    let file = std::env::temp_dir().join(format!("crossdock-keys-{}.json", std::process::id()));
    std::fs::write(&file, set(&[&one])).unwrap();
    let (issuer, keys) = (issuer(file.to_str().unwrap()), KeySets::pausing(Duration::ZERO));
    believe(&one.sign(&good()), &issuer, &keys).await.unwrap();
    std::fs::write(&file, set(&[&one, &two])).unwrap();
    believe(&two.sign(&good()), &issuer, &keys).await.unwrap();
    assert!(believe(&one.sign(&good()), &issuer, &keys).await.unwrap_err().contains("the only key"));
    std::fs::remove_file(&file).unwrap();
    believe(&two.sign(&good()), &issuer, &keys).await.unwrap();
}
