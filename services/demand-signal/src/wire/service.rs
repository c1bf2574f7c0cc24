//! The verbs of demand and stock: from the contract's questions to those of `app`, and back.

use super::{date, measure};
use crate::{
    app::{accuracy, forecasts, history, inventory, progress},
    model::{
        bucket::{self, Bucketing, FiscalYear, WeekStart},
        forecast::Forecast,
        history::{Class, Measure, Mode},
        inventory_position::InventoryPosition,
    },
};
use crossdock_core::{Error, Micro, Result};
use crossdock_proto::{
    demand::{self as contract, demand_service_server::DemandService},
    types::Date,
};
use crossdock_records::{Parse, Part, Reader, Sight, completeness, day, message, page_size};
use crossdock_rpc::{Asked, Caller, Handle, View, status};
use crossdock_store::{Read, Store};
use std::pin::Pin;
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

/// Parts of a history that wait for a slow reader.
const WAITING: usize = 4;
/// Kinds that history is made of.
const HISTORIC: [&str; 4] = ["demand_line", "fulfilment", "customer_return", "lost_sale"];
/// Kinds that stock is made of.
const STOCK: [&str; 2] = ["movement", "inventory_snapshot"];
/// First and last day there is: 1900-01-01 and 2200-12-31.
const DAYS: (i64, i64) = (-25_567, 84_371);

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

    async fn history(&self, view: View, request: contract::ListHistoryRequest) -> Result<HistoryStream> {
        let question = question(&request)?;
        let since = if request.since_cursor.is_empty() { None } else { Some(view.take_cursor(&request.since_cursor)?) };
        let sight = view.clone();
        let begin = move |read: &mut Read<'_>| {
            // The cursor first: what changes while the walk goes on is reported again by the next question, never lost.
            let completeness = sight.completeness(read, &HISTORIC)?;
            let walk = match since {
                None => history::Walk::all(read, question)?,
                Some(since) => history::Walk::since(read, question, since)?,
            };
            Ok((completeness, walk))
        };
        let (completeness, walk) = self.handle.store.read("history", begin).await.map_err(|error| view.told(error))?;
        let (sender, parts) = mpsc::channel(WAITING);
        let head = contract::ListHistoryResponse { completeness: Some(completeness), series: Vec::new() };
        tokio::spawn(send((self.handle.store.clone(), view), walk, head, sender));
        Ok(Box::pin(ReceiverStream::new(parts)))
    }

    async fn progress(
        &self,
        view: View,
        request: contract::BatchGetDemandProgressRequest,
    ) -> Result<contract::BatchGetDemandProgressResponse> {
        let look = move |read: &mut Read<'_>| progress::progress(read, view.reader(), request.demand_lines);
        let found = self.handle.store.read("progress", look).await?;
        let progress = found.into_iter().map(|(line, progress)| told_progress(line, &progress)).collect();
        Ok(contract::BatchGetDemandProgressResponse { progress })
    }

    async fn inventory(&self, view: View, request: contract::ListInventoryRequest) -> Result<contract::ListInventoryResponse> {
        let statuses = inventory::Question::statuses(request.statuses());
        let question = inventory::Question { locations: request.location_ids, items: request.item_ids, statuses };
        let asked = Asked { name: "inventory", kinds: STOCK.into(), size: page_size(request.page_size)?, token: request.page_token };
        let look = move |read: &mut Read<'_>, reader: &Reader, size: usize, token: &str| question.page(read, reader, size, token);
        let page = view.page(&self.handle.store, asked, look).await?;
        Ok(contract::ListInventoryResponse {
            positions: page.rows.iter().filter_map(message::<InventoryPosition>).collect(),
            next_page_token: page.next,
            completeness: page.completeness,
        })
    }

    async fn forecasts(&self, view: View, request: contract::ListForecastsRequest) -> Result<contract::ListForecastsResponse> {
        let question = forecasts::Question { locations: request.location_ids, items: request.item_ids };
        let asked = Asked { name: "forecasts", kinds: vec!["forecast"], size: page_size(request.page_size)?, token: request.page_token };
        let look = move |read: &mut Read<'_>, reader: &Reader, size: usize, token: &str| question.page(read, reader, size, token);
        let page = view.page(&self.handle.store, asked, look).await?;
        let value = |(run, record)| contract::ForecastValue { run, forecast: message::<Forecast>(&record) };
        Ok(contract::ListForecastsResponse {
            values: page.rows.into_iter().map(value).collect(),
            next_page_token: page.next,
            completeness: page.completeness,
        })
    }

    async fn accuracy(&self, view: View, request: contract::ListForecastAccuracyRequest) -> Result<contract::ListForecastAccuracyResponse> {
        let read = move |read: &mut Read<'_>| {
            let told = view.completeness(read, &HISTORIC)?;
            // Periods are over for everybody alike.
            let closed = accuracy::closed_until(&completeness(read, &Sight::service(), &HISTORIC)?);
            let scores = accuracy::scores(read, view.reader(), &request.run, closed)?;
            let accuracies = scores.scores.iter().map(|(group, score)| told_score(&request.run, group, score)).collect();
            Ok(contract::ListForecastAccuracyResponse { accuracies, open_periods: scores.open, completeness: Some(told) })
        };
        self.handle.store.read("accuracy", read).await
    }
}

type HistoryStream = Pin<Box<dyn Stream<Item = Result<contract::ListHistoryResponse, Status>> + Send>>;

#[tonic::async_trait]
impl DemandService for Verbs {
    type ListHistoryStream = HistoryStream;

    async fn list_history(&self, request: Request<contract::ListHistoryRequest>) -> Result<Response<HistoryStream>, Status> {
        self.history(self.view(&request)?, request.into_inner()).await.map(Response::new).map_err(status)
    }

    async fn batch_get_demand_progress(
        &self,
        request: Request<contract::BatchGetDemandProgressRequest>,
    ) -> Result<Response<contract::BatchGetDemandProgressResponse>, Status> {
        self.progress(self.view(&request)?, request.into_inner()).await.map(Response::new).map_err(status)
    }

    async fn list_inventory(
        &self,
        request: Request<contract::ListInventoryRequest>,
    ) -> Result<Response<contract::ListInventoryResponse>, Status> {
        self.inventory(self.view(&request)?, request.into_inner()).await.map(Response::new).map_err(status)
    }

    async fn list_forecasts(
        &self,
        request: Request<contract::ListForecastsRequest>,
    ) -> Result<Response<contract::ListForecastsResponse>, Status> {
        self.forecasts(self.view(&request)?, request.into_inner()).await.map(Response::new).map_err(status)
    }

    async fn list_forecast_accuracy(
        &self,
        request: Request<contract::ListForecastAccuracyRequest>,
    ) -> Result<Response<contract::ListForecastAccuracyResponse>, Status> {
        self.accuracy(self.view(&request)?, request.into_inner()).await.map(Response::new).map_err(status)
    }
}

/// Sends the head and then page by page, as fast as the reader reads.
async fn send(
    (store, view): (Store, View),
    walk: history::Walk,
    head: contract::ListHistoryResponse,
    parts: mpsc::Sender<Result<contract::ListHistoryResponse, Status>>,
) {
    if parts.send(Ok(head)).await.is_err() {
        return;
    }
    let mut next = Some(walk);
    while let Some(mut walk) = next {
        let view = view.clone();
        let step = move |read: &mut Read<'_>| {
            let Some(series) = walk.step(read)? else { return Ok((None, walk)) };
            let at = |series: &history::Series| Part { location: Some(series.place.location.clone()), ..Part::default() };
            Ok((Some(view.reader().covered(read, series, at)?), walk))
        };
        let page = store.read("history", step).await;
        let part = match page {
            Ok((Some(series), walk)) => {
                next = Some(walk);
                if series.is_empty() {
                    continue;
                }
                Ok(contract::ListHistoryResponse { completeness: None, series: series.into_iter().map(told_series).collect() })
            }
            Ok((None, _)) => return,
            Err(error) => {
                next = None;
                Err(status(error))
            }
        };
        if parts.send(part).await.is_err() {
            return;
        }
    }
}

fn question(request: &contract::ListHistoryRequest) -> Result<history::Question> {
    let mut parse = Parse::new("", "");
    let from = parse.optional_date("from", request.from.as_ref()).flatten();
    let to = parse.optional_date("to", request.to.as_ref()).flatten();
    let size = parse.choice("bucket_size", request.bucket_size);
    let fiscal = fiscal(&mut parse, request.fiscal_year.as_ref());
    let unknown = |value: &i32| contract::Measure::try_from(*value).ok().and_then(measure).is_none();
    if let Some(value) = request.measures.iter().find(|value| unknown(value)) {
        parse.bad::<()>("measures", "UNKNOWN_VALUE", value.to_string(), "must be a measure of the contract");
    }
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        parse.bad::<()>("to", "DATE_ORDER", to.to_string(), format!("must not be before the first day, {from}"));
    }
    let (violations, _) = parse.finish();
    match (violations.into_iter().next(), size, fiscal) {
        (None, Some(size), Some(fiscal)) => Ok(history::Question {
            locations: request.location_ids.clone(),
            items: request.item_ids.clone(),
            measures: request.measures().filter_map(measure).collect(),
            days: (from.map_or(DAYS.0, day), to.map_or(DAYS.1, day)),
            bucketing: bucketing(size, fiscal),
        }),
        (Some(violation), _, _) => Err(Error::field(violation)),
        (None, _, _) => Err(Error::invalid("MALFORMED_REQUEST", "the request cannot be read")),
    }
}

fn bucketing(size: contract::BucketSize, fiscal: FiscalYear) -> Bucketing {
    match size {
        contract::BucketSize::Unspecified | contract::BucketSize::Day => Bucketing::Day,
        contract::BucketSize::IsoWeek => Bucketing::Week(WeekStart::Monday),
        contract::BucketSize::SundayWeek => Bucketing::Week(WeekStart::Sunday),
        contract::BucketSize::Month => Bucketing::Month,
        contract::BucketSize::FourFourFive => Bucketing::FourFourFive(fiscal),
    }
}

fn fiscal(parse: &mut Parse<'_>, year: Option<&contract::FiscalYear>) -> Option<FiscalYear> {
    let year = year.copied().unwrap_or_default();
    let or_one = |value: i32| if value == 0 { Some(1) } else { i8::try_from(value).ok() };
    let weeks = if year.sunday { WeekStart::Sunday } else { WeekStart::Monday };
    let made = || FiscalYear::new(or_one(year.month)?, or_one(year.day)?, weeks);
    made().or_else(|| {
        let value = format!("{:02}-{:02}", year.month, year.day);
        parse.bad("fiscal_year", "IMPOSSIBLE_DATE", value, "must be a month from 1 to 12 and a day from 1 to 28")
    })
}

fn told_series(series: history::Series) -> contract::HistorySeries {
    contract::HistorySeries {
        location_id: series.place.location,
        item_id: series.place.item,
        buckets: series.buckets.iter().map(told_bucket).collect(),
    }
}

fn told_bucket(bucket: &history::Bucket) -> contract::HistoryBucket {
    let (class, mode) = bucket.class;
    contract::HistoryBucket {
        measure: told_measure(bucket.measure).into(),
        demand_class: match class {
            Class::Regular => contract::DemandClass::Regular,
            Class::Promotion => contract::DemandClass::Promotion,
            Class::Project => contract::DemandClass::Project,
        }
        .into(),
        supply_mode: match mode {
            Mode::Stock => contract::SupplyMode::Stock,
            Mode::DropShip => contract::SupplyMode::DropShip,
            Mode::BackToBack => contract::SupplyMode::BackToBack,
        }
        .into(),
        start: Some(told_day(bucket.span.0)),
        end: Some(told_day(bucket.span.1)),
        quantity: bucket.amount.to_string(),
    }
}

fn told_day(of: i64) -> Date {
    date(bucket::date(of))
}

fn told_measure(measure: Measure) -> contract::Measure {
    match measure {
        Measure::Ordered => contract::Measure::Ordered,
        Measure::Requested => contract::Measure::Requested,
        Measure::Shipped => contract::Measure::Shipped,
        Measure::Returned => contract::Measure::Returned,
        Measure::CancelledByCustomer => contract::Measure::CancelledByCustomer,
        Measure::CancelledBySupply => contract::Measure::CancelledBySupply,
        Measure::Lost => contract::Measure::Lost,
    }
}

fn told_progress(demand_line: String, progress: &progress::Progress) -> contract::DemandProgress {
    let text = |amount: Option<Micro>| amount.map(|amount| amount.to_string()).unwrap_or_default();
    contract::DemandProgress {
        demand_line,
        ordered: text(progress.order.map(|(ordered, _)| ordered)),
        shipped: progress.total().to_string(),
        open: text(progress.open()),
        over: text(progress.over()),
        in_full_by_requested_date: progress.in_full(),
        requested_date: progress.order.map(|(_, requested)| date(requested)),
        last_ship_date: progress.shipped.last().map(|(last, _)| date(*last)),
    }
}

fn told_score(
    run: &str,
    (location, class, of, lag): &accuracy::Group,
    score: &crate::model::accuracy::Score,
) -> contract::ForecastAccuracy {
    let text = |amount: Option<Micro>| amount.map(|amount| amount.to_string()).unwrap_or_default();
    contract::ForecastAccuracy {
        run: run.to_owned(),
        location_id: location.clone(),
        abc_class: class.clone(),
        lag_days: *lag,
        measure: told_measure(*of).into(),
        periods: score.periods,
        forecast: score.forecast.to_string(),
        actual: score.actual.to_string(),
        absolute_error: score.absolute_error.to_string(),
        wape: text(score.wape()),
        bias: text(score.bias()),
    }
}
