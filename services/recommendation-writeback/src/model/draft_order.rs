//! Draft orders: the states, and the edges between them.

use super::number;
use crossdock_proto::writeback::{self as contract, DraftOrderState as State};
use crossdock_records::{Rules, derived_kind};
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
        let leasable = if matches!(draft.state(), State::Sealed | State::Retrying) { draft.connector.clone() } else { String::new() };
        let all = [
            ("state", name(draft.state()).to_lowercase()),
            ("supplier_id", draft.supplier_id.clone()),
            ("destination_location_id", draft.destination_location_id.clone()),
            ("leasable", leasable),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// `PENDING_APPROVAL`.
pub fn name(state: State) -> &'static str {
    state.as_str_name().trim_start_matches("DRAFT_ORDER_STATE_")
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
        // Late evidence of an earlier lease counts as well.
        Sealed | Retrying => matches!(to, Leased | Posted | PartiallyPosted | Conflict | Declined),
        Leased => matches!(to, Posted | PartiallyPosted | Rejected | Retrying | Dead | Conflict),
        Posted | PartiallyPosted | Rejected => to == Conflict,
        Dead => matches!(to, Retrying | Rejected | Conflict | Posted | PartiallyPosted),
        Conflict => matches!(to, Posted | PartiallyPosted),
        Declined | Empty => false,
    }
}
