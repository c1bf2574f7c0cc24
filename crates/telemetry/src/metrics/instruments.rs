//! The table of all instruments.

use super::{Instrument, Kind};
use std::sync::{Mutex, atomic::AtomicUsize};

/// Most series of one process, as Prometheus counts them.
pub const SERIES: usize = 2_000;

const CALL: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const STATEMENT: &[f64] = &[0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 2.5];
/// From a minute to two weeks.
const BUSINESS: &[f64] = &[60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0, 259_200.0, 604_800.0, 1_209_600.0];
/// From two weeks early to two weeks late.
const DAYS: &[f64] = &[-1_209_600.0, -604_800.0, -259_200.0, -86_400.0, 0.0, 86_400.0, 259_200.0, 604_800.0, 1_209_600.0];
const SIZES: &[f64] = &[1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1000.0, 4000.0];

macro_rules! instruments {
    ($($id:ident $name:literal $kind:ident $(($buckets:ident))? $unit:literal [$($label:literal)*] $help:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $help)]
            pub static $id: Instrument = Instrument {
                name: $name,
                kind: Kind::$kind $(($buckets))?,
                unit: $unit,
                labels: &[$($label),*],
                help: $help,
                left: &LEFT,
                held: Mutex::new(Vec::new()),
            };
        )*
        /// All of them, in the order in which they are shown.
        pub static ALL: &[&Instrument] = &[$(&$id),*];
        /// What is beyond the limits is counted under `other`: that must always fit.
        const OTHERS: usize = 0 $(+ (Kind::$kind $(($buckets))?).series())*;
    };
}

static LEFT: AtomicUsize = AtomicUsize::new(SERIES - OTHERS);

instruments! {
    RPC_SERVER_DURATION "rpc.server.call.duration" Histogram(CALL) "s" ["rpc.method" "rpc.response.status_code"]
        "Duration of calls that this process answered";
    RPC_CLIENT_DURATION "rpc.client.call.duration" Histogram(CALL) "s" ["rpc.method" "rpc.response.status_code"]
        "Duration of calls to other services, in this process or elsewhere";
    DB_DURATION "db.client.operation.duration" Histogram(STATEMENT) "s" ["db.operation.name"] "Duration of statements, by their name";
    COMMIT_DURATION "crossdock.store.commit.duration" Histogram(STATEMENT) "s" ["service"]
        "Duration of commits, with all writes that wait for them";
    COMMIT_JOBS "crossdock.store.commit.jobs" Histogram(SIZES) "{job}" ["service"] "Requests written together in one commit";
    JOBS_WAITING "crossdock.store.jobs.waiting" Gauge "{job}" ["service" "queue"] "Requests that wait for the store, by queue: write, read or ingest";
    FEED_LAG "crossdock.feed.lag.positions" Gauge "{position}" ["service" "peer"]
        "How far the service is behind the end of a peer's feed, as far as the peer's pages say";
    FEED_AGE "crossdock.feed.lag" Gauge "s" ["service" "peer"]
        "Time since the last page or heartbeat from a peer; a peer that is well sends one every 10 seconds";
    STREAMS "crossdock.streams" Gauge "{stream}" ["rpc.method"] "Streams of Ingest and Watch that are open";
    AUTHENTICATION_FAILURES "crossdock.authentication.failures" Counter "{call}" ["service" "reason"]
        "Calls of strangers that were refused, by reason: missing, unreadable, certificate, token, expired, jwt, connection or unproven";
    CONNECTIONS "crossdock.connections" Gauge "{connection}" [] "Network connections that are open";
    CONNECTIONS_REFUSED "crossdock.connections.refused" Counter "{connection}" ["reason"]
        "Network connections that were closed before their first call, by reason: connections or address (too many, in all or of one address), or handshake";
    CERTIFICATE_EXPIRY "crossdock.tls.certificate.expiry" Gauge "s" ["of"]
        "When the first certificate of a file ends, in seconds since 1970: certificate, client_authorities or authorities";
    RETRIES "crossdock.retries" Counter "{retry}" ["service" "what"] "What had to be tried again: a task, a peer, a posting or a webhook";
    DROPPED "crossdock.telemetry.dropped" Counter "{item}" ["signal"] "Spans, logs, pushes of metrics and series that were dropped";
    BUILD_INFO "crossdock.build.info" Gauge "" ["version"] "1 for the version that runs";
    CPU_TIME "process.cpu.time" Counter "s" [] "Processor time used, by the system and by the program";
    MEMORY "process.memory.usage" Gauge "By" [] "Memory in use";
    FILE_DESCRIPTORS "process.open_file_descriptors" Gauge "{file_descriptor}" [] "Open files and connections";
    THREADS "process.threads" Gauge "{thread}" [] "Threads";
    START_TIME "process.start_time" Gauge "s" [] "When the process was started, in seconds since 1970";

    RECORDS "crossdock.records" Counter "{record}" ["kind" "outcome"]
        "Records taken in, by outcome: accepted, duplicate, superseded, parked or rejected; one that was parked is counted again when it leaves";
    PARKED "crossdock.parked" Gauge "{record}" ["service" "cause"] "Records that wait, by the kind of what they wait for, such as item";
    PARKED_AGE "crossdock.parked.oldest.age" Gauge "s" ["service" "cause"] "How long something waits for the same cause without a break, by its kind; from the policy's grace on";
    FRESHNESS "crossdock.freshness" Gauge "s" ["kind" "connection" "region"] "How old the newest watermark is: all that was recorded up to then has been sent";
    FRESHNESS_OBJECTIVE "crossdock.freshness.objective" Gauge "s" ["kind" "connection" "region"] "How old it may be, by the policy";
    SETS_OPEN "crossdock.sets.open" Gauge "{set}" ["kind"] "Sets that were opened and neither committed nor aborted";

    OBJECTIVE_LATENCY "crossdock.objective.latency" Gauge "s" ["contract" "connection"]
        "How long 99 of 100 calls of a contract may take, by the policy; an empty connection is any";
    OBJECTIVE_ERRORS "crossdock.objective.error_ratio" Gauge "1" ["contract" "connection"]
        "How many of its calls may fail, by the policy; an empty connection is any";

    RECOMMENDATIONS "crossdock.recommendations" Counter "{line}" ["outcome" "kind" "edited"]
        "Changes of state of recommendations; outcome is the state, edited whether a person changed the line";
    APPROVAL_DURATION "crossdock.recommendation.approval.duration" Histogram(BUSINESS) "s" ["kind"] "Time from the commit of a run to the approval of a line";
    POSTING_DURATION "crossdock.recommendation.posting.duration" Histogram(BUSINESS) "s" ["kind"] "Time from the approval of a line to its posting";
    APPROVAL_WAITING "crossdock.approval.waiting" Gauge "{line}" ["stage"] "What waits for a person: lines, or orders";
    APPROVAL_VALUE "crossdock.approval.waiting.value" Gauge "{amount}" ["stage" "currency"]
        "The value of what waits for a person, in whole units of the policy's currency; what has no known price or rate is left out";
    DRAFT_ORDERS "crossdock.draft_orders" Gauge "{order}" ["state"] "Draft orders that are not posted, by state";
    POSTINGS "crossdock.postings" Counter "{report}" ["outcome"]
        "Reports of connectors, by what they say as a whole: posted, changed (less than all of it, or otherwise), rejected, retry, unknown or late";
    PLANNING_MODE "crossdock.planning.mode" Gauge "" ["connection" "mode"] "1 for the mode that a planner's scope is in";
    PLANNING_RUN_AGE "crossdock.planning.run.age" Gauge "s" ["connection"] "How long ago a planner committed its newest run";

    FEEDBACK_DELAY "crossdock.feedback.delay" Histogram(BUSINESS) "s" ["event"]
        "Time from when its source recorded it, else from the beginning of its day, to when it was told here, by event: confirmation, shipment or receipt";
    LEAD_TIME_ERROR "crossdock.supplier.lead_time.error" Histogram(DAYS) "s" [] "Actual lead time less that of the master, when a line is received in full";
    ORDER_LINES_FINISHED "crossdock.order_lines.finished" Counter "{line}" ["in_full" "on_time" "substituted" "backordered"]
        "Supply order lines that became done, and how: fill rate, OTIF, substitution and backorder rate of suppliers";
    ORDER_LINES_OPEN "crossdock.order_lines.open" Gauge "{line}" ["overdue"] "Supply order lines that are not done; overdue if the day they were due is over in UTC";
    DISRUPTIONS_OPEN "crossdock.disruptions.open" Gauge "{disruption}" [] "Supply disruptions that are not over";

    DEMAND_FINISHED "crossdock.demand.lines.finished" Counter "{line}" ["in_full" "on_time" "substituted"]
        "Demand lines that are done, and how: fill rate and OTIF towards customers";
    DEMAND_CANCELLED "crossdock.demand.cancelled" Counter "{line}" ["cause"] "Demand lines of which something was cancelled, by the customer or for lack of supply";
    FORECAST_WAPE "crossdock.forecast.wape" Gauge "{ratio}" ["class" "lag"]
        "Absolute forecast error by demand, of the last closed bucket that has a forecast, by class of items and lag";
    FORECAST_BIAS "crossdock.forecast.bias" Gauge "{ratio}" ["class" "lag"] "Forecast less demand by demand, of the same";
    TURNS "crossdock.inventory.turns" Gauge "{turn}" [] "How often in a year the stock would be shipped, as in the last 28 days";
    STOCKOUTS "crossdock.inventory.stockouts" Gauge "{position}" [] "Positions with a stocking target and nothing on hand";
    EXCESS "crossdock.inventory.excess" Gauge "{position}" [] "Positions above the level their stocking target orders up to";
    DRIFT "crossdock.inventory.drift" Counter "{unit}" [] "What snapshots found more or less than was computed, in base units, without sign";

    EXCEPTIONS "crossdock.exceptions" Gauge "{exception}" ["severity" "owner"] "Exceptions that are open";
    EXCEPTIONS_AGE "crossdock.exceptions.oldest.age" Gauge "s" ["severity" "owner"] "How long the oldest of them is open";
    WEBHOOKS "crossdock.webhooks" Counter "{call}" ["outcome"] "Calls of webhooks: delivered or failed";

    OPERATOR_RECONCILES "crossdock.operator.reconciles" Counter "{reconcile}" ["outcome"]
        "Looks of the operator at a namespace's objects, by outcome: same, applied, invalid, refused, unavailable (governance) or failed (the API server)";
    OPERATOR_DURATION "crossdock.operator.reconcile.duration" Histogram(CALL) "s" [] "Duration of these looks, with what they put in force and say";
    OPERATOR_OBJECTS "crossdock.operator.objects" Gauge "{object}" ["kind" "state"]
        "Objects of the namespace, by state: applied, invalid, waiting (for others, or for what governance refuses to end) or unknown";
}
