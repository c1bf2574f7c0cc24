//! Reads a key set, from a file or over HTTP: bounded in time and size, and where it says, not where it is sent on to.

use http::{Request, StatusCode, Uri, header::HOST};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// Largest set, in bytes.
const LARGEST: usize = 256 * 1024;
/// All of it has to be there within this time.
const LONGEST: Duration = Duration::from_secs(5);

/// The bytes at an address or an absolute path.
///
/// # Errors
/// What went wrong.
pub async fn fetch(at: &str) -> Result<Vec<u8>, String> {
    let answer = async {
        if at.starts_with('/') {
            return file(at).await;
        }
        let uri: Uri = at.parse().map_err(|error| format!("no address: {error}"))?;
        let host = uri.host().ok_or("the address names no host")?.to_owned();
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let stream = TcpStream::connect((name.as_str(), port)).await.map_err(|error| error.to_string())?;
        if !secure {
            return get(stream, &uri).await;
        }
        let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
        let connector = TlsConnector::from(Arc::new(trusting_the_system()?));
        get(connector.connect(name, stream).await.map_err(|error| error.to_string())?, &uri).await
    };
    timeout(LONGEST, answer).await.unwrap_or_else(|_| Err(format!("no answer within {LONGEST:?}")))
}

async fn file(path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = tokio::fs::File::open(path).await.map_err(|error| error.to_string())?;
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes).await.map_err(|error| error.to_string())?;
    if bytes.len() > LARGEST { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> String {
    format!("it has more than {LARGEST} bytes")
}

async fn get(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, uri: &Uri) -> Result<Vec<u8>, String> {
    let failed = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let connection = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let request = Request::get(path).header(HOST, host).body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(failed)?;
    if answer.status() != StatusCode::OK {
        connection.abort();
        return Err(format!("the answer is {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), LARGEST).collect().await;
    connection.abort();
    let body = body.map_err(|error| if error.is::<http_body_util::LengthLimitError>() { too_large() } else { error.to_string() })?;
    Ok(body.to_bytes().to_vec())
}

/// Identity providers show certificates of authorities that the system trusts; they are shown none.
fn trusting_the_system() -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider())).with_safe_default_protocol_versions();
    Ok(builder.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth())
}
