//! The verbs of governance.

use super::{
    apply::applied,
    tokens::{created, revoked, rotated},
};
use crate::app::say::{acknowledge, comment, resolve};
use crossdock_proto::governance::{
    AcknowledgeExceptionRequest, AcknowledgeExceptionResponse, ApplyPolicyRequest, ApplyPolicyResponse, CommentExceptionRequest,
    CommentExceptionResponse, CreateTokenRequest, CreateTokenResponse, ResolveExceptionRequest, ResolveExceptionResponse,
    RevokeTokenRequest, RevokeTokenResponse, RotateTokenRequest, RotateTokenResponse,
    governance_service_server::{GovernanceService, GovernanceServiceServer},
};
use crossdock_records::{Origin, Policy};
use crossdock_rpc::{Caller, Handle, once, status};
use crossdock_store::Tx;
use tonic::{Request, Response, Status, service::Routes};

struct Verbs {
    handle: Handle,
    has_file: bool,
}

/// The routes of the verbs; where the policy comes from a file, it comes from nobody else.
pub fn routes(handle: &Handle, has_file: bool) -> Routes {
    Routes::new(GovernanceServiceServer::new(Verbs { handle: handle.clone(), has_file }))
}

#[tonic::async_trait]
impl GovernanceService for Verbs {
    async fn acknowledge_exception(
        &self,
        call: Request<AcknowledgeExceptionRequest>,
    ) -> Result<Response<AcknowledgeExceptionResponse>, Status> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let verb = |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &AcknowledgeExceptionRequest| {
            Ok(AcknowledgeExceptionResponse { exception: Some(acknowledge(tx, policy, origin, asked)?) })
        };
        let request = ("AcknowledgeException", asked.request_id.clone(), asked);
        once(&self.handle, caller, request, verb).await.map(Response::new).map_err(status)
    }

    async fn comment_exception(&self, call: Request<CommentExceptionRequest>) -> Result<Response<CommentExceptionResponse>, Status> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let verb = |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &CommentExceptionRequest| {
            Ok(CommentExceptionResponse { exception: Some(comment(tx, policy, origin, asked)?) })
        };
        let request = ("CommentException", asked.request_id.clone(), asked);
        once(&self.handle, caller, request, verb).await.map(Response::new).map_err(status)
    }

    async fn resolve_exception(&self, call: Request<ResolveExceptionRequest>) -> Result<Response<ResolveExceptionResponse>, Status> {
        let caller = Caller::of(&call)?;
        let asked = call.into_inner();
        let verb = |tx: &mut Tx<'_>, policy: &Policy, origin: &Origin, asked: &ResolveExceptionRequest| {
            Ok(ResolveExceptionResponse { exception: Some(resolve(tx, policy, origin, asked)?) })
        };
        let request = ("ResolveException", asked.request_id.clone(), asked);
        once(&self.handle, caller, request, verb).await.map(Response::new).map_err(status)
    }

    async fn create_token(&self, call: Request<CreateTokenRequest>) -> Result<Response<CreateTokenResponse>, Status> {
        let caller = Caller::of(&call)?;
        created(&self.handle, caller, call.into_inner()).await.map(Response::new).map_err(status)
    }

    async fn rotate_token(&self, call: Request<RotateTokenRequest>) -> Result<Response<RotateTokenResponse>, Status> {
        let caller = Caller::of(&call)?;
        rotated(&self.handle, caller, call.into_inner()).await.map(Response::new).map_err(status)
    }

    async fn revoke_token(&self, call: Request<RevokeTokenRequest>) -> Result<Response<RevokeTokenResponse>, Status> {
        let caller = Caller::of(&call)?;
        revoked(&self.handle, caller, call.into_inner()).await.map(Response::new).map_err(status)
    }

    async fn apply_policy(&self, call: Request<ApplyPolicyRequest>) -> Result<Response<ApplyPolicyResponse>, Status> {
        applied(&self.handle, self.has_file, call.into_inner()).await.map(Response::new).map_err(status)
    }
}
