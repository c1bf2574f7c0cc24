//! Where the commands find the services, and who they say they are.

use crate::{cli::Target, failure::Failure};
use crossdock_proto::{KindInfo, operations::operations_service_client::OperationsServiceClient, schema};
use crossdock_rpc::{CONNECTION, CONTRACT, Channel, PRINCIPAL, RecordClient, remote};
use std::time::Duration;
use tonic::{Request, metadata::MetadataValue, transport::Endpoint};

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
        let endpoint = Endpoint::from_shared(target.address.clone())
            .map_err(|_| format!("--address {:?} is no address such as http://127.0.0.1:7400", target.address))?
            .connect_timeout(Duration::from_secs(5))
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(4 << 20)
            .tcp_nodelay(true);
        Ok(Self { channel: remote(endpoint.connect_lazy()), connection: target.connection.clone(), principal: target.principal.clone() })
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
        insert(CONNECTION, &self.connection)?;
        insert(CONTRACT, crossdock_proto::VERSION)?;
        if let Some(principal) = &self.principal {
            insert(PRINCIPAL, principal)?;
        }
        Ok(request)
    }
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
