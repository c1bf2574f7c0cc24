//! The command line. Every command has an example in its help.

mod audit;
mod buying;
mod data;
mod execution;
mod operator;
mod tls;
mod token;

pub use audit::Audit;
pub use buying::{Approvals, Drafts, Fallback, Mode, Recommendations, Resolve, Seen};
pub use data::{Bench, BenchCommand, Demo, Export, History, Import, Inventory, Loop, Selection, SetCommand};
pub use execution::{Orders, Performance, Scheduled};
pub use operator::Operator;
pub use tls::{Certificates, Certs, Shown};
pub use token::Token;

use crate::output::Format;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Connects ERP systems with demand planning: one binary that serves, and the tool to work with what it serves.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 120)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where the services are, and who is calling.
#[derive(Args, Clone, Debug)]
pub struct Target {
    /// Address of the service.
    #[arg(long, env = "CROSSDOCK_ADDRESS", default_value = "http://127.0.0.1:7400", global = true)]
    pub address: String,
    /// The connection of the policy to call as [default: the only one that the credential is good for; without a credential operator].
    #[arg(long, env = "CROSSDOCK_CONNECTION", global = true)]
    pub connection: Option<String>,
    /// A file with the token to show; the token itself may be in CROSSDOCK_TOKEN instead.
    #[arg(long, env = "CROSSDOCK_TOKEN_FILE", global = true)]
    pub token_file: Option<PathBuf>,
    /// The person to act for, where the connection may name one.
    #[arg(long, env = "CROSSDOCK_PRINCIPAL", global = true)]
    pub principal: Option<String>,
    /// Certificates.
    #[command(flatten)]
    pub shown: Shown,
    /// How to print.
    #[arg(long, value_enum, default_value = "table", global = true)]
    pub output: Format,
}

/// How a process runs: flags and environment over the file over defaults.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Configuration file (YAML).
    #[arg(long, env = "CROSSDOCK_CONFIG")]
    pub config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:7400].
    #[arg(long, env = "CROSSDOCK_LISTEN")]
    pub listen: Option<std::net::SocketAddr>,
    /// Folder of the embedded stores [default: crossdock-data].
    #[arg(long, env = "CROSSDOCK_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL instead of the embedded stores, such as postgres://user@host/database.
    #[arg(long, env = "CROSSDOCK_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<crossdock_runtime::DatabaseUrl>,
    /// Policy file of governance [default: a built-in one for a first try].
    #[arg(long, env = "CROSSDOCK_POLICY")]
    pub policy: Option<PathBuf>,
    /// A service that runs elsewhere, such as master-data=https://master-data.example:7400. May be given several times.
    #[arg(long = "peer", value_parser = peer)]
    pub peers: Vec<(String, String)>,
    /// Certificates.
    #[command(flatten)]
    pub certificates: Certificates,
    /// For a trial on this machine: listen on loopback only, encrypt nothing, and believe what callers say they are.
    #[arg(long, env = "CROSSDOCK_INSECURE")]
    pub insecure: bool,
    /// Governance waits for a policy by call, such as from the operator on Kubernetes, instead of beginning with the built-in one.
    #[arg(long, env = "CROSSDOCK_AWAIT_POLICY", conflicts_with = "policy")]
    pub await_policy: bool,
    /// Answer for health in plain text at this address, such as 0.0.0.0:7402, and for nothing else [default: nowhere but where calls are taken].
    #[arg(long, env = "CROSSDOCK_HEALTH")]
    pub health: Option<std::net::SocketAddr>,
    /// What is logged, such as info or info,crossdock_store=debug [default: info].
    #[arg(long, env = "CROSSDOCK_LOG")]
    pub log: Option<String>,
    /// What is told of the work.
    #[command(flatten)]
    pub telling: Telling,
}

/// What a process tells of its work, and to whom.
#[derive(Args, Clone, Debug)]
pub struct Telling {
    /// Send traces and metrics to this collector, OTLP over gRPC, such as http://127.0.0.1:4317 [default: nowhere].
    #[arg(long, env = "CROSSDOCK_OTLP")]
    pub otlp: Option<String>,
    /// Share of the traces that are recorded, from 0 to 1, where the caller does not say [default: 1].
    #[arg(long, env = "CROSSDOCK_SAMPLE")]
    pub sample: Option<f64>,
    /// Serve /metrics at this address, such as 127.0.0.1:7401 [default: nowhere].
    #[arg(long, env = "CROSSDOCK_METRICS")]
    pub metrics: Option<std::net::SocketAddr>,
}

impl Telling {
    /// Puts what was said over what is configured.
    pub fn over(&self, config: &mut crossdock_telemetry::Config) {
        if self.otlp.is_some() {
            config.otlp.clone_from(&self.otlp);
        }
        config.sample = self.sample.unwrap_or(config.sample);
        config.metrics = self.metrics.or(config.metrics);
    }
}

fn peer(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(name, address)| (name.to_owned(), address.to_owned())).ok_or_else(|| "must be NAME=ADDRESS".to_owned())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run services: all of them, or those named.
    #[command(
        after_help = "Example: crossdock serve --insecure\n         crossdock serve --tls-certificate certs/server.pem --tls-key certs/server-key.pem \\\n           --tls-client-authorities certs/authority.pem --listen 0.0.0.0:7400\n         crossdock serve demand-signal --insecure --peer master-data=http://127.0.0.1:7402"
    )]
    Serve {
        /// Services to run; none is all.
        services: Vec<String>,
        /// How.
        #[command(flatten)]
        settings: Settings,
    },
    /// Make the tables of all services, or of those named, or bring them forward to this release; then end. Processes of the release before go on meanwhile.
    #[command(after_help = "Example: crossdock migrate --database-url postgres://crossdock@db.example/crossdock")]
    Migrate {
        /// Services; none is all.
        services: Vec<String>,
        /// How.
        #[command(flatten)]
        settings: Settings,
    },
    /// Print the configuration that `serve` would use, secrets masked.
    #[command(after_help = "Example: crossdock config --config crossdock.yaml")]
    Config {
        /// How.
        #[command(flatten)]
        settings: Settings,
    },
    /// Certificates for a first try.
    #[command(subcommand)]
    Certs(Certs),
    /// Check policy files, or print their schema.
    #[command(subcommand)]
    Policy(Policy),
    /// Records by key.
    #[command(after_help = "Example: crossdock get item 85123A\n         crossdock get demand-line erp/536365/1 --output json")]
    Get {
        /// Kind of record, such as item or demand-line.
        kind: String,
        /// Their keys.
        #[arg(required = true)]
        keys: Vec<String>,
        /// Narrows kinds that every service keeps, such as parked.
        #[arg(long)]
        service: Option<String>,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Records of a kind, by the order of their keys.
    #[command(after_help = "Example: crossdock list item --limit 20\n         crossdock list demand-line --where item_id=85123A")]
    List(List),
    /// The feed, live.
    #[command(after_help = "Example: crossdock watch demand-line --until-checkpoint --output json")]
    Watch {
        /// Kinds of one service; none is all of --service.
        kinds: Vec<String>,
        /// The service, where the kinds do not say.
        #[arg(long)]
        service: Option<String>,
        /// Begin after this cursor instead of at the beginning.
        #[arg(long, default_value = "")]
        cursor: String,
        /// Only records whose key begins so.
        #[arg(long, default_value = "")]
        prefix: String,
        /// Only records of this location, and of kinds that have none.
        #[arg(long, default_value = "")]
        location: String,
        /// End when everything that is there was shown.
        #[arg(long)]
        until_checkpoint: bool,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Send the lines of a file as records.
    #[command(
        after_help = "Example: crossdock import --connection erp --mapping examples/online-retail/masters.yaml \\\n           examples/online-retail/online_retail.csv.gz"
    )]
    Import(Import),
    /// Records that wait for something, by what they wait for.
    #[command(after_help = "Example: crossdock parked\n         crossdock parked --cause item/85123A")]
    Parked {
        /// Show the records that wait for this.
        #[arg(long)]
        cause: Option<String>,
        /// Narrows to one service.
        #[arg(long)]
        service: Option<String>,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Try parked records again now.
    #[command(after_help = "Example: crossdock redrive --service demand-signal --cause refused/ROLE_MAY_NOT_WRITE")]
    Redrive {
        /// Which.
        #[command(flatten)]
        selection: Selection,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Drop parked records for good.
    #[command(after_help = "Example: crossdock discard --service demand-signal --cause item/TEST --reason 'test data of the old shop'")]
    Discard {
        /// Which.
        #[command(flatten)]
        selection: Selection,
        /// Why; kept with each record.
        #[arg(long)]
        reason: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Sets: full loads and runs.
    #[command(subcommand)]
    Set(SetCommand),
    /// Demand history in buckets, as a planner reads it.
    #[command(after_help = "Example: crossdock history --item 85123A --measure requested --bucket iso-week --from 2011-01-01")]
    History(History),
    /// Stock on hand.
    #[command(after_help = "Example: crossdock inventory --location UK-01")]
    Inventory(Inventory),
    /// Write the records as CSV tables.
    #[command(after_help = "Example: crossdock export ./tables --kind item --kind demand-line")]
    Export(Export),
    /// Causes of trouble in the whole suite.
    #[command(subcommand)]
    Exceptions(Exceptions),
    /// Planners' runs of recommendations, and what became of them as a whole.
    #[command(after_help = "Example: crossdock runs --planner planner")]
    Runs {
        /// Only of this planner.
        #[arg(long)]
        planner: Option<String>,
        /// At most this many; 0 is all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Recommendations: where they stand, and why.
    #[command(
        after_help = "Example: crossdock recommendations --state held\n         crossdock recommendations --run planner/night-17 --output json"
    )]
    Recommendations(Recommendations),
    /// The queue of what waits for a person, and the decisions on it.
    #[command(subcommand)]
    Approvals(Approvals),
    /// Draft orders on their way into the ERP.
    #[command(subcommand)]
    Drafts(Drafts),
    /// What connectors reported for a draft order.
    #[command(after_help = "Example: crossdock postings CD7K2M9Q4TX8WA1B")]
    Postings {
        /// Its posting key; none: of all.
        #[arg(default_value = "")]
        posting_key: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Order lines of the ERP, whoever made them, and how far they are.
    #[command(after_help = "Example: crossdock orders --open --supplier SUP003")]
    Orders(Orders),
    /// Open supply by date, as a planner reads it.
    #[command(after_help = "Example: crossdock scheduled-receipts --item 85123A")]
    ScheduledReceipts(Scheduled),
    /// The story of a recommendation, from the demand it serves to the receipt of the goods.
    #[command(after_help = "Example: crossdock journey planner/night-17/L1/1")]
    Journey {
        /// The recommendation, by key.
        recommendation: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// How suppliers and lanes perform against what was asked and promised.
    #[command(after_help = "Example: crossdock performance --supplier SUP003")]
    Performance(Performance),
    /// How recommendations of a planner are treated while it is silent.
    #[command(subcommand)]
    Fallback(Fallback),
    /// Print a range of a service's feed again, for a consumer that lost it.
    #[command(after_help = "Example: crossdock replay execution-feedback feedback --from 18f3a2-120 --to 18f3a2-480 --output json")]
    Replay {
        /// The service.
        service: String,
        /// Kinds; none is all.
        kinds: Vec<String>,
        /// Begin after this cursor; absent: at the beginning.
        #[arg(long, default_value = "")]
        from: String,
        /// End with this cursor; absent: with what is there now.
        #[arg(long, default_value = "")]
        to: String,
        /// Only records whose key begins so.
        #[arg(long, default_value = "")]
        prefix: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Fold the source records again and compare with what is derived from them.
    #[command(after_help = "Example: crossdock check")]
    Check {
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// How old the newest word of each sender is, against the policy; and how planners are treated.
    #[command(after_help = "Example: crossdock freshness")]
    Freshness {
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// What was decided, by whom, seeing what; and whether that can be believed.
    #[command(subcommand)]
    Audit(Audit),
    /// Play the main job in front of you: weeks of a distributor, from demand to the receipt of goods, with the books compared at the end.
    #[command(after_help = "Example: crossdock demo --weeks 2 --chaos")]
    Demo(Demo),
    /// Send one order the whole way through a running suite, from the demand to the receipt of the goods. The policy needs a connection for it; docs/kubernetes.md.
    #[command(
        after_help = "Example: crossdock loop\n         crossdock loop --peer master-data=https://master-data.example:7400 --authorities ca.pem \\\n           \
                      --certificate loop.pem --certificate-key loop-key.pem"
    )]
    Loop(Loop),
    /// Measure a running service.
    #[command(subcommand)]
    Bench(BenchCommand),
    /// On Kubernetes: the custom resources of a namespace as the policy in force.
    #[command(subcommand)]
    Operator(Operator),
    /// Tokens by which connections prove who they are.
    #[command(subcommand)]
    Token(Token),
    /// What the services hold.
    #[command(after_help = "Example: crossdock stats")]
    Stats {
        /// Where.
        #[command(flatten)]
        target: Target,
    },
}

/// `crossdock policy`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Check a policy file; says every fault with line and column.
    #[command(after_help = "Example: crossdock policy check policy.yaml")]
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Print the policy in force.
    #[command(after_help = "Example: crossdock policy show --output json")]
    Show {
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Print the JSON Schema of policy files.
    #[command(after_help = "Example: crossdock policy schema > policy.schema.json")]
    Schema,
}

/// `crossdock exceptions`.
#[derive(Debug, Subcommand)]
pub enum Exceptions {
    /// Those that are open or acknowledged.
    #[command(after_help = "Example: crossdock exceptions list\n         crossdock exceptions list --team buying")]
    List {
        /// Also those that are resolved.
        #[arg(long)]
        all: bool,
        /// Only of this team.
        #[arg(long)]
        team: Option<String>,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Say that somebody works on one.
    #[command(after_help = "Example: crossdock exceptions acknowledge demand-signal/item/85123A --note 'master is on its way'")]
    Acknowledge {
        /// Its key.
        key: String,
        /// What is being done.
        #[arg(long)]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Say something of one.
    #[command(after_help = "Example: crossdock exceptions comment demand-signal/item/85123A 'asked the master data team'")]
    Comment {
        /// Its key.
        key: String,
        /// What.
        text: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Say that one is settled although its cause stands; it opens again when that grows or comes back.
    #[command(after_help = "Example: crossdock exceptions resolve demand-signal/item/TEST --note 'test data of the old shop'")]
    Resolve {
        /// Its key.
        key: String,
        /// Why.
        #[arg(long)]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
}

/// `crossdock list`.
#[derive(Args, Debug)]
pub struct List {
    /// Kind of record, such as item or demand-line.
    pub kind: String,
    /// Only records with this field, such as item_id=85123A. May be given several times.
    #[arg(long = "where", value_parser = peer)]
    pub fields: Vec<(String, String)>,
    /// Only records whose key begins so.
    #[arg(long, default_value = "")]
    pub prefix: String,
    /// At most this many; 0 is all.
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    /// Narrows kinds that every service keeps, such as parked.
    #[arg(long)]
    pub service: Option<String>,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}
