use crate::{Config, Service, listen::listen, measure, tls::certificates};
use crossdock_core::{Clock, Error, ErrorKind, Result};
use crossdock_identity::{Certificates, Connector, Proof, Trust};
use crossdock_proto::DESCRIPTORS;
use crossdock_proto::operations::operations_service_server::OperationsServiceServer;
use crossdock_records::{Peer, Runner};
use crossdock_rpc::{Bounds, Channel, Follower, Handle, Operations, bearing, bound, guard, local, records, remote};
use crossdock_store::{Location, Store};
use futures::future::{join_all, select_all};
use std::{collections::HashMap, fs::File, future::Future, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinSet};
use tonic::{Status, service::Routes};
use tonic_reflection::server::Builder;

/// Keeps a folder of embedded stores to one process.
fn lock(folder: &Path, service: &str) -> Result<File> {
    let path = folder.join(format!("{service}.lock"));
    let file = File::create(&path).map_err(|error| data_dir(folder, &error))?;
    file.try_lock().map_err(|_| {
        let message = format!("another process runs {service} on {}: stop it, or give this one another --data-dir", folder.display());
        Error::precondition("DATA_DIR_IN_USE", message)
    })?;
    Ok(file)
}

/// How long the stores may take to end what was begun.
const CLOSE: Duration = Duration::from_secs(5);

/// Runs services until `stop`. `listening` is called with the address when calls are taken.
///
/// # Errors
/// If a store cannot be opened, the address cannot be bound, or a store fails in a way that only a new start mends.
pub async fn serve(
    config: &Config,
    services: Vec<Service>,
    clock: Arc<dyn Clock>,
    listening: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let mut work = JoinSet::new();
    let certificates = certificates(config, &clock, &mut work)?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| cannot_listen(config.listen, &error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(config.listen, &error))?;

    let trust = Arc::new(Trust::new(&config.services)?);
    work.spawn(trust.keys.clone().keep_fresh());
    let bounds = Bounds::new(config.limits.clone());
    let mut started = start(config, services, (&clock, &trust, &bounds), &mut work).await?;
    let _locks: Vec<File> = started.iter_mut().filter_map(|started| started.lock.take()).collect();
    let handles: Vec<Handle> = started.iter().map(|started| started.handle.clone()).collect();
    let failed = handles.iter().map(|handle| handle.store.failed()).collect();
    let stores: Vec<Store> = handles.iter().map(|handle| handle.store.clone()).collect();
    connect(config, (certificates.as_ref(), &trust), &started, &mut work)?;
    let names: Vec<_> = handles.iter().map(|handle| handle.name).collect();
    measure::start(config, &names, &mut work).await?;

    let routes = routes(started, handles, &bounds).await?.prepare().into_axum_router();
    listening(address);
    let mut outcome = Ok(());
    let end = async {
        tokio::select! {
            () = stop => {}
            () = any(failed) => {
                let message = "a commit failed and its outcome is unknown: this process ends; start it again";
                outcome = Err(Error::new(ErrorKind::Unknown, "STORE_FAILED", message));
            }
        }
        tracing::info!("stopping");
    };
    listen(listener, routes, certificates, config.limits.clone(), end).await;
    work.shutdown().await;
    tokio::time::timeout(CLOSE, join_all(stores.iter().map(Store::close))).await.ok();
    outcome
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "CANNOT_LISTEN", format!("cannot listen on {address}: {error}"))
}

struct Started {
    handle: Handle,
    /// Taken out and held as long as the process serves.
    lock: Option<File>,
    package: &'static str,
    peers: &'static [Peer],
    routes: Routes,
}

async fn start(
    config: &Config,
    services: Vec<Service>,
    (clock, trust, bounds): (&Arc<dyn Clock>, &Arc<Trust>, &Arc<Bounds>),
    work: &mut JoinSet<()>,
) -> Result<Vec<Started>> {
    let mut started = Vec::with_capacity(services.len());
    for service in services {
        let location = location(config, service.name)?;
        let lock = matches!(location, Location::Sqlite(_)).then(|| lock(&config.data_dir, service.name)).transpose()?;
        let store = Store::open(location, Arc::clone(clock)).await?;
        let kinds = Arc::new(service.kinds.with_operations()?);
        let handle = Handle::start(service.name, store.clone(), Arc::clone(&kinds), bounds).await?.trusting(Arc::clone(trust));
        // One of the merged routers answers for unknown methods: the first below.
        let verbs = (service.verbs)(&handle).into_axum_router().reset_fallback();
        let methods = Routes::from(records(service.package, &handle).into_axum_router().merge(verbs));
        let routes = guard(methods, &handle);
        if measure::is_asked(config) {
            work.spawn(measure::ask(handle.clone(), service.package, service.gauges));
        }
        work.spawn(Runner::new(store, kinds, handle.policy.clone(), service.tasks).run());
        for background in service.background {
            work.spawn(background(handle.clone()));
        }
        started.push(Started { handle, lock, package: service.package, peers: service.peers, routes });
    }
    Ok(started)
}

fn location(config: &Config, service: &str) -> Result<Location> {
    if let Some(url) = &config.database_url {
        return Ok(Location::Postgres { url: url.expose().to_owned(), schema: format!("crossdock_{}", service.replace('-', "_")) });
    }
    let folder = &config.data_dir;
    std::fs::create_dir_all(folder).map_err(|error| data_dir(folder, &error))?;
    Ok(Location::Sqlite(folder.join(format!("{service}.db"))))
}

fn data_dir(folder: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "DATA_DIR", format!("the data folder {} cannot be used: {error}", folder.display()))
}

/// Every service follows its peers: one in this process without a socket, others where the configuration says.
fn connect(
    config: &Config,
    (certificates, trust): (Option<&Certificates>, &Trust),
    started: &[Started],
    work: &mut JoinSet<()>,
) -> Result<()> {
    let connector = certificates.map_or_else(Connector::plain, Certificates::connector);
    let mut peers: HashMap<String, Channel> = HashMap::new();
    for (name, address) in &config.peers {
        let peer = remote(address, connector.clone())
            .map_err(|error| Error::invalid("PEER_ADDRESS", format!("peer {name}: {}", error.message)))?;
        peers.insert(name.clone(), trust.token().map_or_else(|| peer.clone(), |token| bearing(peer.clone(), move || token.first())));
    }
    peers.extend(started.iter().map(|started| (started.handle.name.to_owned(), local(started.routes.clone(), Proof::Process))));
    for follower in started {
        follower.handle.connect(peers.clone());
        for peer in follower.peers {
            let Some(channel) = peers.get(peer.name) else {
                tracing::warn!(
                    service = follower.handle.name,
                    peer = peer.name,
                    "no address is configured for this peer; it is not followed"
                );
                continue;
            };
            work.spawn(Follower::new(follower.handle.clone(), channel.clone(), *peer).run());
        }
    }
    Ok(())
}

async fn routes(started: Vec<Started>, handles: Vec<Handle>, bounds: &Arc<Bounds>) -> Result<Routes> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let reflection = |error: tonic_reflection::server::Error| Error::internal("the contracts cannot be served", error);
    let sets = [DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET, tonic_types::pb::FILE_DESCRIPTOR_SET];
    let reflect = || sets.into_iter().fold(Builder::configure(), Builder::register_encoded_file_descriptor_set);
    let operations = OperationsServiceServer::new(Operations::new(handles.clone()));
    // Health says nothing that the port does not say: it is for everybody. What contracts there are, only callers who are known are told.
    let mut router = bound(Routes::new(health), bounds).into_axum_router().reset_fallback();
    if let Some(first) = handles.first() {
        let contracts = Routes::new(operations)
            .add_service(reflect().build_v1().map_err(reflection)?)
            .add_service(reflect().build_v1alpha().map_err(reflection)?);
        router = router.merge(guard(contracts, first).into_axum_router().reset_fallback());
    }
    for started in started {
        reporter.set_service_status(format!("{}.RecordService", started.package), tonic_health::ServingStatus::Serving).await;
        router = router.merge(started.routes.into_axum_router());
    }
    let names: Vec<_> = handles.iter().map(|handle| handle.name).collect();
    let message = format!("this process runs {} and has no such method; ask the one that runs its service", names.join(", "));
    Ok(Routes::from(router.fallback(async move || Status::unimplemented(message.clone()).into_http::<tonic::body::Body>())))
}

/// Ends when one of the stores has failed.
async fn any(failed: Vec<tokio::sync::watch::Receiver<bool>>) {
    let wait = |mut failed: tokio::sync::watch::Receiver<bool>| {
        Box::pin(async move {
            if failed.wait_for(|failed| *failed).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    };
    select_all(failed.into_iter().map(wait)).await;
}
