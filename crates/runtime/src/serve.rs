use crate::{
    Config, Health, Service,
    health::look,
    listen::{Manners, listen},
    measure, stores,
    tls::certificates,
};
use axum::{Router, extract::Request};
use crossdock_core::{Clock, Error, ErrorKind, Result};
use crossdock_identity::{Certificates, Connector, Proof, Trust};
use crossdock_proto::DESCRIPTORS;
use crossdock_proto::operations::operations_service_server::OperationsServiceServer;
use crossdock_records::{Peer, Runner};
use crossdock_rpc::{Bounds, Channel, Follower, Handle, Operations, bearing, guard, local, records, remote, status};
use crossdock_store::Store;
use futures::future::{join_all, select_all};
use std::{
    collections::HashMap,
    fs::File,
    future::{Future, pending},
    net::SocketAddr,
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet, time::timeout};
use tonic::{Status, service::Routes};
use tonic_reflection::server::Builder;
use tower::ServiceExt;

/// How long the stores may take to end what was begun.
const CLOSE: Duration = Duration::from_secs(5);

/// Runs services until `stop`. `listening` is called with the address when calls are taken.
///
/// Health is answered from the beginning; a database that cannot be reached is waited for, and other calls hear so meanwhile. After the stop nothing is ready any more
/// but everything goes on for the time of notice, then open calls may end, then the stores are closed.
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
    let (mut work, mut doors) = (JoinSet::new(), JoinSet::new());
    let certificates = certificates(config, &clock, &mut work)?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| cannot_listen(config.listen, &error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(config.listen, &error))?;
    let names: Vec<_> = services.iter().map(|service| service.name).collect();
    measure::start(config, &names, &mut work).await?;
    let health = Health::new(services.iter().map(part));
    if let Some(address) = config.health {
        work.spawn(health.port(address).await?);
    }
    let bounds = Bounds::new(config.limits.clone());
    let (routes, opened) = late(health.routes(&bounds));
    let (close, closing) = oneshot::channel::<()>();
    let manners = Manners {
        certificates: certificates.clone(),
        limits: config.limits.clone(),
        drain: Duration::from_secs(config.stop.drain_seconds),
    };
    doors.spawn(listen(listener, routes, manners, async { drop(closing.await) }));

    let mut stop = pin!(stop);
    let opening = open(config, services, (&clock, &health, &bounds, certificates.as_ref()), &mut work);
    let open = tokio::select! {
        () = stop.as_mut() => None,
        open = opening => Some(open?),
    };
    let outcome = match &open {
        None => Ok(()),
        Some(open) => {
            opened.set(open.routes.clone()).ok();
            listening(address);
            tokio::select! {
                () = stop => Ok(()),
                () = any(&open.stores) => {
                    let message = "a commit failed and its outcome is unknown: this process ends; start it again";
                    Err(Error::new(ErrorKind::Unknown, "STORE_FAILED", message))
                }
            }
        }
    };
    tracing::info!("stopping");
    health.stop();
    if outcome.is_ok() {
        timeout(Duration::from_secs(config.stop.notice_seconds), pending::<()>()).await.ok();
    }
    health.end();
    bounds.stop();
    drop(close);
    while doors.join_next().await.is_some() {}
    work.shutdown().await;
    timeout(CLOSE, join_all(open.iter().flat_map(|open| &open.stores).map(Store::close))).await.ok();
    outcome
}

/// The name of a service among what the process says of its health.
fn part(service: &Service) -> String {
    format!("{}.RecordService", service.package)
}

/// `health`, and the rest as soon as it is set.
fn late(health: Router) -> (Router, Arc<OnceLock<Router>>) {
    let opened = Arc::new(OnceLock::<Router>::new());
    let rest = Arc::clone(&opened);
    let answer = move |request: Request| {
        let rest = rest.get().cloned();
        async move {
            match rest {
                Some(rest) => rest.oneshot(request).await.unwrap_or_else(|never| match never {}),
                None => {
                    let message = "this process starts and waits for its store: try again, or ask another one";
                    status(Error::new(ErrorKind::Unavailable, "STARTING", message)).into_http()
                }
            }
        }
    };
    (health.fallback(answer), opened)
}

/// Services that are open.
struct Open {
    routes: Router,
    stores: Vec<Store>,
    /// Held as long as the process serves.
    _locks: Vec<File>,
}

async fn open(
    config: &Config,
    services: Vec<Service>,
    (clock, health, bounds, certificates): (&Arc<dyn Clock>, &Health, &Arc<Bounds>, Option<&Certificates>),
    work: &mut JoinSet<()>,
) -> Result<Open> {
    let trust = Arc::new(Trust::new(&config.services)?);
    work.spawn(trust.keys.clone().keep_fresh());
    let parts: Vec<_> = services.iter().map(part).collect();
    let mut started = start(config, services, (clock, &trust, bounds), work).await?;
    let locks = started.iter_mut().filter_map(|started| started.lock.take()).collect();
    let handles: Vec<Handle> = started.iter().map(|started| started.handle.clone()).collect();
    connect(config, (certificates, &trust), &started, work)?;
    for (handle, part) in handles.iter().zip(parts) {
        work.spawn(look(handle.clone(), part, health.clone()));
    }
    let stores = handles.iter().map(|handle| handle.store.clone()).collect();
    let routes = routes(started, &handles)?.prepare().into_axum_router();
    Ok(Open { routes, stores, _locks: locks })
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "CANNOT_LISTEN", format!("cannot listen on {address}: {error}"))
}

struct Started {
    handle: Handle,
    /// Taken out and held as long as the process serves.
    lock: Option<File>,
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
        let (store, lock) = stores::open(config, service.name, clock).await?;
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
        started.push(Started { handle, lock, peers: service.peers, routes });
    }
    Ok(started)
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

/// Everything but health.
fn routes(started: Vec<Started>, handles: &[Handle]) -> Result<Routes> {
    let reflection = |error: tonic_reflection::server::Error| Error::internal("the contracts cannot be served", error);
    let sets = [DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET, tonic_types::pb::FILE_DESCRIPTOR_SET];
    let reflect = || sets.into_iter().fold(Builder::configure(), Builder::register_encoded_file_descriptor_set);
    let operations = OperationsServiceServer::new(Operations::new(handles.to_vec()));
    let mut router = Router::new();
    // What contracts there are, only callers who are known are told.
    if let Some(first) = handles.first() {
        let contracts = Routes::new(operations)
            .add_service(reflect().build_v1().map_err(reflection)?)
            .add_service(reflect().build_v1alpha().map_err(reflection)?);
        router = guard(contracts, first).into_axum_router().reset_fallback();
    }
    for started in started {
        router = router.merge(started.routes.into_axum_router());
    }
    let names: Vec<_> = handles.iter().map(|handle| handle.name).collect();
    let message = format!("this process runs {} and has no such method; ask the one that runs its service", names.join(", "));
    Ok(Routes::from(router.fallback(async move || Status::unimplemented(message.clone()).into_http::<tonic::body::Body>())))
}

/// Ends when one of the stores has failed.
async fn any(stores: &[Store]) {
    let wait = |store: &Store| {
        let mut failed = store.failed();
        Box::pin(async move {
            if failed.wait_for(|failed| *failed).await.is_err() {
                pending::<()>().await;
            }
        })
    };
    select_all(stores.iter().map(wait)).await;
}
