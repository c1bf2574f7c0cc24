//! The keys of identity providers: known, refreshed each hour, and asked for once more when a token names one that is not known.

use super::fetch::fetch;
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey,
    jwk::{Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Most keys of one set.
const MOST: usize = 100;
/// Most places of keys that are remembered; a policy has fewer.
const SOURCES: usize = 1_000;
/// Between two questions for the same keys, whatever tokens say.
const PAUSE: Duration = Duration::from_secs(60);
/// How often keys are asked for again.
const HOUR: Duration = Duration::from_secs(3_600);

/// The keys of every issuer, by where they are.
#[derive(Clone)]
pub struct KeySets {
    pause: Duration,
    sources: Arc<Mutex<BTreeMap<String, Arc<Source>>>>,
}

impl Default for KeySets {
    fn default() -> Self {
        Self::pausing(PAUSE)
    }
}

impl KeySets {
    pub(super) fn pausing(pause: Duration) -> Self {
        Self { pause, sources: Arc::default() }
    }

    /// The key at this place that signed a token with this header.
    ///
    /// # Errors
    /// That there is none.
    pub(super) async fn key(&self, at: &str, kid: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, String> {
        let source = self.source(at);
        if let Some(key) = source.pick(kid, algorithm) {
            return Ok(key);
        }
        // A task of its own: a caller who goes away must not end it for the others.
        tokio::spawn(Arc::clone(&source).renew(self.pause)).await.map_err(|error| error.to_string())?;
        let named = kid.map_or_else(|| "the only key".to_owned(), |kid| format!("key {:?}", kid.chars().take(100).collect::<String>()));
        source.pick(kid, algorithm).ok_or_else(|| format!("{at} has not {named} for {algorithm:?}"))
    }

    /// Asks for the keys of every known issuer again, each hour, for as long as it runs.
    #[expect(clippy::disallowed_methods, reason = "nothing says when a provider has changed its keys")]
    pub async fn keep_fresh(self) {
        loop {
            tokio::time::sleep(HOUR).await;
            for source in self.all() {
                source.renew(self.pause).await;
            }
        }
    }

    fn all(&self) -> Vec<Arc<Source>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn source(&self, at: &str) -> Arc<Source> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.len() >= SOURCES && !sources.contains_key(at) {
            // Places come from policies only. So many are left over from earlier ones: those in use come again.
            sources.clear();
        }
        Arc::clone(sources.entry(at.to_owned()).or_insert_with(|| Arc::new(Source::new(at))))
    }
}

/// The keys at one place.
struct Source {
    at: String,
    known: Mutex<Arc<Vec<Key>>>,
    /// When they were asked for; locked while somebody asks, so that nobody else does.
    asked: tokio::sync::Mutex<Option<Instant>>,
}

impl Source {
    fn new(at: &str) -> Self {
        Self { at: at.to_owned(), known: Mutex::default(), asked: tokio::sync::Mutex::default() }
    }

    fn pick(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let known = Arc::clone(&self.known.lock().unwrap_or_else(PoisonError::into_inner));
        let found = match kid {
            Some(kid) => known.iter().find(|key| key.kid.as_deref() == Some(kid) && key.fits(algorithm)),
            None => known.first().filter(|key| known.len() == 1 && key.fits(algorithm)),
        };
        found.map(|key| key.key.clone())
    }

    /// Asks for the keys, unless somebody did a moment ago. If there is no answer, those that are known stay.
    async fn renew(self: Arc<Self>, pause: Duration) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < pause) {
            return;
        }
        *asked = Some(Instant::now());
        match fetch(&self.at).await.and_then(|text| read(&text)) {
            Ok(keys) => *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys),
            Err(error) => tracing::warn!(keys = self.at, error, "the keys of an issuer cannot be had; those known stay"),
        }
    }
}

/// A public key, and what it is for.
struct Key {
    kid: Option<String>,
    algorithm: Option<KeyAlgorithm>,
    key: DecodingKey,
}

impl Key {
    /// A key to check signatures with; `None` for those that are for something else, or secret.
    fn of(jwk: &Jwk) -> Option<Self> {
        if matches!(&jwk.common.public_key_use, Some(other) if *other != PublicKeyUse::Signature) {
            return None;
        }
        let key = DecodingKey::from_jwk(jwk).ok().filter(|key| key.family() != AlgorithmFamily::Hmac)?;
        Some(Self { kid: jwk.common.key_id.clone(), algorithm: jwk.common.key_algorithm, key })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        self.key.family() == algorithm.family() && self.algorithm.is_none_or(|own| own == KeyAlgorithm::from(algorithm))
    }
}

/// The keys of a set; what cannot be used is left out.
fn read(text: &[u8]) -> Result<Vec<Key>, String> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(text).map_err(|error| format!("it is no JSON Web Key Set: {error}"))?;
    if set.keys.len() > MOST {
        return Err(format!("it has {} keys; at most {MOST} are taken", set.keys.len()));
    }
    let keys: Vec<Key> = set.keys.into_iter().filter_map(|key| Key::of(&serde_json::from_value(key).ok()?)).collect();
    if keys.is_empty() { Err("it has no public key for signatures".to_owned()) } else { Ok(keys) }
}
