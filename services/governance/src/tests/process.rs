//! A process with governance and a stub of master data that follows its policy.

use crossdock_core::SystemClock;
use crossdock_proto::{
    governance::{AcknowledgeExceptionRequest, Exception, governance_service_client::GovernanceServiceClient},
    operations::operations_service_client::OperationsServiceClient,
};
use crossdock_records::{Kinds, Peer};
use crossdock_rpc::{CONNECTION, Channel, Connector, Handle, PRINCIPAL, RecordClient, remote};
use crossdock_runtime::{Config, GOVERNANCE, Service, serve};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use tonic::{Request, Status, service::Routes};
use tonic_types::StatusExt;

/// How long something may take to come about.
pub const PATIENCE: Duration = Duration::from_secs(30);
const MASTERS: &str = "crossdock.masterdata.v1";
static PEERS: [Peer; 1] = [GOVERNANCE];

pub struct Process {
    /// The stub's.
    pub stub: Handle,
    channel: Channel,
    file: PathBuf,
    end: oneshot::Sender<()>,
    serving: JoinHandle<crossdock_core::Result<()>>,
    _folder: TempDir,
}

impl Process {
    /// Runs both services; the policy file has this text, or there is none.
    pub async fn start(policy: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.yaml");
        if let Some(text) = policy {
            std::fs::write(&file, text).unwrap();
        }
        let config =
            Config { listen: ([127, 0, 0, 1], 0).into(), data_dir: folder.path().join("data"), insecure: true, ..Config::default() };
        let ((give, handle), (say, address), (end, ended)) = (oneshot::channel(), oneshot::channel(), oneshot::channel::<()>());
        let services = vec![crate::service(crate::Source::File(file.clone())).unwrap(), stub(give)];
        let serving = tokio::spawn(async move {
            serve(&config, services, Arc::new(SystemClock), |at| say.send(at).unwrap(), async { drop(ended.await) }).await
        });
        let channel = remote(&format!("http://{}", address.await.unwrap()), Connector::plain()).unwrap();
        Self { stub: handle.await.unwrap(), channel, file, end, serving, _folder: folder }
    }

    pub fn write_policy(&self, text: &str) {
        std::fs::write(&self.file, text).unwrap();
    }

    pub fn masters(&self, connection: &str) -> RecordClient {
        RecordClient::new(self.channel.clone(), MASTERS, connection)
    }

    pub fn governance(&self, connection: &str) -> RecordClient {
        RecordClient::new(self.channel.clone(), GOVERNANCE.package, connection)
    }

    pub async fn acknowledge(&self, connection: &str, principal: &str, asked: AcknowledgeExceptionRequest) -> Result<Exception, Status> {
        let answer = self.verbs().acknowledge_exception(by(connection, principal, asked)).await?;
        Ok(answer.into_inner().exception.unwrap())
    }

    pub fn operations(&self) -> OperationsServiceClient<Channel> {
        OperationsServiceClient::new(self.channel.clone())
    }

    pub fn verbs(&self) -> GovernanceServiceClient<Channel> {
        GovernanceServiceClient::new(self.channel.clone())
    }

    pub async fn stop(self) {
        drop((self.channel, self.end));
        self.serving.await.unwrap().unwrap();
    }
}

/// A request that a person makes through a connection.
pub fn by<T>(connection: &str, principal: &str, asked: T) -> Request<T> {
    let mut request = Request::new(asked);
    request.metadata_mut().insert(CONNECTION, connection.parse().unwrap());
    if !principal.is_empty() {
        request.metadata_mut().insert(PRINCIPAL, principal.parse().unwrap());
    }
    request
}

fn stub(give: oneshot::Sender<Handle>) -> Service {
    Service {
        name: "master-data",
        package: MASTERS,
        kinds: Kinds::new(),
        peers: &PEERS,
        tasks: &[],
        verbs: Box::new(|_| Routes::default()),
        gauges: |_, _, _| Ok(Vec::new()),
        background: vec![Box::new(|handle| Box::pin(async { drop(give.send(handle)) }))],
    }
}

/// The reason that a status carries for machines.
pub fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}
