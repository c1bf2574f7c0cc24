//! Signatures on what leaves the suite, such as checkpoints of audit chains: Ed25519, with keys as `openssl genpkey -algorithm ed25519` makes them.

use aws_lc_rs::{
    digest,
    encoding::AsDer,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use crossdock_core::{Error, Result};
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer, pem::PemObject};
use std::fmt;

/// Who signs.
pub struct Signer {
    pair: Ed25519KeyPair,
    key_id: String,
}

impl Signer {
    /// From a private key in PEM (PKCS#8).
    ///
    /// # Errors
    /// `SIGNING_KEY` if it is none.
    pub fn from_pem(pem: &[u8]) -> Result<Self> {
        let wrong = || Error::invalid("SIGNING_KEY", "must be an Ed25519 private key in PEM (PKCS#8): openssl genpkey -algorithm ed25519");
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| wrong())?;
        let pair = Ed25519KeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| wrong())?;
        let public = pair.public_key().as_der().map_err(|_| wrong())?;
        Ok(Self { key_id: key_id(public.as_ref()), pair })
    }

    /// Names the key: the first 16 hex digits of the SHA-256 of its public part.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The signature of a text, in base64.
    ///
    /// # Errors
    /// If the library cannot.
    pub fn sign(&self, text: &str) -> Result<String> {
        let signature = self.pair.try_sign(text.as_bytes()).map_err(|error| Error::internal("a text could not be signed", error))?;
        Ok(STANDARD.encode(signature))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Whose signatures are believed.
#[derive(Clone, Debug)]
pub struct PublicKey {
    der: Vec<u8>,
    key_id: String,
}

impl PublicKey {
    /// From a public key in PEM.
    ///
    /// # Errors
    /// `PUBLIC_KEY` if it is none.
    pub fn from_pem(pem: &[u8]) -> Result<Self> {
        let wrong = || Error::invalid("PUBLIC_KEY", "must be a public key in PEM: openssl pkey -in key.pem -pubout");
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| wrong())?.to_vec();
        Ok(Self { key_id: key_id(&der), der })
    }

    /// Names the key, as [`Signer::key_id`] does.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Whether this is the signature of a text by this key.
    pub fn has_signed(&self, text: &str, signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.der);
        STANDARD.decode(signature).is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
    }
}

fn key_id(der: &[u8]) -> String {
    digest::digest(&digest::SHA256, der).as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in tests a panic is the report")]
mod tests {
    use super::*;

    /// The first key and signature of RFC 8032, section 7.1, in the files that openssl writes.
    const PRIVATE: &str =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str =
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    const OF_NOTHING: &str = "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==";

    #[test]
    fn what_one_signs_the_other_believes() {
        let (signer, public) = (Signer::from_pem(PRIVATE.as_bytes()).unwrap(), PublicKey::from_pem(PUBLIC.as_bytes()).unwrap());
        assert_eq!((signer.key_id(), signer.key_id().len()), (public.key_id(), 16));
        let signature = signer.sign("crossdock").unwrap();
        assert_eq!(signer.sign("").unwrap(), OF_NOTHING, "it is what others make of it");
        assert!(public.has_signed("crossdock", &signature));
        for (text, signature) in [("Crossdock", signature.as_str()), ("crossdock", "AAAA"), ("crossdock", "no base64"), ("crossdock", "")] {
            assert!(!public.has_signed(text, signature));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_no_secret_is_shown() {
        assert_eq!(Signer::from_pem(PUBLIC.as_bytes()).unwrap_err().reason, "SIGNING_KEY");
        assert_eq!(Signer::from_pem(b"").unwrap_err().reason, "SIGNING_KEY");
        assert_eq!(PublicKey::from_pem(PRIVATE.as_bytes()).unwrap_err().reason, "PUBLIC_KEY");
        let shown = format!("{:?}", Signer::from_pem(PRIVATE.as_bytes()).unwrap());
        assert_eq!(shown, format!("Signer {{ key_id: {:?}, .. }}", PublicKey::from_pem(PUBLIC.as_bytes()).unwrap().key_id()));
    }
}
