//! The verbs of governance.

use crate::app::say::{acknowledge, comment, resolve};
use crossdock_proto::governance::{
    AcknowledgeExceptionRequest, AcknowledgeExceptionResponse, CommentExceptionRequest, CommentExceptionResponse, ResolveExceptionRequest,
    ResolveExceptionResponse,
    governance_service_server::{GovernanceService, GovernanceServiceServer},
};
use crossdock_records::{Origin, Policy};
use crossdock_rpc::{Caller, Handle, MAX_MESSAGE, once, status};
use crossdock_store::Tx;
use tonic::{Request, Response, Status, service::Routes};

struct Verbs(Handle);

/// The routes of the verbs.
pub fn routes(handle: &Handle) -> Routes {
    Routes::new(GovernanceServiceServer::new(Verbs(handle.clone())).max_decoding_message_size(MAX_MESSAGE))
}

#[tonic::async_trait]
impl GovernanceService for Verbs {
    async fn acknowledge_exception(
        &self,
        call: Request<AcknowledgeExceptionRequest>,
    ) -> Result<Response<AcknowledgeExceptionResponse>, Status> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let verb = |tx: &mut Tx<'_>, _: &Policy, origin: &Origin, asked: &AcknowledgeExceptionRequest| {
            Ok(AcknowledgeExceptionResponse { exception: Some(acknowledge(tx, origin, asked)?) })
        };
        let request = ("AcknowledgeException", asked.request_id.clone(), asked);
        once(&self.0, caller, request, verb).await.map(Response::new).map_err(status)
    }

    async fn comment_exception(&self, call: Request<CommentExceptionRequest>) -> Result<Response<CommentExceptionResponse>, Status> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let verb = |tx: &mut Tx<'_>, _: &Policy, origin: &Origin, asked: &CommentExceptionRequest| {
            Ok(CommentExceptionResponse { exception: Some(comment(tx, origin, asked)?) })
        };
        let request = ("CommentException", asked.request_id.clone(), asked);
        once(&self.0, caller, request, verb).await.map(Response::new).map_err(status)
    }

    async fn resolve_exception(&self, call: Request<ResolveExceptionRequest>) -> Result<Response<ResolveExceptionResponse>, Status> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let verb = |tx: &mut Tx<'_>, _: &Policy, origin: &Origin, asked: &ResolveExceptionRequest| {
            Ok(ResolveExceptionResponse { exception: Some(resolve(tx, origin, asked)?) })
        };
        let request = ("ResolveException", asked.request_id.clone(), asked);
        once(&self.0, caller, request, verb).await.map(Response::new).map_err(status)
    }
}
