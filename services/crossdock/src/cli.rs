//! The command line. Every command has an example in its help.

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
    /// The connection of the policy to call as.
    #[arg(long, env = "CROSSDOCK_CONNECTION", default_value = "operator", global = true)]
    pub connection: String,
    /// The person to act for, where the connection may name one.
    #[arg(long, env = "CROSSDOCK_PRINCIPAL", global = true)]
    pub principal: Option<String>,
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
    pub database_url: Option<String>,
    /// Policy file of governance [default: a built-in one for a first try].
    #[arg(long, env = "CROSSDOCK_POLICY")]
    pub policy: Option<PathBuf>,
    /// A service that runs elsewhere, such as master-data=http://10.0.0.7:7400. May be given several times.
    #[arg(long = "peer", value_parser = peer)]
    pub peers: Vec<(String, String)>,
    /// Listen on other addresses than loopback although callers do not prove who they are.
    #[arg(long, env = "CROSSDOCK_INSECURE")]
    pub insecure: bool,
    /// What is logged, such as info or info,crossdock_store=debug [default: info].
    #[arg(long, env = "CROSSDOCK_LOG")]
    pub log: Option<String>,
}

fn peer(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(name, address)| (name.to_owned(), address.to_owned())).ok_or_else(|| "must be NAME=ADDRESS".to_owned())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run services: all of them, or those named.
    #[command(
        after_help = "Example: crossdock serve --data-dir ./data\n         crossdock serve demand-signal --peer master-data=http://10.0.0.7:7400"
    )]
    Serve {
        /// Services to run; none is all.
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
    #[command(
        after_help = "Example: crossdock exceptions\n         crossdock exceptions --acknowledge demand-signal/item/85123A --note 'master is on its way'"
    )]
    Exceptions {
        /// Also those that are resolved.
        #[arg(long)]
        all: bool,
        /// Say that somebody works on this one.
        #[arg(long, requires = "note")]
        acknowledge: Option<String>,
        /// What is being done.
        #[arg(long)]
        note: Option<String>,
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
    /// How old the newest word of each sender is, against the policy.
    #[command(after_help = "Example: crossdock freshness")]
    Freshness {
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Play the main job in front of you: weeks of a distributor, from demand to the receipt of goods, with the books compared at the end.
    #[command(after_help = "Example: crossdock demo --weeks 2 --chaos")]
    Demo(Demo),
    /// Measure a running service.
    #[command(subcommand)]
    Bench(BenchCommand),
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
    /// Print the JSON Schema of policy files.
    #[command(after_help = "Example: crossdock policy schema > policy.schema.json")]
    Schema,
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

/// `crossdock import`.
#[derive(Args, Debug)]
pub struct Import {
    /// The file; - is standard input. CSV or JSON lines, gzip or not.
    pub data: PathBuf,
    /// The mapping file.
    #[arg(long)]
    pub mapping: PathBuf,
    /// Write the lines that were not taken here, with why, as JSON lines.
    #[arg(long)]
    pub not_taken: Option<PathBuf>,
    /// Check the mapping and read the file, but send nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The set that the records belong to (see `crossdock set open`).
    #[arg(long, default_value = "")]
    pub set: String,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}

/// Which parked records.
#[derive(Args, Debug)]
pub struct Selection {
    /// The service that parked them.
    #[arg(long)]
    pub service: String,
    /// All that wait for this, such as item/ABC.
    #[arg(long, required_unless_present = "key", conflicts_with = "key")]
    pub cause: Option<String>,
    /// One, such as demand_line:erp/SO17/10.
    #[arg(long)]
    pub key: Option<String>,
}

/// `crossdock set`.
#[derive(Debug, Subcommand)]
pub enum SetCommand {
    /// Open a full load: what is in scope and is not sent before its commit will be removed. Or, with --run, a run that its commit shows.
    #[command(after_help = "Example: crossdock set open item items-2026-11-23 --as-of 2026-11-23T02:00:00Z --connection erp")]
    Open {
        /// Kind of record.
        kind: String,
        /// A name for the set, new for each load.
        set_key: String,
        /// For a load: the source's clock before its extract began (RFC 3339).
        #[arg(long, required_unless_present = "run")]
        as_of: Option<String>,
        /// A run, such as of forecasts, instead of a load.
        #[arg(long)]
        run: bool,
        /// For an inventory snapshot: the last movement that it includes.
        #[arg(long)]
        through: Option<i64>,
        /// For an inventory snapshot: what is not listed is zero.
        #[arg(long)]
        absent_is_zero: bool,
        /// Only for these locations.
        #[arg(long = "location")]
        locations: Vec<String>,
        /// Only for these suppliers.
        #[arg(long = "supplier")]
        suppliers: Vec<String>,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Commit a set: everything was sent.
    #[command(after_help = "Example: crossdock set commit item items-2026-11-23 --records 4070 --connection erp")]
    Commit {
        /// Kind of record.
        kind: String,
        /// The set.
        set_key: String,
        /// How many different records were sent; checked.
        #[arg(long)]
        records: Option<i64>,
        /// Remove what is missing although it is more than the policy allows (operators only).
        #[arg(long)]
        force: bool,
        /// The connection whose set it is, if not one's own (operators only).
        #[arg(long, default_value = "")]
        of: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Give a set up.
    #[command(after_help = "Example: crossdock set abort item items-2026-11-23 --reason 'extract was cut off' --connection erp")]
    Abort {
        /// Kind of record.
        kind: String,
        /// The set.
        set_key: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// The connection whose set it is, if not one's own (operators only).
        #[arg(long, default_value = "")]
        of: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
}

/// `crossdock bench`.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Stream made-up order lines into a running service; it keeps them, so use one for the purpose.
    #[command(after_help = "Example: crossdock bench ingest --lines 200000")]
    Ingest(Bench),
}

/// `crossdock bench ingest`.
#[derive(Args, Debug)]
pub struct Bench {
    /// Lines to send.
    #[arg(long, default_value_t = 200_000)]
    pub lines: u64,
    /// Items to spread them over.
    #[arg(long, default_value_t = 4_000)]
    pub items: u64,
    /// Send stock movements instead of demand lines: no history is kept of them.
    #[arg(long)]
    pub movements: bool,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}

/// `crossdock history`.
#[derive(Args, Debug)]
pub struct History {
    /// Only these items.
    #[arg(long = "item")]
    pub items: Vec<String>,
    /// Only these locations.
    #[arg(long = "location")]
    pub locations: Vec<String>,
    /// ordered, requested, shipped, returned, cancelled-by-customer, cancelled-by-supply or lost; none is all.
    #[arg(long = "measure")]
    pub measures: Vec<String>,
    /// First day.
    #[arg(long)]
    pub from: Option<String>,
    /// Last day.
    #[arg(long)]
    pub to: Option<String>,
    /// day, iso-week, sunday-week, month or four-four-five.
    #[arg(long, default_value = "day")]
    pub bucket: String,
    /// Only series that changed since this cursor.
    #[arg(long)]
    pub since: Option<String>,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}

/// `crossdock inventory`.
#[derive(Args, Debug)]
pub struct Inventory {
    /// Only these items.
    #[arg(long = "item")]
    pub items: Vec<String>,
    /// Only these locations.
    #[arg(long = "location")]
    pub locations: Vec<String>,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}

/// `crossdock export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Folder for the tables; made if missing.
    pub folder: PathBuf,
    /// Only these kinds.
    #[arg(long = "kind")]
    pub kinds: Vec<String>,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}

/// `crossdock demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// Decides everything that is left to chance: the same seed plays the same.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// How many weeks are played; the order history has four.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=4))]
    pub weeks: u32,
    /// Serve in a process of its own, kill it at random moments, and cut connections.
    #[arg(long)]
    pub chaos: bool,
    /// Go on serving afterwards, until Ctrl-C.
    #[arg(long)]
    pub keep: bool,
    /// Keep the data here instead of a temporary folder; it has to be empty.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// Folder of the order history.
    #[arg(long, default_value = "examples/online-retail")]
    pub example: PathBuf,
    /// Rules to play by.
    #[arg(long, default_value = "examples/demo/policy.yaml")]
    pub policy: PathBuf,
}
