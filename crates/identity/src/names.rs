//! What a certificate says of whom it was made for, and until when.

use rustls::pki_types::CertificateDer;
use std::{sync::Arc, time::Duration};
use webpki::EndEntityCert;
use x509_cert::{Certificate, der::Decode};

/// The DNS names and URIs among the subject alternative names of a certificate that was verified.
pub fn names(certificate: &CertificateDer<'_>) -> Arc<[String]> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return [].into() };
    certificate.valid_dns_names().chain(certificate.valid_uri_names()).map(str::to_owned).collect()
}

/// From when to when a certificate is good, since 1970.
pub(crate) fn validity(certificate: &CertificateDer<'_>) -> Option<(Duration, Duration)> {
    let validity = Certificate::from_der(certificate).ok()?.tbs_certificate.validity;
    Some((validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration()))
}
