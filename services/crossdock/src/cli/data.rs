//! The commands that bring data in and read it.

use super::Target;
use clap::{Args, Subcommand};
use std::path::PathBuf;

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
    /// What is told of the work.
    #[command(flatten)]
    pub telling: super::Telling,
}

/// `crossdock loop`.
#[derive(Args, Debug)]
pub struct Loop {
    /// A service that has an address of its own, such as master-data=https://master-data.example:7400. May be given several times.
    #[arg(long = "peer", value_parser = super::peer)]
    pub peers: Vec<(String, String)>,
    /// The connection that sends the masters.
    #[arg(long, default_value = "erp")]
    pub erp: String,
    /// The connection that sends, plans, releases and posts the order: an erp, planning and buyer of its own, and the connector of company CROSSDOCK-LOOP.
    #[arg(id = "loop", long = "loop", default_value = "loop")]
    pub loop_: String,
    /// Give up after this many seconds.
    #[arg(long, default_value_t = 60)]
    pub timeout_seconds: u64,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}
