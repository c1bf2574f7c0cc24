//! A throw-away authority and its certificates, for a first try and for tests.

use crossdock_core::{Error, Micros, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
    string::Ia5String,
};
use std::{net::IpAddr, time::Duration};

/// How long before they are made certificates are good: clocks differ.
const BEFORE: Duration = Duration::from_secs(3600);

/// An authority that was just made. Its key is in memory only, and gone with it.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, as PEM.
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// One with this name, whose certificate is good from now on for so long.
    ///
    /// # Errors
    /// If there is no randomness to be had.
    pub fn new(name: &str, now: Micros, lasts: Duration) -> Result<Self> {
        let mut params = params(name, now, lasts);
        // Of certificates only, not of other authorities.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().map_err(failed)?;
        let pem = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Its certificate, as PEM: for those who are to believe it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for these names (DNS names, addresses, URIs), for servers and clients alike, good from now on for so long.
    ///
    /// # Errors
    /// If one of them is no name.
    pub fn issue(&self, names: &[&str], now: Micros, lasts: Duration) -> Result<Issued> {
        let mut params = params(names.first().copied().unwrap_or_default(), now, lasts);
        params.subject_alt_names = names.iter().map(|name| alternative(name)).collect::<Result<_>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?.pem();
        Ok(Issued { certificate, key: key.serialize_pem() })
    }
}

fn params(name: &str, now: Micros, lasts: Duration) -> CertificateParams {
    let mut params = CertificateParams::default();
    let now = Duration::from_micros(now.max(0).unsigned_abs());
    let at = |since: Duration| date_time_ymd(1970, 1, 1) + since;
    (params.not_before, params.not_after) = (at(now.saturating_sub(BEFORE)), at(now.saturating_add(lasts)));
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn alternative(name: &str) -> Result<SanType> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let text = Ia5String::try_from(name)
        .map_err(|_| Error::invalid("NAME", format!("{name:?} is no DNS name, address or URI: it is not ASCII")))?;
    Ok(if name.contains(':') { SanType::URI(text) } else { SanType::DnsName(text) })
}

fn failed(error: rcgen::Error) -> Error {
    Error::internal("the certificate could not be made", error)
}
