//! `crossdock.operations.v1`, for every service of this process.

use crate::{Caller, Handle, status};
use bytes::Bytes;
use crossdock_core::{Error, ErrorKind, Result, key};
use crossdock_proto::{
    Role,
    operations::{
        AbortSetRequest, AbortSetResponse, AuditEntry, CommitSetRequest, CommitSetResponse, DiscardRequest, DiscardResponse, FeedCursor,
        GetStatisticsRequest, GetStatisticsResponse, KindStatistics, OpenSetRequest, OpenSetResponse, ParkedSelection, PeerStatistics,
        RedriveRequest, RedriveResponse, ServiceStatistics, operations_service_server::OperationsService,
    },
    schema,
};
use crossdock_records::{FEED_CURSOR, Origin, Policy, abort, audit, commit, discard, open, unknown_set, wake_selected};
use crossdock_store::{Request as Asked, Scan, Tx};
use prost::Message;
use std::{collections::BTreeMap, sync::Arc};
use tonic::{Request, Response, Status};

/// Answers for the services it was given.
#[derive(Clone)]
pub struct Operations(Arc<Vec<Handle>>);

impl Operations {
    /// For these services.
    pub fn new(handles: Vec<Handle>) -> Self {
        Self(Arc::new(handles))
    }

    fn owner(&self, kind: &str) -> Result<&Handle> {
        let number = schema().kind_named(kind).map(|info| info.number).filter(|number| *number >= 100);
        let owner = number.and_then(|number| self.0.iter().find(|handle| handle.kinds.owns(number.into())));
        owner.ok_or_else(|| {
            Error::not_found("UNKNOWN_KIND", format!("no service of this process keeps {kind:?}; the one that does answers for it"))
        })
    }

    fn named(&self, service: &str) -> Result<&Handle> {
        let names = || self.0.iter().map(|handle| handle.name).collect::<Vec<_>>().join(", ");
        self.0.iter().find(|handle| handle.name == service).ok_or_else(|| {
            Error::not_found("UNKNOWN_SERVICE", format!("{service:?} is not a service of this process; it runs {}", names()))
        })
    }

    fn parked(&self, selection: Option<ParkedSelection>) -> Result<(&Handle, ParkedSelection)> {
        let selection = selection.unwrap_or_default();
        if selection.cause.is_empty() == selection.key.is_empty() {
            return Err(Error::invalid("PARKED_SELECTION", "name either a cause, such as item/ABC, or the key of one parked record"));
        }
        Ok((self.named(&selection.service)?, selection))
    }
}

/// Runs a verb once per request id, however often it is called: the same request again gets the first answer.
///
/// # Errors
/// `REQUEST_ID` without a usable id, `REQUEST_ID_REUSED` if it named another request before, and what `verb` refuses.
pub async fn once<Q, A>(
    handle: &Handle,
    caller: Caller,
    (method, request_id, asked): (&'static str, String, Q),
    verb: impl Fn(&mut Tx<'_>, &Policy, &Origin, &Q) -> Result<A> + Send + 'static,
) -> Result<A>
where
    Q: Message + Send + 'static,
    A: Message + Default + Send + 'static,
{
    if request_id.is_empty() || request_id.len() > 64 {
        return Err(Error::invalid("REQUEST_ID", "request_id is required: 1 to 64 characters, drawn anew for each request"));
    }
    let policy = Arc::clone(&handle.policy.borrow());
    let digest = asked.encode_to_vec();
    let job = move |tx: &mut Tx<'_>| {
        let id = Asked { caller: &caller.0.connection, id: &request_id, method, digest: &digest };
        if let Some(reply) = tx.answered(id)? {
            return A::decode(reply).map_err(|error| Error::internal("a kept answer cannot be read", error));
        }
        let answer = verb(tx, &policy, &caller.0, &asked)?;
        tx.answer(id, Bytes::from(answer.encode_to_vec()));
        Ok(answer)
    };
    handle.store.write(method, job).await
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl OperationsService for Operations {
    async fn open_set(&self, call: Request<OpenSetRequest>) -> Answer<OpenSetResponse> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let handle = self.owner(asked.set.as_ref().map_or("", |set| &set.kind)).map_err(status)?;
        let kinds = Arc::clone(&handle.kinds);
        let verb = move |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &OpenSetRequest| {
            let set = open(tx, &kinds, policy, origin, &asked.set.clone().unwrap_or_default())?;
            Ok(OpenSetResponse { set: Some(set) })
        };
        once(handle, caller, ("OpenSet", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn commit_set(&self, call: Request<CommitSetRequest>) -> Answer<CommitSetResponse> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let handle = self.owner(&asked.kind).map_err(status)?;
        let verb = |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &CommitSetRequest| {
            let owner = owner_of(policy, (&asked.connection, &asked.set_key), origin, asked.force)?;
            let set = commit(tx, origin, owner, &asked.set_key, asked.records, asked.force)?;
            Ok(CommitSetResponse { set: Some(set) })
        };
        once(handle, caller, ("CommitSet", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn abort_set(&self, call: Request<AbortSetRequest>) -> Answer<AbortSetResponse> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let handle = self.owner(&asked.kind).map_err(status)?;
        let verb = |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &AbortSetRequest| {
            let owner = owner_of(policy, (&asked.connection, &asked.set_key), origin, false)?;
            let set = abort(tx, origin, owner, &asked.set_key, &asked.note)?;
            Ok(AbortSetResponse { set: Some(set) })
        };
        once(handle, caller, ("AbortSet", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn redrive(&self, call: Request<RedriveRequest>) -> Answer<RedriveResponse> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let (handle, selection) = self.parked(asked.parked.clone()).map_err(status)?;
        let verb = move |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, _: &RedriveRequest| {
            let records = wake_selected(tx, &policy.sight(&origin.connection), &selection)?;
            operated(tx, origin, "REDRIVEN", &selection, records, "")?;
            Ok(RedriveResponse { records })
        };
        once(handle, caller, ("Redrive", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn discard(&self, call: Request<DiscardRequest>) -> Answer<DiscardResponse> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let (handle, selection) = self.parked(asked.parked.clone()).map_err(status)?;
        if asked.note.is_empty() || asked.note.chars().count() > 500 {
            return Err(status(Error::invalid("NOTE_MISSING", "note is required: why these records are dropped, at most 500 characters")));
        }
        let kinds = Arc::clone(&handle.kinds);
        let verb = move |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &DiscardRequest| {
            let sight = policy.sight(&origin.connection);
            let records = discard(tx, &kinds, &sight, &selection, (origin.who(), &asked.note))?;
            operated(tx, origin, "DISCARDED", &selection, records, &asked.note)?;
            Ok(DiscardResponse { records })
        };
        once(handle, caller, ("Discard", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn get_statistics(&self, call: Request<GetStatisticsRequest>) -> Answer<GetStatisticsResponse> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let handles = if asked.service.is_empty() { self.0.iter().collect() } else { vec![self.named(&asked.service).map_err(status)?] };
        let mut services = Vec::with_capacity(handles.len());
        for handle in handles {
            // Counts speak of the whole business.
            let is_limited = handle.policy.borrow().sight(&caller.0.connection).is_limited();
            services.push(if is_limited {
                ServiceStatistics { service: handle.name.to_owned(), ..ServiceStatistics::default() }
            } else {
                statistics(handle).await.map_err(status)?
            });
        }
        Ok(Response::new(GetStatisticsResponse { services }))
    }
}

/// Whose set is meant: only an operator names another connection's, or commits by force.
fn owner_of<'a>(policy: &Policy, (named, set_key): (&'a str, &str), origin: &'a Origin, force: bool) -> Result<&'a str> {
    let own = named.is_empty() || named == origin.connection;
    if (force || !own) && !policy.allows(&origin.connection, &[Role::Operator]) {
        let message = format!("connection {} is no operator: it may only commit and abort its own sets, without force", origin.connection);
        return Err(Error::new(ErrorKind::Denied, "NOT_ALLOWED", message));
    }
    // Whoever is limited to a part of the business has no word in that of others: there is no such set.
    if !own && policy.sight(&origin.connection).is_limited() {
        return Err(unknown_set(&key::join([named, set_key])));
    }
    Ok(if own { &origin.connection } else { named })
}

/// An operator decided on parked records; nothing is said where there were none.
fn operated(tx: &mut Tx<'_>, origin: &Origin, action: &str, selection: &ParkedSelection, records: i64, note: &str) -> Result<()> {
    if records == 0 {
        return Ok(());
    }
    let decision = AuditEntry {
        action: action.to_owned(),
        kind: "parked".to_owned(),
        key: selection.key.clone(),
        message: note.to_owned(),
        values: [("cause", selection.cause.clone()), ("records", records.to_string())].map(|(name, value)| (name.to_owned(), value)).into(),
        ..AuditEntry::default()
    };
    audit(tx, Some(origin), decision)
}

async fn statistics(handle: &Handle) -> Result<ServiceStatistics> {
    let read = |read: &mut crossdock_store::Read<'_>| {
        let peers = read.scan(Scan::Prefix { kind: FEED_CURSOR, prefix: "", after: "" }, 100)?;
        Ok((read.count()?, read.head()?, peers))
    };
    let (counts, head, peers) = handle.store.read("statistics", read).await?;
    let mut kinds: BTreeMap<&str, KindStatistics> = BTreeMap::new();
    for count in counts {
        let Some(info) = schema().kind(count.kind.into()) else { continue };
        let row = kinds.entry(&info.name).or_insert_with(|| KindStatistics { kind: info.name.clone(), ..KindStatistics::default() });
        *(if count.deleted { &mut row.deleted } else { &mut row.records }) += count.records;
    }
    let peer = |held: crossdock_store::Record| PeerStatistics { cursor: FeedCursor::decode(held.body).ok(), peer: held.key };
    Ok(ServiceStatistics {
        service: handle.name.to_owned(),
        cursor: head.to_string(),
        kinds: kinds.into_values().collect(),
        peers: peers.into_iter().map(peer).collect(),
        contracts: handle.contracts.uses(),
    })
}
