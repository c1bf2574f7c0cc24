//! The whole suite in this process, behind its access layer, with rows of every kind put into its stores.

use super::{
    raw::{Refusal, call},
    rows::{SAMPLES, Sample, Whose},
};
use crossdock_core::SystemClock;
use crossdock_identity::Seal;
use crossdock_proto::{
    Filter, Role, Rows, governance,
    operations::operations_service_server::OperationsServiceServer,
    records::{BatchGetRequest, BatchGetResponse, ListRequest, ListResponse, WatchRequest, WatchResponse},
    schema,
    types::RecordKey,
};
use crossdock_records::Policy;
use crossdock_rpc::{Bounds, Channel, Handle, Limits, Operations, Proof, guard, local, records};
use crossdock_store::Store;
use crossdock_testkit::{Engine, Place};
use prost::Message;
use std::{collections::HashMap, sync::Arc};
use tonic::service::Routes;

/// The roles that connections have.
pub const ROLES: [Role; 7] = [Role::Erp, Role::Planning, Role::Warehouse, Role::Transport, Role::Supplier, Role::Buyer, Role::Operator];
/// How they are limited: not at all, to locations, suppliers, companies, all of these.
pub const LIMITS: [char; 5] = ['-', 'L', 'S', 'C', 'A'];

/// A running suite.
pub struct World {
    /// Where its methods are called.
    pub channel: Channel,
    handles: Vec<Handle>,
    _places: Vec<Place>,
}

/// The connection of a role that is limited so.
pub fn connection(role: Role, limit: char) -> String {
    let name = role.as_str_name().trim_start_matches("ROLE_").to_lowercase();
    if limit == '-' { name } else { format!("{name}-{}", limit.to_lowercase()) }
}

fn policy() -> governance::Policy {
    let only = |limit: char, of: &str, id: &str| if of.contains(limit) { vec![id.to_owned()] } else { Vec::new() };
    let all = ROLES.into_iter().flat_map(|role| LIMITS.map(|limit| (role, limit)));
    let connections = all.map(|(role, limit)| governance::Connection {
        name: connection(role, limit),
        roles: vec![role.into()],
        names_principals: true,
        locations: only(limit, "LA", "OWN-L"),
        suppliers: only(limit, "SA", "OWN-S"),
        companies: only(limit, "CA", "OWN-C"),
        limits: Some(governance::CallLimits { per_second: u32::MAX, ..governance::CallLimits::default() }),
        ..governance::Connection::default()
    });
    governance::Policy { version: "matrix".into(), connections: connections.collect(), ..governance::Policy::default() }
}

impl World {
    /// With a row of every kind, own and another's.
    pub async fn new() -> Self {
        let services = vec![
            crossdock_governance::service(crossdock_governance::Source::BuiltIn).unwrap(),
            crossdock_master_data::service().unwrap(),
            crossdock_demand_signal::service().unwrap(),
            crossdock_recommendation_writeback::service().unwrap(),
            crossdock_execution_feedback::service().unwrap(),
        ];
        let (mut handles, mut all, mut peers, mut places) = (Vec::new(), Vec::new(), HashMap::new(), Vec::new());
        let bounds = Bounds::new(Limits::default());
        for service in services {
            let place = Place::new(Engine::Sqlite);
            let store = Store::open(place.location().clone(), Arc::new(SystemClock)).await.unwrap();
            places.push(place);
            let handle = Handle::start(service.name, store, Arc::new(service.kinds.with_operations().unwrap()), &bounds).await.unwrap();
            handle.policy.send_replace(Arc::new(Policy::new(policy())));
            handle.seal.send_replace(Seal::new(&[7; 32]).map(Arc::new));
            let verbs = (service.verbs)(&handle).into_axum_router().reset_fallback();
            let methods = Routes::from(records(service.package, &handle).into_axum_router().merge(verbs));
            let routes = guard(methods, &handle);
            peers.insert(service.name.to_owned(), local(routes.clone(), Proof::Process));
            all.push(routes);
            handles.push(handle);
        }
        let operations = Routes::new(OperationsServiceServer::new(Operations::new(handles.clone())));
        let mut router = guard(operations, &handles[0]).into_axum_router().reset_fallback();
        for routes in all {
            router = router.merge(routes.into_axum_router());
        }
        handles.iter().for_each(|handle| handle.connect(peers.clone()));
        let world = Self { channel: local(Routes::from(router), Proof::Believed), handles, _places: places };
        world.fill().await;
        world
    }

    async fn fill(&self) {
        for handle in &self.handles {
            let owner = handle.clone();
            let put = move |tx: &mut crossdock_store::Tx<'_>| {
                for sample in SAMPLES {
                    let info = schema().kind_named(sample.0).unwrap();
                    // Locations are everywhere: they say which company they belong to.
                    if owner.kinds.info(info.number).is_none() {
                        continue;
                    }
                    let whose: &[Whose] = if info.rows == Rows::Shared { &[Whose::Own] } else { &[Whose::Own, Whose::Foreign] };
                    for whose in whose {
                        let record = sample.record(*whose);
                        let fields = owner.kinds.fields(&record);
                        tx.put(record, Vec::new(), fields);
                    }
                }
                Ok(())
            };
            handle.store.write("test", put).await.unwrap();
        }
    }

    /// The packages that keep a kind.
    pub fn packages(&self, sample: &Sample) -> Vec<&'static str> {
        let number = schema().kind_named(sample.0).unwrap().number;
        let owners = self.handles.iter().filter(|handle| handle.kinds.owns(number.into()));
        owners.map(|handle| package(handle.name)).collect()
    }

    /// Every package with records.
    pub fn all_packages(&self) -> Vec<&'static str> {
        self.handles.iter().map(|handle| package(handle.name)).collect()
    }

    /// A record by its key.
    pub async fn get(&self, connection: &str, package: &str, kind: &str, key: &str) -> Result<BatchGetResponse, Refusal> {
        let request = BatchGetRequest { keys: vec![RecordKey { kind: kind.into(), key: key.into() }] };
        let path = format!("/{package}.RecordService/BatchGet");
        let answer = call(&self.channel, connection, &path, request.encode_to_vec(), 1).await?;
        Ok(BatchGetResponse::decode(answer[0].as_slice()).unwrap())
    }

    /// The first page of a kind.
    pub async fn list(&self, connection: &str, package: &str, kind: &str) -> Result<ListResponse, Refusal> {
        let filter = Filter { kind: schema().kind_named(kind).unwrap().number.into(), ..Filter::default() };
        let request = ListRequest { filter: Some(filter), ..ListRequest::default() };
        let path = format!("/{package}.RecordService/List");
        let answer = call(&self.channel, connection, &path, request.encode_to_vec(), 1).await?;
        Ok(ListResponse::decode(answer[0].as_slice()).unwrap())
    }

    /// The feed of these kinds up to now.
    pub async fn watch(&self, connection: &str, package: &str, kinds: &[&str]) -> Result<Vec<WatchResponse>, Refusal> {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let request = WatchRequest { kinds, until_checkpoint: true, ..WatchRequest::default() };
        let path = format!("/{package}.RecordService/Watch");
        let answers = call(&self.channel, connection, &path, request.encode_to_vec(), usize::MAX).await?;
        Ok(answers.iter().map(|answer| WatchResponse::decode(answer.as_slice()).unwrap()).collect())
    }
}

fn package(service: &str) -> &'static str {
    match service {
        "governance" => "crossdock.governance.v1",
        "master-data" => "crossdock.masterdata.v1",
        "demand-signal" => "crossdock.demand.v1",
        "recommendation-writeback" => "crossdock.writeback.v1",
        _ => "crossdock.execution.v1",
    }
}
