//! Where the commands find the services, and who they say they are.

use crate::{cli::Target, failure::Failure};
use crossdock_identity::{ClientTls, HTTP2, Secret, SecretFile};
use crossdock_proto::{KindInfo, operations::operations_service_client::OperationsServiceClient, schema};
use crossdock_rpc::{CONNECTION, CONTRACT, Channel, Connector, PRINCIPAL, RecordClient, bearing, remote};
use http::Uri;
use std::{net::IpAddr, sync::Arc};
use tonic::{Request, metadata::MetadataValue};

/// A way to the services, as one connection.
#[derive(Clone)]
pub struct Peers {
    channel: Channel,
    connection: String,
    principal: Option<String>,
}

impl Peers {
    /// Connects when it is first used.
    pub fn new(target: &Target) -> Result<Self, Failure> {
        let files = target.shown.files();
        let is_tls = target.address.starts_with("https://");
        let connector = if is_tls {
            Connector::new(&files, HTTP2)?
        } else if files == ClientTls::default() {
            Connector::plain()
        } else {
            return Err(format!(
                "--authorities, --certificate and --certificate-key are for https://, and --address is {:?}",
                target.address
            )
            .into());
        };
        let channel = remote(&target.address, connector).map_err(|error| format!("--address {}", error.message))?;
        let secret = credential(target)?;
        if secret.is_some() && !is_tls && !is_loopback(&target.address) {
            return Err(format!("--address {}: a token is only sent over https, or on loopback", target.address).into());
        }
        // Who proves something is what that is good for; who does not is believed on loopback.
        let proves = secret.is_some() || is_tls;
        let connection = target.connection.clone().unwrap_or_else(|| if proves { String::new() } else { "operator".to_owned() });
        let channel = match secret {
            Some(secret) => bearing(channel, move || secret.first()),
            None => channel,
        };
        Ok(Self { channel, connection, principal: target.principal.clone() })
    }

    /// The connection that was named; empty: none was.
    pub fn connection(&self) -> &str {
        &self.connection
    }

    /// The same way as another connection.
    pub fn named(&self, connection: &str) -> Self {
        Self { connection: connection.to_owned(), ..self.clone() }
    }

    /// The record methods of the service of a package.
    pub fn records(&self, package: &str) -> RecordClient {
        RecordClient::new(self.channel.clone(), package, self.connection.clone())
    }

    /// The verbs on what services keep about their own work.
    pub fn operations(&self) -> OperationsServiceClient<Channel> {
        OperationsServiceClient::new(self.channel.clone())
    }

    /// The channel, for a service's own verbs.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A request that says who is calling.
    pub fn request<T>(&self, message: T) -> Result<Request<T>, Failure> {
        let mut request = Request::new(message);
        let mut insert = |name: &'static str, value: &str| {
            let value = MetadataValue::try_from(value).map_err(|_| format!("{name} {value:?} is not ASCII"))?;
            request.metadata_mut().insert(name, value);
            Ok::<(), Failure>(())
        };
        if !self.connection.is_empty() {
            insert(CONNECTION, &self.connection)?;
        }
        insert(CONTRACT, crossdock_proto::VERSION)?;
        if let Some(principal) = &self.principal {
            insert(PRINCIPAL, principal)?;
        }
        Ok(request)
    }
}

/// The token to show: that of the file, else that of the environment.
fn credential(target: &Target) -> Result<Option<Arc<SecretFile>>, Failure> {
    if let Some(file) = &target.token_file {
        return Ok(Some(Arc::new(SecretFile::open(file)?)));
    }
    let token = std::env::var("CROSSDOCK_TOKEN").ok().filter(|token| !token.is_empty());
    Ok(token.map(|token| Arc::new(SecretFile::of(Secret::new(token.trim())))))
}

/// Whether an address is on this machine.
fn is_loopback(address: &str) -> bool {
    let uri: Option<Uri> = address.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Packages with records, and the names of their services.
pub const SERVICES: [(&str, &str); 5] = [
    ("governance", "crossdock.governance.v1"),
    ("master-data", "crossdock.masterdata.v1"),
    ("demand-signal", "crossdock.demand.v1"),
    ("recommendation-writeback", "crossdock.writeback.v1"),
    ("execution-feedback", "crossdock.execution.v1"),
];

/// The kind with this name; `-` and `_` are the same.
pub fn kind(name: &str) -> Result<&'static KindInfo, Failure> {
    schema().kind_named(name).ok_or_else(|| {
        let known: Vec<String> = schema().kinds().map(|info| info.name.replace('_', "-")).collect();
        format!("{name:?} is not a kind; there are {}", known.join(", ")).into()
    })
}

/// The packages that keep a kind: one, or every service for what all of them keep. `service` narrows.
pub fn packages(info: &KindInfo, service: Option<&str>) -> Result<Vec<&'static str>, Failure> {
    let own = SERVICES.iter().filter(|(_, package)| info.package == *package || info.number < 100);
    let found: Vec<_> = own.filter(|(name, _)| service.is_none_or(|wanted| wanted == *name)).map(|(_, package)| *package).collect();
    if found.is_empty() { Err(format!("no such service keeps {}", info.name).into()) } else { Ok(found) }
}
