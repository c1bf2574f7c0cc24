//! Draft orders: the states, and the edges between them.

use super::number;
use crossdock_core::Micro;
use crossdock_proto::{
    types::Money,
    writeback::{self as contract, DraftOrderState as State},
};
use crossdock_records::{Rules, Scope, derived_kind};
use crossdock_store::Fields;

derived_kind!(
    /// Approved lines to be posted together.
    DraftOrder,
    contract::DraftOrder,
    number::DRAFT_ORDER
);

impl Rules for DraftOrder {
    fn fields(&self) -> Fields {
        let draft = &self.0;
        let leasable = if may_be_leased(draft) { draft.connector.clone() } else { String::new() };
        let all = [
            ("state", name(draft.state()).to_lowercase()),
            ("supplier_id", draft.supplier_id.clone()),
            ("destination_location_id", draft.destination_location_id.clone()),
            ("leasable", leasable),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            location: Some(&self.0.destination_location_id),
            origin: Some(&self.0.origin_location_id),
            supplier: Some(&self.0.supplier_id),
            ..Scope::default()
        }
    }
}

/// `PENDING_APPROVAL`.
pub fn name(state: State) -> &'static str {
    state.as_str_name().trim_start_matches("DRAFT_ORDER_STATE_")
}

/// Most lines of one draft order.
pub const MOST_LINES: usize = 500;

/// Whether a connector may have it now.
pub fn may_be_leased(draft: &contract::DraftOrder) -> bool {
    match draft.state() {
        State::Sealed => true,
        State::Retrying => draft.retry_time.is_none(),
        _ => false,
    }
}

/// Whether lines may still be taken off.
pub fn takes_off(state: State) -> bool {
    matches!(state, State::Open | State::PendingApproval)
}

/// Whether what the connectors say is complete.
pub fn is_settled(state: State) -> bool {
    matches!(state, State::Posted | State::PartiallyPosted | State::Rejected)
}

/// The states in which something is still to be done.
pub const UNDER_WAY: [State; 7] =
    [State::Open, State::PendingApproval, State::Sealed, State::Leased, State::Retrying, State::Conflict, State::Dead];

/// The value of all lines; none if that of one is unknown, or they are in several currencies.
pub fn value(lines: &[contract::DraftLine]) -> Option<Money> {
    let first = lines.first()?.value.clone()?;
    let total = lines.iter().try_fold(Micro::ZERO, |total, line| {
        let value = line.value.as_ref().filter(|value| value.currency == first.currency)?;
        total.plus(value.amount.parse().ok()?).ok()
    })?;
    Some(Money { amount: total.to_string(), ..first })
}

/// The only changes of state there are.
pub fn may_become(from: State, to: State) -> bool {
    use State::{
        Conflict, Dead, Declined, Empty, Leased, Open, PartiallyPosted, PendingApproval, Posted, Rejected, Retrying, Sealed, Unspecified,
    };
    match from {
        Unspecified => to == Open,
        Open => matches!(to, PendingApproval | Sealed | Empty),
        PendingApproval => matches!(to, Sealed | Declined | Empty),
        // It was leased before the store was restored: what the ERP has then is evidence.
        Sealed => matches!(to, Leased | Posted | PartiallyPosted | Conflict),
        Leased => matches!(to, Posted | PartiallyPosted | Rejected | Retrying | Dead | Conflict),
        // The newest lease still counts when it has run out; an earlier one is evidence.
        Retrying => matches!(to, Leased | Posted | PartiallyPosted | Rejected | Conflict),
        Dead => matches!(to, Retrying | Posted | PartiallyPosted | Rejected | Conflict),
        Posted | PartiallyPosted | Rejected => to == Conflict,
        Conflict => matches!(to, Posted | PartiallyPosted),
        Declined | Empty => false,
    }
}
