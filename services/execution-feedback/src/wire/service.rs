//! The verbs of execution: from the contract's questions to those of `app`, and back.

use super::journey;
use crate::app::{performance, scheduled};
use crossdock_core::{Error, Result};
use crossdock_proto::execution::{self as contract, execution_service_server::ExecutionService};
use crossdock_records::{Parse, Reader, day, page_size};
use crossdock_rpc::{Asked, Caller, Handle, View, status};
use crossdock_store::Read;
use tonic::{Request, Response, Status};

/// Kinds that open supply and performance are made of.
const SOURCES: [&str; 6] = ["supply_order", "confirmation", "shipment", "milestone", "receipt", "disruption"];

/// The verbs of this service.
#[derive(Clone)]
pub struct Verbs {
    handle: Handle,
}

impl Verbs {
    /// Of this running service.
    pub fn new(handle: Handle) -> Self {
        Self { handle }
    }

    fn view<T>(&self, call: &Request<T>) -> Result<View, Status> {
        View::of(&self.handle, &Caller::of(call)?).map_err(status)
    }

    async fn scheduled(
        &self,
        view: View,
        request: contract::ListScheduledReceiptsRequest,
    ) -> Result<contract::ListScheduledReceiptsResponse> {
        let question = scheduled::Question { locations: request.location_ids, items: request.item_ids };
        let asked = Asked { name: "scheduled", kinds: SOURCES.into(), size: page_size(request.page_size)?, token: request.page_token };
        let look = move |read: &mut Read<'_>, reader: &Reader, size: usize, token: &str| question.page(read, reader, size, token);
        let page = view.page(&self.handle.store, asked, look).await?;
        let (receipts, next_page_token, completeness) = (page.rows, page.next, page.completeness);
        Ok(contract::ListScheduledReceiptsResponse { receipts, next_page_token, completeness })
    }

    async fn performance(&self, view: View, request: contract::ListPerformanceRequest) -> Result<contract::ListPerformanceResponse> {
        let mut parse = Parse::new("", "");
        let from = parse.optional_date("from", request.from.as_ref()).flatten();
        if let Some(violation) = parse.finish().0.into_iter().next() {
            return Err(Error::field(violation));
        }
        let question = performance::Question { suppliers: request.supplier_ids, from: from.map_or(i64::MIN, day) };
        let asked = Asked { name: "performance", kinds: SOURCES.into(), size: page_size(request.page_size)?, token: request.page_token };
        let look = move |read: &mut Read<'_>, reader: &Reader, size: usize, token: &str| question.page(read, reader, size, token);
        let page = view.page(&self.handle.store, asked, look).await?;
        let (performances, next_page_token, completeness) = (page.rows, page.next, page.completeness);
        Ok(contract::ListPerformanceResponse { performances, next_page_token, completeness })
    }
}

#[tonic::async_trait]
impl ExecutionService for Verbs {
    async fn list_scheduled_receipts(
        &self,
        request: Request<contract::ListScheduledReceiptsRequest>,
    ) -> Result<Response<contract::ListScheduledReceiptsResponse>, Status> {
        self.scheduled(self.view(&request)?, request.into_inner()).await.map(Response::new).map_err(status)
    }

    async fn list_performance(
        &self,
        request: Request<contract::ListPerformanceRequest>,
    ) -> Result<Response<contract::ListPerformanceResponse>, Status> {
        self.performance(self.view(&request)?, request.into_inner()).await.map(Response::new).map_err(status)
    }

    async fn get_journey(&self, request: Request<contract::GetJourneyRequest>) -> Result<Response<contract::GetJourneyResponse>, Status> {
        let view = self.view(&request)?;
        let recommendation = request.into_inner().recommendation;
        journey::journey(&self.handle, &view, &recommendation).await.map(Response::new).map_err(status)
    }
}
