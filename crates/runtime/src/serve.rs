use crate::{Config, Service, measure};
use crossdock_core::{Clock, Error, ErrorKind, Result};
use crossdock_proto::DESCRIPTORS;
use crossdock_proto::operations::operations_service_server::OperationsServiceServer;
use crossdock_records::{Peer, Runner};
use crossdock_rpc::{Channel, Follower, Handle, MAX_MESSAGE, Operations, guard, local, records, remote};
use crossdock_store::{Location, Store};
use futures::future::select_all;
use std::{collections::HashMap, fs::File, future::Future, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinSet};
use tonic::{
    Status,
    service::Routes,
    transport::{Endpoint, Server, server::TcpIncoming},
};
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

/// Streams that one connection may have open.
const STREAMS: u32 = 200;
/// How long open calls may take to end after the process was asked to stop: hyper can wait for ever for an idle connection.
const DRAIN: Duration = Duration::from_secs(5);

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
    if !config.listen.ip().is_loopback() && !config.insecure {
        let message = format!(
            "{} can be reached from outside and callers do not prove who they are yet: listen on loopback, or say --insecure",
            config.listen
        );
        return Err(Error::precondition("INSECURE", message));
    }
    let listener = TcpListener::bind(config.listen).await.map_err(|error| cannot_listen(config.listen, &error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(config.listen, &error))?;

    let mut work = JoinSet::new();
    let mut started = start(config, services, &clock, &mut work).await?;
    let _locks: Vec<File> = started.iter_mut().filter_map(|started| started.lock.take()).collect();
    let handles: Vec<Handle> = started.iter().map(|started| started.handle.clone()).collect();
    let failed = handles.iter().map(|handle| handle.store.failed()).collect();
    connect(config, &started, &mut work)?;
    let names: Vec<_> = handles.iter().map(|handle| handle.name).collect();
    measure::start(config, &names, &mut work).await?;

    let routes = routes(started, handles).await?;
    let server = Server::builder()
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .add_routes(routes);
    // Without this an answer may wait 40 ms for the caller's acknowledgement.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = server.serve_with_incoming_shutdown(incoming, async { drop(ended.await) });
    let mut serving = std::pin::pin!(serving);
    listening(address);
    let outcome = tokio::select! {
        served = &mut serving => return served.map_err(|error| Error::internal("the server failed", error)),
        () = stop => Ok(()),
        () = any(failed) => Err(Error::new(ErrorKind::Unknown, "STORE_FAILED", "a commit failed and its outcome is unknown: this process ends; start it again")),
    };
    tracing::info!("stopping");
    drop(end);
    tokio::time::timeout(DRAIN, serving).await.ok();
    work.shutdown().await;
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

async fn start(config: &Config, services: Vec<Service>, clock: &Arc<dyn Clock>, work: &mut JoinSet<()>) -> Result<Vec<Started>> {
    let mut started = Vec::with_capacity(services.len());
    for service in services {
        let location = location(config, service.name)?;
        let lock = matches!(location, Location::Sqlite(_)).then(|| lock(&config.data_dir, service.name)).transpose()?;
        let store = Store::open(location, Arc::clone(clock)).await?;
        let kinds = Arc::new(service.kinds.with_operations()?);
        let handle = Handle::start(service.name, store.clone(), Arc::clone(&kinds)).await?;
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
        return Ok(Location::Postgres { url: url.clone(), schema: format!("crossdock_{}", service.replace('-', "_")) });
    }
    let folder = &config.data_dir;
    std::fs::create_dir_all(folder).map_err(|error| data_dir(folder, &error))?;
    Ok(Location::Sqlite(folder.join(format!("{service}.db"))))
}

fn data_dir(folder: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "DATA_DIR", format!("the data folder {} cannot be used: {error}", folder.display()))
}

/// Every service follows its peers: one in this process without a socket, others where the configuration says.
fn connect(config: &Config, started: &[Started], work: &mut JoinSet<()>) -> Result<()> {
    let mut peers: HashMap<String, Channel> = HashMap::new();
    for (name, address) in &config.peers {
        peers.insert(name.clone(), remote(endpoint(name, address)?.connect_lazy()));
    }
    peers.extend(started.iter().map(|started| (started.handle.name.to_owned(), local(started.routes.clone()))));
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

fn endpoint(peer: &str, address: &str) -> Result<Endpoint> {
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| {
        Error::invalid("PEER_ADDRESS", format!("peer {peer}: {address:?} is no address such as http://10.0.0.7:7400")).because(error)
    })?;
    Ok(endpoint.connect_timeout(Duration::from_secs(5)).http2_keep_alive_interval(Duration::from_secs(30)).keep_alive_while_idle(true))
}

async fn routes(started: Vec<Started>, handles: Vec<Handle>) -> Result<Routes> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let reflection = |error: tonic_reflection::server::Error| Error::internal("the contracts cannot be served", error);
    let sets = [DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET, tonic_types::pb::FILE_DESCRIPTOR_SET];
    let reflect = || sets.into_iter().fold(Builder::configure(), Builder::register_encoded_file_descriptor_set);
    let operations = OperationsServiceServer::new(Operations::new(handles.clone())).max_decoding_message_size(MAX_MESSAGE);
    let mut router = Routes::new(health)
        .add_service(reflect().build_v1().map_err(reflection)?)
        .add_service(reflect().build_v1alpha().map_err(reflection)?)
        .into_axum_router()
        .reset_fallback();
    if let Some(first) = handles.first() {
        router = router.merge(guard(Routes::new(operations), first).into_axum_router().reset_fallback());
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
