//! The verbs: each runs once per request id, in one transaction.

use crate::app::{approve, edit, lease, report, resolve, seal, set_mode, settle};
use crossdock_core::Result as Outcome;
use crossdock_proto::writeback::{
    self as contract,
    writeback_service_server::{WritebackService, WritebackServiceServer},
};
use crossdock_records::{Origin, Policy, derive};
use crossdock_rpc::{Caller, Handle, MAX_MESSAGE, once, status};
use crossdock_store::Tx;
use crossdock_telemetry::{names, trace};
use tonic::{Request, Response, Status, service::Routes};

/// The verbs of one running service.
pub struct Verbs(pub Handle);

/// The routes of the verbs.
pub fn routes(handle: &Handle) -> Routes {
    let verbs = WritebackServiceServer::new(Verbs(handle.clone()));
    Routes::new(verbs.max_encoding_message_size(MAX_MESSAGE))
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl WritebackService for Verbs {
    async fn approve(&self, call: Request<contract::ApproveRequest>) -> Answer<contract::ApproveResponse> {
        let (caller, asked) = (Caller::of(&call)?, call.into_inner());
        let verb = |tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &contract::ApproveRequest| -> Outcome<_> {
            Ok(contract::ApproveResponse { decided: approve::approve(tx, policy, by, asked)? })
        };
        once(&self.0, caller, ("Approve", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn decline(&self, call: Request<contract::DeclineRequest>) -> Answer<contract::DeclineResponse> {
        let (caller, asked) = (Caller::of(&call)?, call.into_inner());
        let verb = |tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &contract::DeclineRequest| -> Outcome<_> {
            Ok(contract::DeclineResponse { decided: approve::decline(tx, policy, by, asked)? })
        };
        once(&self.0, caller, ("Decline", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn edit_recommendation(
        &self,
        call: Request<contract::EditRecommendationRequest>,
    ) -> Answer<contract::EditRecommendationResponse> {
        let (caller, asked) = (Caller::of(&call)?, call.into_inner());
        trace::note(names::RECOMMENDATION, &asked.recommendation);
        let verb = |tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &contract::EditRecommendationRequest| -> Outcome<_> {
            Ok(contract::EditRecommendationResponse { recommendation: Some(edit::edit(tx, policy, by, asked)?) })
        };
        once(&self.0, caller, ("EditRecommendation", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn settle_recommendation(
        &self,
        call: Request<contract::SettleRecommendationRequest>,
    ) -> Answer<contract::SettleRecommendationResponse> {
        let (caller, asked) = (Caller::of(&call)?, call.into_inner());
        trace::note(names::RECOMMENDATION, &asked.recommendation);
        let verb = |tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &contract::SettleRecommendationRequest| -> Outcome<_> {
            Ok(contract::SettleRecommendationResponse { recommendation: Some(settle::settle(tx, policy, by, asked)?) })
        };
        once(&self.0, caller, ("SettleRecommendation", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn release_draft_order(&self, call: Request<contract::ReleaseDraftOrderRequest>) -> Answer<contract::ReleaseDraftOrderResponse> {
        let (caller, asked) = (Caller::of(&call)?, call.into_inner());
        trace::note(names::ORDER, &asked.posting_key);
        let verb = |tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &contract::ReleaseDraftOrderRequest| -> Outcome<_> {
            Ok(contract::ReleaseDraftOrderResponse { draft_order: Some(derive(tx, &by.trace, |to| seal::release(to, policy, by, asked))?) })
        };
        once(&self.0, caller, ("ReleaseDraftOrder", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn lease_draft_orders(&self, call: Request<contract::LeaseDraftOrdersRequest>) -> Answer<contract::LeaseDraftOrdersResponse> {
        let (caller, asked) = (Caller::of(&call)?, call.into_inner());
        let verb = |tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &contract::LeaseDraftOrdersRequest| -> Outcome<_> {
            Ok(contract::LeaseDraftOrdersResponse { draft_orders: lease::lease(tx, policy, by, asked)? })
        };
        once(&self.0, caller, ("LeaseDraftOrders", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn report_posting(&self, call: Request<contract::ReportPostingRequest>) -> Answer<contract::ReportPostingResponse> {
        let (caller, asked) = (Caller::of(&call)?, call.into_inner());
        trace::note(names::ORDER, &asked.posting_key);
        let verb = |tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &contract::ReportPostingRequest| -> Outcome<_> {
            let (draft, late) = derive(tx, &by.trace, |to| report::report(to, policy, by, asked))?;
            Ok(contract::ReportPostingResponse { draft_order: Some(draft), late })
        };
        once(&self.0, caller, ("ReportPosting", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn resolve_draft_order(&self, call: Request<contract::ResolveDraftOrderRequest>) -> Answer<contract::ResolveDraftOrderResponse> {
        let (caller, asked) = (Caller::of(&call)?, call.into_inner());
        trace::note(names::ORDER, &asked.posting_key);
        let verb = |tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &contract::ResolveDraftOrderRequest| -> Outcome<_> {
            let draft_order = derive(tx, &by.trace, |to| resolve::resolve(to, policy, by, asked))?;
            Ok(contract::ResolveDraftOrderResponse { draft_order: Some(draft_order) })
        };
        once(&self.0, caller, ("ResolveDraftOrder", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }

    async fn set_planning_mode(&self, call: Request<contract::SetPlanningModeRequest>) -> Answer<contract::SetPlanningModeResponse> {
        let (caller, asked) = (Caller::of(&call)?, call.into_inner());
        let verb = |tx: &mut Tx<'_>, policy: &Policy, by: &Origin, asked: &contract::SetPlanningModeRequest| -> Outcome<_> {
            Ok(contract::SetPlanningModeResponse { mode: Some(derive(tx, &by.trace, |to| set_mode::set(to, policy, by, asked))?) })
        };
        once(&self.0, caller, ("SetPlanningMode", asked.request_id.clone(), asked), verb).await.map(Response::new).map_err(status)
    }
}
