//! Why TLS failed, for people.

use rustls::{CertificateError, Error as Tls, InvalidMessage, PeerIncompatible};
use std::{error::Error, io};

/// How rustls begins to say what the other side complains of.
const ALERT: &str = "received fatal alert: ";

/// Why TLS failed, if it is TLS that failed somewhere behind this error.
pub fn explain(error: &(dyn Error + 'static)) -> Option<String> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(tls) = error.downcast_ref::<Tls>() {
            return Some(said(tls));
        }
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        // HTTP/2 keeps of an error nothing but its text.
        if let Some(alert) = wrapped.map(ToString::to_string).as_deref().and_then(|text| text.strip_prefix(ALERT)) {
            return Some(complained(alert));
        }
        // An I/O error does not count what it wraps among its sources.
        at = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

fn said(error: &Tls) -> String {
    match error {
        Tls::InvalidCertificate(fault) => format!("its certificate is not believed: {}", certificate(fault)),
        Tls::NoCertificatesPresented => "it shows no certificate, and has to".to_owned(),
        Tls::InvalidMessage(InvalidMessage::InvalidContentType) => "it does not speak TLS but plain text".to_owned(),
        Tls::AlertReceived(alert) => complained(&format!("{alert:?}")),
        Tls::PeerIncompatible(PeerIncompatible::SupportedVersionsExtensionRequired) => "it does not speak TLS 1.3".to_owned(),
        error => error.to_string(),
    }
}

/// What the other side complains of, by the name of the alert (RFC 8446, 6.2).
fn complained(alert: &str) -> String {
    match alert {
        "CertificateRequired" => "it wants a client certificate, and was shown none".to_owned(),
        "UnknownCA" => "it does not know the authority of the certificate that it was shown".to_owned(),
        "CertificateExpired" => "the certificate that it was shown has ended".to_owned(),
        "BadCertificate" | "CertificateUnknown" | "DecryptError" => "it does not believe the certificate that it was shown".to_owned(),
        "ProtocolVersion" => "it does not speak TLS 1.3".to_owned(),
        "NoApplicationProtocol" => "it does not speak HTTP/2 (ALPN h2)".to_owned(),
        alert => format!("it ended the handshake ({alert})"),
    }
}

fn certificate(fault: &CertificateError) -> String {
    match fault {
        // The second is of another authority with the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its authority is not among those that are trusted here".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has ended".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not good yet".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            format!("it is for {}, not for {}", presented.join(", "), expected.to_str())
        }
        fault => fault.to_string(),
    }
}
