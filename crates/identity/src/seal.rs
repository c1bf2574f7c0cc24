//! Sealing what leaves the suite and comes back: nobody else reads it, and nobody changes it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::fmt;

/// The secret by which a suite seals: AES-256-GCM with a nonce of chance.
pub struct Seal(RandomizedNonceKey);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// With this key; none unless it has 32 bytes.
    pub fn new(key: &[u8]) -> Option<Self> {
        RandomizedNonceKey::new(&AES_256_GCM, key).ok().map(Self)
    }

    /// Seals a text for one purpose, such as a page token of one connection: it can be opened for that alone. None if the library fails.
    pub fn close(&self, purpose: &[&str], text: &[u8]) -> Option<String> {
        let mut sealed = text.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(bound(purpose)), &mut sealed).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat()))
    }

    /// What was sealed for this purpose; none if it was not, or was changed.
    pub fn open(&self, purpose: &[&str], sealed: &str) -> Option<Vec<u8>> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        self.0.open_in_place(nonce, Aad::from(bound(purpose)), text).ok().map(|text| text.to_vec())
    }
}

/// The parts of a purpose, each with its length before it, so that none runs into the next.
fn bound(purpose: &[&str]) -> Vec<u8> {
    purpose.iter().flat_map(|part| [&part.len().to_be_bytes(), part.as_bytes()].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_for_its_purpose_alone_and_never_looks_the_same() {
        let seal = Seal::new(&[7; 32]).unwrap();
        let closed = |text: &str| seal.close(&["edi", "List"], text.as_bytes()).unwrap();
        let (one, other) = (closed("42"), closed("42"));
        assert_ne!(one, other);
        assert_eq!(seal.open(&["edi", "List"], &one).as_deref(), Some(&b"42"[..]));
        for purpose in [&["edi", "Watch"][..], &["ediL", "ist"], &["other", "List"], &[]] {
            assert_eq!(seal.open(purpose, &one), None, "{purpose:?}");
        }
        assert_eq!(Seal::new(&[8; 32]).unwrap().open(&["edi", "List"], &one), None);
        assert!(Seal::new(&[7; 31]).is_none());
    }

    #[test]
    fn whatever_is_changed_is_refused() {
        let seal = Seal::new(&[7; 32]).unwrap();
        let closed = seal.close(&["edi"], b"a page token").unwrap();
        for at in 0..closed.len() {
            let other = if closed.as_bytes()[at] == b'A' { "B" } else { "A" };
            let changed = format!("{}{other}{}", &closed[..at], &closed[at + 1..]);
            assert_eq!(seal.open(&["edi"], &changed), None, "{changed}");
            assert_eq!(seal.open(&["edi"], &closed[..at]), None);
        }
        assert_eq!(format!("{seal:?}"), "Seal");
    }
}
