//! The verbs as they are called: once per request id.

use super::{
    samples::{L1, buyer, erp, said, seen, today},
    world::World,
};
use crate::{kinds, wire::verbs::Verbs};
use crossdock_proto::writeback::{
    self as contract, DraftOrderState, LineOutcome, PlanningModeKind, writeback_service_server::WritebackService,
};
use crossdock_records::Origin;
use crossdock_rpc::{Bounds, Caller, Handle, Limits};
use std::sync::Arc;
use tonic::{Code, Request};

fn by<T>(origin: Origin, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Caller(Arc::new(origin)));
    request
}

async fn verbs(world: &World) -> Verbs {
    let handle =
        Handle::start("recommendation-writeback", world.store.clone(), Arc::new(kinds().unwrap()), &Bounds::new(Limits::default()))
            .await
            .unwrap();
    handle.policy.send_replace(Arc::clone(&world.policy));
    Verbs(handle)
}

#[test]
fn the_same_request_again_has_the_first_answer() {
    World::by_persons(async |mut world| {
        let key = L1;
        let line = world.line(today("24")).await;
        let approve = contract::ApproveRequest { request_id: "a".into(), seen: vec![seen(key, &line.etag)], note: String::new() };
        let first = verbs(&world).await.approve(by(buyer("ann"), approve.clone())).await.unwrap().into_inner();
        assert!(first.decided[0].refused.is_none());
        world.restart().await;
        let verbs = verbs(&world).await;
        assert_eq!(verbs.approve(by(buyer("ann"), approve)).await.unwrap().into_inner(), first, "and not NOT_PENDING");

        let draft = world.status(key).await.draft;
        let release =
            contract::ReleaseDraftOrderRequest { request_id: "b".into(), posting_key: draft.clone(), etag: world.draft(&draft).await.etag };
        assert_eq!(verbs.release_draft_order(by(buyer(""), release.clone())).await.unwrap_err().code(), Code::InvalidArgument);
        let released = verbs.release_draft_order(by(buyer("ann"), release)).await.unwrap().into_inner();
        assert_eq!(released.draft_order.unwrap().state(), DraftOrderState::Sealed);

        let lease = |id: &str| contract::LeaseDraftOrdersRequest { request_id: id.into(), ..contract::LeaseDraftOrdersRequest::default() };
        let leased = verbs.lease_draft_orders(by(erp(), lease("c"))).await.unwrap().into_inner().draft_orders;
        let again = verbs.lease_draft_orders(by(erp(), lease("c"))).await.unwrap().into_inner().draft_orders;
        assert_eq!((leased.len(), &leased), (1, &again), "the answer was lost: the same leases");
        assert!(verbs.lease_draft_orders(by(erp(), lease("d"))).await.unwrap().into_inner().draft_orders.is_empty());

        let report = contract::ReportPostingRequest {
            request_id: "e".into(),
            posting_key: draft.clone(),
            token: 1,
            lines: vec![said(1, LineOutcome::Posted, &[("PO-1", "10", "24")])],
        };
        let first = verbs.report_posting(by(erp(), report.clone())).await.unwrap().into_inner();
        assert_eq!(verbs.report_posting(by(erp(), report.clone())).await.unwrap().into_inner(), first);
        let other = contract::ReportPostingRequest { token: 2, ..report };
        assert_eq!(
            verbs.report_posting(by(erp(), other)).await.unwrap_err().code(),
            Code::InvalidArgument,
            "another request under this id"
        );
        assert_eq!(world.draft(&draft).await.reports, 1);
    });
}

#[test]
fn a_planning_mode_is_set_and_given_back() {
    World::run(async |world| {
        let verbs = verbs(&world).await;
        let set = |id: &str, connection: &str, kind: PlanningModeKind| contract::SetPlanningModeRequest {
            request_id: id.into(),
            connection: connection.into(),
            kind: kind.into(),
            note: "the planner's data is wrong".into(),
        };
        let ops = || Origin { connection: "ops".into(), principal: "olga".into(), ..Origin::default() };
        let mode = verbs.set_planning_mode(by(ops(), set("a", "apo", PlanningModeKind::Hold))).await.unwrap().into_inner().mode.unwrap();
        assert_eq!((mode.kind(), mode.set_by.as_str()), (PlanningModeKind::Hold, "olga"));
        let back = verbs.set_planning_mode(by(ops(), set("b", "apo", PlanningModeKind::Unspecified))).await.unwrap();
        let back = back.into_inner().mode.unwrap();
        assert_eq!((back.kind(), back.set_by.as_str()), (PlanningModeKind::Hold, ""), "until the policy is looked at");
        assert_eq!(verbs.set_planning_mode(by(ops(), set("c", "erp", PlanningModeKind::Hold))).await.unwrap_err().code(), Code::NotFound);
        let nobody = Origin { connection: "ops".into(), ..Origin::default() };
        let refused = verbs.set_planning_mode(by(nobody, set("d", "apo", PlanningModeKind::Hold))).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    });
}
