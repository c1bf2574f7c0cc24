//! Why recommendations and draft orders change, and which of these changes are decisions.

use super::draft_order;
use crossdock_proto::writeback::DraftOrderState;

/// Why something changes. A new one has to say what it is for the audit chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// Its run is committed.
    #[default]
    Received,
    /// A later plan left the buyer's word as it is.
    EditKept,
    /// A later plan and the buyer's word exclude each other.
    EditConflict,
    /// A later plan has it again.
    PlannedAgain,
    /// A later plan does not have it.
    NotPlanned,
    /// It is planned otherwise than it was ordered.
    OrderDiffers,
    /// Something is wrong with it.
    Problem(&'static str),
    /// Supply that the planner had not seen covers all of it.
    Covered,
    /// A person has to decide.
    NeedsApproval,
    /// What was approved before holds for it.
    ApprovalKept,
    /// Nobody has to approve it.
    ApprovedByRule,
    /// It was approved, and nothing is wrong with it still.
    Confirmed,
    /// A person said yes.
    Approved,
    /// A person said no.
    Declined,
    /// A buyer changed it.
    Edited,
    /// A buyer let a held line go on, or sealed a draft order.
    Released,
    /// It was taken back.
    Cancelled,
    /// Nobody decided in time.
    Expired,
    /// Nobody decided; the next level has to.
    Escalated,
    /// Nobody decided, and there is no next level.
    NobodyAbove,
    /// Nobody posts for its destination.
    NoConnector,
    /// A draft order begins.
    Begun,
    /// A line comes onto a draft order.
    LineAdded,
    /// It is on a draft order.
    Drafted,
    /// It is taken off its draft order.
    TakenOff,
    /// A line is taken off a draft order.
    LineRemoved,
    /// What is left of a draft order has to be looked at again.
    LinesChanged,
    /// Its cut-off has come.
    CutOff,
    /// It takes no more lines.
    Full,
    /// A connector has it to post.
    Leased,
    /// Nothing was reported in time.
    LeaseExpired,
    /// The pause before the next attempt is over.
    PauseOver,
    /// A connector could not post it.
    RetryReported,
    /// A connector said what became of it.
    Reported,
    /// The same, after its lease.
    LateReport,
    /// The same, and it changes what is known.
    LateEvidence,
    /// It was posted twice.
    PostedTwice,
    /// It is on an order of the ERP.
    Posted,
    /// The ERP refused it.
    PostingRejected,
    /// A person has it tried again.
    Requeued,
    /// A person gave it up.
    Abandoned,
    /// A person said which document is true.
    DocumentKept,
}

impl Reason {
    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        self.told().0
    }

    /// What it is in the audit chain, where it led to a state; `None`: it decides nothing.
    pub fn action(self, state: &str) -> Option<&'static str> {
        match self.told().1 {
            As::Nothing => None,
            As::Itself | As::Rule => Some(self.name()),
            As::Sealed => (state == draft_order::name(DraftOrderState::Sealed)).then_some("SEALED"),
            As::Reported => Some(if is_dead(state) { "POSTING_DEAD" } else { "POSTING_REPORTED" }),
            As::Dead => is_dead(state).then_some("POSTING_DEAD"),
        }
    }

    /// Whether Crossdock decides it itself, whoever gave occasion to it.
    pub fn is_of_rule(self) -> bool {
        matches!(self.told().1, As::Rule)
    }

    fn told(self) -> (&'static str, As) {
        match self {
            Self::Received => ("RECEIVED", As::Nothing),
            Self::EditKept => ("EDIT_KEPT", As::Nothing),
            Self::EditConflict => ("EDIT_CONFLICT", As::Nothing),
            Self::PlannedAgain => ("PLANNED_AGAIN", As::Nothing),
            Self::NotPlanned => ("NOT_PLANNED", As::Nothing),
            Self::OrderDiffers => ("ORDER_DIFFERS", As::Nothing),
            Self::Problem(name) => (name, As::Nothing),
            Self::Covered => ("COVERED", As::Rule),
            Self::NeedsApproval => ("NEEDS_APPROVAL", As::Nothing),
            Self::ApprovalKept => ("APPROVAL_KEPT", As::Rule),
            Self::ApprovedByRule => ("APPROVED_BY_RULE", As::Rule),
            Self::Confirmed => ("CONFIRMED", As::Nothing),
            Self::Approved => ("APPROVED", As::Itself),
            Self::Declined => ("DECLINED", As::Itself),
            Self::Edited => ("EDITED", As::Itself),
            Self::Released => ("RELEASED", As::Itself),
            Self::Cancelled => ("CANCELLED", As::Itself),
            Self::Expired => ("EXPIRED", As::Itself),
            Self::Escalated => ("ESCALATED", As::Nothing),
            Self::NobodyAbove => ("NOBODY_ABOVE", As::Nothing),
            Self::NoConnector => ("NO_CONNECTOR", As::Nothing),
            Self::Begun => ("BEGUN", As::Nothing),
            Self::LineAdded => ("LINE_ADDED", As::Nothing),
            Self::Drafted => ("DRAFTED", As::Nothing),
            Self::TakenOff => ("TAKEN_OFF", As::Nothing),
            Self::LineRemoved => ("LINE_REMOVED", As::Nothing),
            Self::LinesChanged => ("LINES_CHANGED", As::Sealed),
            Self::CutOff => ("CUT_OFF", As::Sealed),
            Self::Full => ("FULL", As::Sealed),
            Self::Leased => ("LEASED", As::Nothing),
            Self::LeaseExpired => ("LEASE_EXPIRED", As::Dead),
            Self::PauseOver => ("PAUSE_OVER", As::Nothing),
            Self::RetryReported => ("RETRY_REPORTED", As::Reported),
            Self::Reported => ("REPORTED", As::Reported),
            Self::LateReport => ("LATE_REPORT", As::Reported),
            Self::LateEvidence => ("LATE_EVIDENCE", As::Reported),
            Self::PostedTwice => ("POSTED_TWICE", As::Itself),
            // Their draft order's report is in the chain.
            Self::Posted => ("POSTED", As::Nothing),
            Self::PostingRejected => ("POSTING_REJECTED", As::Nothing),
            Self::Requeued => ("REQUEUED", As::Itself),
            Self::Abandoned => ("ABANDONED", As::Itself),
            Self::DocumentKept => ("DOCUMENT_KEPT", As::Itself),
        }
    }
}

/// What a reason is in the audit chain.
enum As {
    /// No decision.
    Nothing,
    /// A decision of its own name.
    Itself,
    /// A decision of its own name that a rule makes, whoever gave occasion to it.
    Rule,
    /// The sealing of a draft order, if it is sealed by it.
    Sealed,
    /// The report of a connector, or the last one that was allowed.
    Reported,
    /// The end of all attempts, if it is that.
    Dead,
}

fn is_dead(state: &str) -> bool {
    state == draft_order::name(DraftOrderState::Dead)
}
