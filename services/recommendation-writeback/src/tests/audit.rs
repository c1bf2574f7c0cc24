//! What is decided is in the audit chain: who, seeing what, under which rule, and what it changed.

use super::{
    samples::{HOUR, L1, L2, buyer, erp, reasons, said, seen, today},
    world::World,
};
use crate::{
    app::set_mode,
    model::{draft_order, reason::Reason, status::Step},
};
use crossdock_proto::{
    operations::{AuditEntry, AuditHead},
    writeback::{DraftOrderState, LineOutcome, PlanningModeKind, Resolution, SetPlanningModeRequest, Settlement},
};
use crossdock_records::Verification;

impl World {
    /// The chain, which is whole.
    pub async fn chain(&self) -> Vec<AuditEntry> {
        let entries = self.all::<AuditEntry>().await;
        let service = entries.first().map_or_else(String::new, |(_, entry)| entry.service.clone());
        let mut verification = Verification::new(&service, []);
        for (key, entry) in &entries {
            verification.entry(key, entry).unwrap();
        }
        verification.end(&self.get::<AuditHead>("head").await.unwrap_or_default()).unwrap();
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// What was decided, by whom.
    async fn decided(&self) -> Vec<String> {
        let who = |entry: &AuditEntry| if entry.principal.is_empty() { entry.connection.clone() } else { entry.principal.clone() };
        self.chain().await.iter().map(|entry| format!("{} {} {}", entry.action, entry.key, who(entry)).trim_end().to_owned()).collect()
    }
}

#[test]
fn the_way_of_an_order_that_persons_decide() {
    World::by_persons(async |world| {
        let read = world.line(today("24")).await;
        let edited = world.edit("ann", L1, &read.etag, "240").await.unwrap();
        assert_eq!(reasons(&world.approve("bob", vec![seen(L1, &edited.etag)]).await), [""]);
        let draft = world.status(L1).await.draft;
        world.release(&draft).await.unwrap();
        world.post(&draft, "PO-1").await;
        let wanted = [
            format!("EDITED {L1} ann"),
            format!("APPROVED {L1} bob"),
            format!("RELEASED {draft} ann"),
            format!("POSTING_REPORTED {draft} erp"),
        ];
        assert_eq!(world.decided().await, wanted);
        let chain = world.chain().await;
        let value = |entry: &AuditEntry, name: &str| entry.values.get(name).cloned().unwrap_or_default();
        let [edit, approval, release, report] = chain.as_slice() else { panic!("{chain:?}") };
        assert_eq!(
            (edit.seen.as_str(), value(edit, "quantity_before"), value(edit, "quantity")),
            (read.etag.as_str(), "24 EA".into(), "240 EA".into())
        );
        assert_eq!(
            (approval.seen.as_str(), approval.rule.as_str(), approval.policy_version.as_str()),
            (edited.etag.as_str(), "every line", "v1")
        );
        assert_eq!(
            (value(approval, "rule.value"), value(approval, "value")),
            ("23760".into(), "23760 EUR".into()),
            "what the rule saw, and what it is"
        );
        assert_eq!((value(approval, "from"), value(approval, "to")), ("PENDING_APPROVAL".into(), "APPROVED".into()));
        assert_eq!(
            (release.rule.as_str(), value(release, "to"), value(release, "lines")),
            ("every order", "SEALED".into(), "240 EA SKU1".into())
        );
        assert_eq!((value(report, "documents"), value(report, "outcomes")), ("PO-1".into(), "1 POSTED 240 as PO-1/1".into()));
        assert_eq!(value(report, "etag"), world.draft(&draft).await.etag, "what it is since is what it was then");
    });
}

#[test]
fn what_rules_and_time_decide_is_crossdocks_word() {
    World::run(async |world| {
        let line = world.line(today("24")).await;
        world.later(HOUR).await;
        assert_eq!(world.decided().await, [format!("APPROVED_BY_RULE {L1}"), format!("SEALED {}", line.draft)]);
        let chain = world.chain().await;
        assert_eq!((chain[0].rule.as_str(), chain[0].policy_version.as_str()), ("other lines", "v1"));
        assert_eq!(chain[0].values.get("rule.value").map(String::as_str), Some("2376"));
        for _ in 0..4 {
            let token = world.lease(1).await.unwrap().remove(0).lease.unwrap().token;
            world.report(&line.draft, token, vec![said(1, LineOutcome::Retry, &[])]).await.unwrap();
            world.later(HOUR).await;
        }
        world.resolve(&line.draft, Resolution::Requeue, "").await.unwrap();
        let draft = line.draft;
        let wanted = [
            format!("POSTING_REPORTED {draft} erp"),
            format!("POSTING_REPORTED {draft} erp"),
            format!("POSTING_REPORTED {draft} erp"),
            format!("POSTING_DEAD {draft} erp"),
            format!("REQUEUED {draft} ann"),
        ];
        assert_eq!(world.decided().await[2..], wanted);
    });
}

#[test]
fn what_is_given_up_taken_back_or_not_decided_in_time() {
    World::by_persons(async |world| {
        let lines = world.lines("R1", &[today("24"), today("26"), today("28")]).await;
        assert_eq!(reasons(&world.decline("ann", vec![seen(L1, &lines[0].etag)]).await), [""]);
        world.decide(buyer("bob"), L2, Settlement::Cancel).await.unwrap();
        world.later(25 * HOUR).await;
        let set = SetPlanningModeRequest {
            connection: "apo".into(),
            kind: PlanningModeKind::Hold.into(),
            note: "a bad run".into(),
            ..Default::default()
        };
        world.call(move |to, policy| set_mode::set(to, policy, &buyer("mia"), &set)).await.unwrap();
        let wanted =
            [format!("DECLINED {L1} ann"), format!("CANCELLED {L2} bob"), "EXPIRED apo/R1/3/1".into(), "PLANNING_MODE apo mia".into()];
        assert_eq!(world.decided().await, wanted);
    });
}

#[test]
fn what_is_refused_is_no_decision() {
    World::by_persons(async |world| {
        let line = world.line(today("24")).await;
        assert_eq!(reasons(&world.approve("bob", vec![seen(L1, "another")]).await), ["ETAG_CHANGED"]);
        world.edit("ann", L1, "another", "240").await.unwrap_err();
        world.edit("ann", L1, &line.etag, "24").await.unwrap_err();
        world.report_by(erp(), "NONE", 1, Vec::new()).await.unwrap_err();
        assert_eq!(world.decided().await, [""; 0]);
    });
}

#[test]
fn what_a_reason_is_depends_on_where_it_led() {
    let name = draft_order::name;
    assert_eq!(Reason::CutOff.action(name(DraftOrderState::Sealed)), Some("SEALED"));
    assert_eq!(Reason::CutOff.action(name(DraftOrderState::PendingApproval)), None, "a person decides");
    assert_eq!(Reason::LeaseExpired.action(name(DraftOrderState::Retrying)), None);
    assert_eq!(Reason::LeaseExpired.action(name(DraftOrderState::Dead)), Some("POSTING_DEAD"));
    assert_eq!(Reason::Problem("UNKNOWN_ITEM").action("HELD"), None);
}

/// Steps that are decisions wherever they lead.
const DECISIONS: [&str; 15] = [
    "APPROVAL_KEPT",
    "APPROVED",
    "APPROVED_BY_RULE",
    "CANCELLED",
    "COVERED",
    "DECLINED",
    "EDITED",
    "EXPIRED",
    "LATE_EVIDENCE",
    "LATE_REPORT",
    "POSTED_TWICE",
    "RELEASED",
    "REPORTED",
    "REQUEUED",
    "RETRY_REPORTED",
];

/// Each decision is in the chain once.
pub async fn check_chain(world: &World) {
    // What is sealed or given up in time has no step of its own name.
    let is_timely =
        |entry: &AuditEntry| entry.connection.is_empty() && matches!(entry.action.as_str(), "SEALED" | "POSTING_DEAD" | "PLANNING_MODE");
    let at = |time: Option<prost_types::Timestamp>| time.map(|at| (at.seconds, at.nanos));
    let steps = world.all::<Step>().await.into_iter().map(|(_, step)| step);
    let mut made: Vec<_> =
        steps.filter(|step| DECISIONS.contains(&step.reason.as_str())).map(|step| (step.subject, at(step.time))).collect();
    let chain = world.chain().await.into_iter();
    let mut told: Vec<_> = chain.filter(|entry| !is_timely(entry)).map(|entry| (entry.key, at(entry.time))).collect();
    made.sort();
    told.sort();
    assert_eq!(told, made);
}
