//! The planner: reads what Crossdock knows, forecasts honestly and simply, orders up to a level, and changes orders that come too late, too early or for
//! nothing.

mod change;
mod forecast;
mod read;
mod recommend;

use crate::{
    Result,
    client::Client,
    days,
    outgoing::Outgoing,
    party::Moment,
    world::{CENTRES, World},
};
use crossdock_core::TraceParent;
use crossdock_proto::{
    Record,
    operations::{Basis, Set, SetPurpose, SetScope},
    writeback::{RecommendationState, RecommendationStatus},
};
use crossdock_telemetry::trace::{context, link};
use jiff::civil::{Date, date};
use read::Picture;
pub use read::wanted;
use std::collections::{BTreeMap, BTreeSet};
use tracing::{Instrument, Span, debug_span};

/// Connection of the planner.
pub const PLANNER: &str = "planner";
/// Days on which nobody plans: Crossdock has to fall back.
const SILENT: [Date; 2] = [date(2011, 11, 19), date(2011, 11, 20)];
/// Days that a run plans for.
const HORIZON: i64 = 28;

/// The newest change of each order line, both by key.
type Asked = BTreeMap<String, String>;

/// The planner.
pub struct Planner {
    client: Client,
    /// The forecast run that counts.
    forecast: String,
    /// The trace in which it was sent.
    forecasted: Option<TraceParent>,
    asked: Asked,
    /// Runs that were begun and never committed.
    abandoned: u64,
    runs: u64,
}

impl Planner {
    /// With this way to Crossdock.
    pub fn new(client: Client) -> Self {
        Self { client, forecast: String::new(), forecasted: None, asked: Asked::new(), abandoned: 0, runs: 0 }
    }

    /// Runs committed, and runs that died.
    pub fn runs(&self) -> (u64, u64) {
        (self.runs, self.abandoned)
    }

    /// The nightly run; a forecast before it on Mondays, or when there is none.
    pub async fn night(&mut self, world: &World, moment: Moment) -> Result<()> {
        if SILENT.contains(&moment.day) {
            return Ok(());
        }
        let picture = Picture::read(&self.client, world, moment.day).await?;
        if self.forecast.is_empty() || moment.day.weekday() == jiff::civil::Weekday::Monday {
            let set = format!("FC-{}", moment.day);
            let values = forecast::values(world, &picture, &set, moment);
            let scope = SetScope { locations: CENTRES.iter().map(|centre| centre.id.to_owned()).collect(), ..SetScope::default() };
            let span = debug_span!(parent: None, "forecast", otel.name = "forecast", crossdock.connection = PLANNER, crossdock.key = set);
            self.forecasted = context(&span);
            self.send(&set, "forecast", scope, &picture, values, moment).instrument(span).await?;
            self.forecast = set;
        }
        let scope = SetScope { locations: CENTRES.iter().map(|centre| centre.id.to_owned()).collect(), ..SetScope::default() };
        self.plan(world, &picture, &format!("NIGHT-{}", moment.day), scope, moment).await
    }

    /// A run for one supplier in the middle of the day.
    pub async fn intraday(&mut self, world: &World, moment: Moment) -> Result<()> {
        let about = moment.day.to_string();
        if SILENT.contains(&moment.day) || !world.chance.holds(40, "intraday", &about) {
            return Ok(());
        }
        let supplier = world.chance.pick(&world.suppliers, "intraday of", &about);
        let picture = Picture::read(&self.client, world, moment.day).await?;
        let scope = SetScope { suppliers: vec![supplier.id.clone()], ..SetScope::default() };
        self.plan(world, &picture, &format!("DAY-{about}-{}", supplier.id), scope, moment).await
    }

    async fn plan(&mut self, world: &World, picture: &Picture, set: &str, scope: SetScope, moment: Moment) -> Result<()> {
        let taken = self.taken().await?;
        if world.chance.holds(12, "dies", set) {
            // It dies after a part of its lines. Nobody commits that set; another one is begun.
            let dead = format!("{set}-X");
            let (mut lines, _) = self.lines(world, picture, &taken, (&dead, &scope), moment)?;
            lines.truncate(lines.len() / 2);
            self.client.open(opened(&dead, "recommendation", scope.clone(), picture, moment)).await?;
            self.client.send(lines).await?;
            self.client.ledgers().add(PLANNER, [vec!["died", "recommendation", dead.as_str()]])?;
            self.abandoned += 1;
        }
        let (lines, asked) = self.lines(world, picture, &taken, (set, &scope), moment)?;
        let span = self.decided(set, &lines).await?;
        self.send(set, "recommendation", scope, picture, lines, moment).instrument(span).await?;
        self.asked.extend(asked);
        Ok(())
    }

    /// The trace of a run: linked to those of the demand that it is for, and of the forecast.
    async fn decided(&self, set: &str, lines: &[Outgoing]) -> Result<Span> {
        let span = debug_span!(parent: None, "plan", otel.name = "plan", crossdock.connection = PLANNER, crossdock.key = set);
        if !span.is_disabled() {
            let served = recommend::served(lines);
            let demand = self.client.get("demand_line", &served.iter().map(String::as_str).collect::<Vec<_>>()).await?;
            let traces: BTreeSet<String> = demand.into_iter().filter_map(|line| Some(line.envelope?.traceparent)).collect();
            traces
                .iter()
                .filter_map(|trace| TraceParent::parse(trace))
                .chain(self.forecasted)
                .for_each(|trace| link(&span, trace.as_bytes()));
        }
        Ok(span)
    }

    /// What a run says, and which order lines it changes by which of it.
    fn lines(
        &self,
        world: &World,
        picture: &Picture,
        taken: &BTreeSet<String>,
        run: (&str, &SetScope),
        moment: Moment,
    ) -> Result<(Vec<Outgoing>, Asked)> {
        let mut lines = recommend::lines(world, picture, &self.forecast, run, moment);
        let changes = change::lines(world, picture, taken, run, moment)?;
        let asked = changes.iter().map(|(order, line)| (order.clone(), line.key.clone())).collect();
        lines.extend(changes.into_iter().map(|(_, line)| line));
        Ok((lines, asked))
    }

    /// Order lines that were changed, are about to be, or for which a buyer wanted no change.
    async fn taken(&self) -> Result<BTreeSet<String>> {
        let keys: Vec<&str> = self.asked.values().map(String::as_str).collect();
        let is_taken = |(_, status): &(String, RecommendationStatus)| {
            use RecommendationState::{Declined, Drafted, PartiallyPosted, Posted};
            matches!(status.state(), Drafted | Posted | PartiallyPosted | Declined)
        };
        let found = self.client.get("recommendation_status", &keys).await?;
        let taken: BTreeSet<String> = found.iter().filter_map(Record::read).filter(is_taken).map(|(key, _)| key).collect();
        Ok(self.asked.iter().filter(|(_, change)| taken.contains(*change)).map(|(order, _)| order.clone()).collect())
    }

    async fn send(
        &mut self,
        set: &str,
        kind: &'static str,
        scope: SetScope,
        picture: &Picture,
        lines: Vec<Outgoing>,
        moment: Moment,
    ) -> Result<()> {
        self.client.open(opened(set, kind, scope, picture, moment)).await?;
        self.client.send(lines).await?;
        self.client.commit(kind, set).await?;
        self.client.ledgers().add(PLANNER, [vec!["run", kind, set]])?;
        self.runs += 1;
        Ok(())
    }
}

fn opened(set: &str, kind: &str, scope: SetScope, picture: &Picture, moment: Moment) -> Set {
    let basis = |(service, cursor): (&str, &String)| Basis { service: service.to_owned(), cursor: cursor.clone() };
    Set {
        set_key: set.to_owned(),
        kind: kind.to_owned(),
        purpose: SetPurpose::Run.into(),
        scope: Some(scope),
        as_of: days::stamp(moment.now),
        horizon_end: days::wire(days::after(moment.day, HORIZON)),
        basis: [("demand-signal", &picture.demand), ("execution-feedback", &picture.execution)].into_iter().map(basis).collect(),
        ..Set::default()
    }
}
