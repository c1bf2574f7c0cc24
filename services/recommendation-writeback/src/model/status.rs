//! Where a recommendation stands: the states, the edges between them, and the steps that are kept of every change.

use super::{day, number};
use crossdock_core::{Key, key};
use crossdock_proto::writeback::{DecisionStep, RecommendationKind, RecommendationState as State, RecommendationStatus, Target};
use crossdock_records::{Rules, Scope, derived_kind, micros};
use crossdock_store::Fields;
use jiff::{civil::Date, tz::TimeZone};

derived_kind!(
    /// Where a recommendation stands.
    Status,
    RecommendationStatus,
    number::STATUS
);

derived_kind!(
    /// A change of state of a recommendation or a draft order.
    Step,
    DecisionStep,
    number::STEP
);

impl Rules for Step {
    fn belongs_to(&self) -> Vec<Key> {
        [number::STATUS, number::DRAFT_ORDER].map(|kind| Key::new(kind, self.0.subject.as_str())).into()
    }
}

impl Rules for Status {
    fn fields(&self) -> Fields {
        let status = &self.0;
        let planner = planner(status);
        let all = [
            ("state", name(status.state()).to_lowercase()),
            ("run", status.run.clone()),
            ("item_id", status.item_id.clone()),
            ("supplier_id", status.supplier_id.clone()),
            ("destination_location_id", status.destination_location_id.clone()),
            ("draft", status.draft.clone()),
            ("live", if is_live(status.state()) { planner.to_owned() } else { String::new() }),
            ("held_for", if status.state() == State::Held { place(status) } else { String::new() }),
            ("planned_as", if is_live(status.state()) { planned_as(planner, &status.planner_key) } else { String::new() }),
            ("need", if is_live(status.state()) { need(planner, status) } else { String::new() }),
            ("posted", posted_on(status).map_or_else(String::new, |day| posted(planner, day))),
            ("changes", if is_changing(status) { status.target.as_ref().map(order).unwrap_or_default() } else { String::new() }),
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

/// Key of the supply for its item and destination.
pub fn place(status: &RecommendationStatus) -> String {
    key::join([&status.item_id, &status.destination_location_id])
}

/// A planner's own key among those of all planners; field `planned_as` of those that live.
pub fn planned_as(planner: &str, planner_key: &str) -> String {
    format!("{planner}/{planner_key}")
}

/// A planner's need, without its date; field `need` of those that live.
pub fn need(planner: &str, status: &RecommendationStatus) -> String {
    let kind = status.kind.to_string();
    let source = [&status.supplier_id, &status.origin_location_id];
    let order = status.target.as_ref().map(order).unwrap_or_default();
    format!("{planner}/{}", key::join([&kind, &status.item_id, &status.destination_location_id, source[0], source[1], &order]))
}

/// What a planner's lines became on a day; field `posted`.
pub fn posted(planner: &str, day: Date) -> String {
    format!("{planner}/{day}")
}

/// The day, in UTC, on which the ERP had it.
fn posted_on(status: &RecommendationStatus) -> Option<Date> {
    let time = status.post_time.as_ref().filter(|_| matches!(status.state(), State::Posted | State::PartiallyPosted))?;
    Some(day::today(micros(time), &TimeZone::UTC))
}

/// It makes a new order.
pub fn orders(status: &RecommendationStatus) -> bool {
    matches!(status.kind(), RecommendationKind::Purchase | RecommendationKind::Transfer)
}

/// It changes an order, and is on its way into the ERP or there.
pub fn is_changing(status: &RecommendationStatus) -> bool {
    !orders(status) && matches!(status.state(), State::Drafted | State::Posted | State::PartiallyPosted)
}

/// The ERP order line that is meant, by key.
pub fn order(target: &Target) -> String {
    key::document(&target.connection, &target.document, &target.line)
}

/// The planner, as in the keys of its runs.
pub fn planner(status: &RecommendationStatus) -> &str {
    status.run.split('/').next().unwrap_or_default()
}

/// Whether who approved the one has seen all that the other asks for: the same item from and to the same places, as much of it for as much money, by the
/// same day.
pub fn looks_like(one: &RecommendationStatus, other: &RecommendationStatus) -> bool {
    let places =
        |of: &RecommendationStatus| [&of.item_id, &of.destination_location_id, &of.supplier_id, &of.origin_location_id].map(String::clone);
    let amounts = |of: &RecommendationStatus| [&of.quantity, &of.unit, &of.base_factor].map(String::clone);
    let money = |of: &RecommendationStatus| [of.value.clone(), of.unit_price.clone()];
    places(one) == places(other)
        && amounts(one) == amounts(other)
        && money(one) == money(other)
        && (one.kind, one.need_by, &one.target) == (other.kind, other.need_by, &other.target)
}

/// `PENDING_APPROVAL`.
pub fn name(state: State) -> &'static str {
    state.as_str_name().trim_start_matches("RECOMMENDATION_STATE_")
}

/// `purchase`.
pub fn kind_name(kind: RecommendationKind) -> String {
    kind.as_str_name().trim_start_matches("RECOMMENDATION_KIND_").to_lowercase()
}

/// Whether it was approved, and that still holds.
pub fn is_approved(state: State) -> bool {
    matches!(state, State::Approved | State::Drafted | State::Posted | State::PartiallyPosted | State::Rejected)
}

/// Whether a later run may still take its place: it is not on its way into the ERP, and not at an end.
pub fn is_live(state: State) -> bool {
    matches!(state, State::Received | State::Invalid | State::Held | State::PendingApproval | State::Approved | State::Drafted)
}

/// The only changes of state there are.
pub fn may_become(from: State, to: State) -> bool {
    use State::{
        Approved, Cancelled, Declined, Drafted, Expired, Held, Invalid, PartiallyPosted, PendingApproval, Posted, Received, Rejected,
        Superseded, Unspecified,
    };
    match from {
        Unspecified => to == Received,
        Received => matches!(to, Invalid | Held | PendingApproval | Approved | Superseded | Cancelled),
        Invalid => to == Superseded,
        // An edit or a changed basis sends it back to be looked at again.
        Held => matches!(to, Invalid | PendingApproval | Approved | Superseded | Cancelled),
        PendingApproval => matches!(to, Held | Approved | Declined | Expired | Superseded | Cancelled),
        Approved => matches!(to, Held | PendingApproval | Drafted | Superseded | Cancelled),
        // Off a draft that is not sealed it is approved again, whatever becomes of it then; else it goes with its draft.
        Drafted => matches!(to, Approved | Declined | Expired | Posted | PartiallyPosted | Rejected),
        // A later report, or a settled conflict, may say otherwise than the first report.
        Posted => matches!(to, PartiallyPosted | Rejected),
        PartiallyPosted => matches!(to, Posted | Rejected),
        Rejected => matches!(to, Posted | PartiallyPosted),
        Declined | Expired | Superseded | Cancelled => false,
    }
}
