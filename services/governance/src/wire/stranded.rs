//! What another policy would leave lying: draft orders that a connection is posting and could not report on any more.

use crossdock_core::{Error, ErrorKind, Result};
use crossdock_proto::{
    Filter, Role,
    governance::Policy,
    records::ListRequest,
    schema,
    writeback::{DraftOrder, DraftOrderFilter, DraftOrderState},
};
use crossdock_rpc::{Handle, RecordClient};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Who keeps the leases.
const WRITEBACK: &str = "recommendation-writeback";
const PACKAGE: &str = "crossdock.writeback.v1";

/// Refuses a policy under which a connection that holds leases could not report on them.
///
/// # Errors
/// `WOULD_STRAND_WORK` with who holds how many, and `CANNOT_TELL_LEASES` where recommendation-writeback does not answer. It is not asked where no connection loses the right.
pub async fn refuse(handle: &Handle, policy: &Policy) -> Result<()> {
    let losers = losers(&handle.policy.borrow().document, policy);
    let (false, Some(writeback)) = (losers.is_empty(), handle.peer(WRITEBACK, PACKAGE)) else { return Ok(()) };
    let holders = holders(writeback, &losers).await?;
    if holders.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = holders.iter().map(|(name, count)| format!("{name:?} is posting {count} draft orders")).collect();
    let message = format!("{} and could not report on them: wait until it has, or its leases have expired", told.join(", "));
    Err(Error::precondition("WOULD_STRAND_WORK", message).with("connections", holders.into_keys().collect::<Vec<_>>().join(",")))
}

/// Connections that may report postings, and could not any more.
fn losers(was: &Policy, is: &Policy) -> BTreeSet<String> {
    let posting = |policy: &Policy| -> BTreeSet<String> {
        let erps = policy.connections.iter().filter(|connection| connection.roles().any(|role| role == Role::Erp));
        erps.map(|connection| connection.name.clone()).collect()
    };
    posting(was).difference(&posting(is)).cloned().collect()
}

/// How many draft orders each of these is posting.
async fn holders(mut writeback: RecordClient, names: &BTreeSet<String>) -> Result<BTreeMap<String, usize>> {
    let kind = schema().kind_named("draft_order").ok_or_else(|| Error::internal("the contracts lack draft_order", "a broken build"))?;
    let state = DraftOrderState::Leased.as_str_name().trim_start_matches("DRAFT_ORDER_STATE_").to_lowercase();
    let filter = DraftOrderFilter { state, ..DraftOrderFilter::default() };
    let filter = Filter { kind: kind.number.into(), body: filter.encode_to_vec().into() };
    let mut asked = ListRequest { filter: Some(filter), ..ListRequest::default() };
    let mut holders = BTreeMap::new();
    loop {
        let page = writeback.list(asked.clone()).await.map_err(|status| {
            let message =
                "recommendation-writeback does not answer, and has to say who is posting before a connection may go; it is asked again";
            Error::new(ErrorKind::Unavailable, "CANNOT_TELL_LEASES", message).because(status)
        })?;
        let leases = page.records.iter().filter_map(|record| record.read::<DraftOrder>()?.1.lease);
        for lease in leases.filter(|lease| names.contains(&lease.connection)) {
            *holders.entry(lease.connection).or_default() += 1;
        }
        if page.next_page_token.is_empty() {
            return Ok(holders);
        }
        asked.page_token = page.next_page_token;
    }
}
