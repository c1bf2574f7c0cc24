//! A buyer changes a recommendation. What was approved before was another one.

use super::{
    approval,
    approve::check_note,
    change::{self, Why},
    draft, line,
};
use crate::model::{
    reason::Reason,
    status::{self, Status},
};
use crossdock_core::{Error, ErrorKind, Micro, Result};
use crossdock_proto::writeback::{EditRecommendationRequest, RecommendationState as State, RecommendationStatus};
use crossdock_records::{Derived, Origin, Parse, Policy, Sight, derive};
use crossdock_store::Tx;

/// Changes quantity or date.
///
/// # Errors
/// If it is not as it was seen, on its way already, or the change is none.
pub fn edit(tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &EditRecommendationRequest) -> Result<RecommendationStatus> {
    let person = approval::person(by)?;
    check_note(&asked.note)?;
    let quantity = quantity(asked)?;
    derive(tx, &by.trace, |to| {
        let held = seen(to, &policy.sight(&by.connection), &asked.recommendation, &asked.etag)?;
        editable(&held, asked, quantity)?;
        take_off(to, &asked.recommendation, &held)?;
        let why = Why { by: Some(by), reason: Reason::Edited, seen: &asked.etag, message: asked.note.clone(), ..Why::default() };
        change::recommendation(to, &asked.recommendation, &why, |status| {
            if let Some(quantity) = quantity {
                status.quantity = quantity.to_string();
            }
            status.need_by = asked.need_by.or(status.need_by);
            person.clone_into(&mut status.edited_by);
            status.clearance = None;
            // What was approved was another one.
            if status.state() == State::Approved {
                status.set_state(State::PendingApproval);
            }
        })
    })?;
    line::proceed(tx, policy, &asked.recommendation, Some(by))
}

fn editable(held: &RecommendationStatus, asked: &EditRecommendationRequest, quantity: Option<Micro>) -> Result<()> {
    if !matches!(held.state(), State::Held | State::PendingApproval | State::Approved | State::Drafted) {
        let message = format!("recommendation {} is {}: it cannot be edited", asked.recommendation, status::name(held.state()));
        return Err(Error::precondition("NOT_EDITABLE", message));
    }
    let same =
        quantity.is_none_or(|quantity| held.quantity.parse() == Ok(quantity)) && asked.need_by.is_none_or(|day| held.need_by == Some(day));
    if same {
        return Err(Error::invalid("NOTHING_CHANGED", "name another quantity, or another need_by, than it has"));
    }
    Ok(())
}

/// A recommendation as somebody saw it.
///
/// # Errors
/// `UNKNOWN_RECOMMENDATION`, `ETAG_CHANGED`.
pub fn seen(to: &mut Derived<'_, '_>, sight: &Sight, key: &str, etag: &str) -> Result<RecommendationStatus> {
    let Some(held) = to.seen::<Status>(sight, key)? else {
        return Err(Error::not_found("UNKNOWN_RECOMMENDATION", format!("there is no recommendation {key:?}; list them for their keys")));
    };
    if held.0.etag != etag {
        let message = format!("recommendation {key} has changed since etag {etag:?}: look at it again, it is {:?} now", held.0.etag);
        return Err(Error::new(ErrorKind::Conflict, "ETAG_CHANGED", message));
    }
    Ok(held.0)
}

/// Takes a recommendation off its draft order, if it is on one.
///
/// # Errors
/// `ON_ITS_WAY` if that is sealed.
pub fn take_off(to: &mut Derived<'_, '_>, key: &str, held: &RecommendationStatus) -> Result<()> {
    if held.state() == State::Drafted && !draft::remove(to, key)? {
        let message = format!("recommendation {key} is on draft order {}, which is sealed: change the order in the ERP", held.draft);
        return Err(Error::precondition("ON_ITS_WAY", message));
    }
    Ok(())
}

fn quantity(asked: &EditRecommendationRequest) -> Result<Option<Micro>> {
    let mut parse = Parse::new("", "");
    let quantity = if asked.quantity.is_empty() { None } else { parse.not_negative("quantity", &asked.quantity) };
    let quantity = quantity.and_then(|quantity| parse.countable("quantity", quantity));
    if quantity == Some(Micro::ZERO) {
        parse.bad::<()>("quantity", "NOT_POSITIVE", &asked.quantity, "must be more than zero: cancel what is not wanted");
    }
    parse.optional_date("need_by", asked.need_by.as_ref());
    parse.finish().0.into_iter().next().map_or(Ok(quantity), |violation| Err(Error::field(violation)))
}
