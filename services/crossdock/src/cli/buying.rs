//! The commands on recommendations, approvals and orders.

use super::Target;
use clap::{Args, Subcommand, ValueEnum};

/// `crossdock recommendations`.
#[derive(Args, Debug)]
pub struct Recommendations {
    /// Only in this state, such as held or pending-approval.
    #[arg(long)]
    pub state: Option<String>,
    /// Only of this run, such as planner/night-17.
    #[arg(long)]
    pub run: Option<String>,
    /// Only for this item.
    #[arg(long)]
    pub item: Option<String>,
    /// Only from this supplier.
    #[arg(long)]
    pub supplier: Option<String>,
    /// Only to this location.
    #[arg(long)]
    pub location: Option<String>,
    /// At most this many; 0 is all.
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}

/// Something that was seen: `KEY@ETAG`, as the lists print it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its key.
    pub key: String,
    /// What exactly was seen.
    pub etag: String,
}

fn seen(text: &str) -> Result<Seen, String> {
    let (key, etag) = text.rsplit_once('@').ok_or("must be KEY@ETAG, as `crossdock approvals list` prints it")?;
    Ok(Seen { key: key.to_owned(), etag: etag.to_owned() })
}

/// `crossdock approvals`.
#[derive(Debug, Subcommand)]
pub enum Approvals {
    /// What waits for a person: recommendations and sealed draft orders, with what they need.
    #[command(after_help = "Example: crossdock approvals list")]
    List {
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Say yes to what was seen.
    #[command(
        after_help = "Example: crossdock approvals approve planner/night-17/L1/1@3f2a9c0d11e0b7aa --connection buyer --principal anna"
    )]
    Approve {
        /// What, as KEY@ETAG.
        #[arg(required = true, value_parser = seen)]
        seen: Vec<Seen>,
        /// Why.
        #[arg(long, default_value = "")]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Say no to what was seen.
    #[command(
        after_help = "Example: crossdock approvals decline planner/night-17/L1/1@3f2a9c0d11e0b7aa --note 'item is delisted' --connection buyer --principal anna"
    )]
    Decline {
        /// What, as KEY@ETAG.
        #[arg(required = true, value_parser = seen)]
        seen: Vec<Seen>,
        /// Why.
        #[arg(long)]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Change quantity or date of a recommendation; it has to be approved anew, by somebody else.
    #[command(
        after_help = "Example: crossdock approvals edit planner/night-17/L1/1@3f2a9c0d11e0b7aa --quantity 240 --note 'fair next week' --connection buyer --principal anna"
    )]
    Edit {
        /// Which, as KEY@ETAG.
        #[arg(value_parser = seen)]
        seen: Seen,
        /// New quantity, in the unit that the list shows.
        #[arg(long, default_value = "", required_unless_present = "need_by")]
        quantity: String,
        /// New need-by date.
        #[arg(long)]
        need_by: Option<String>,
        /// Why.
        #[arg(long, default_value = "")]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Let a held recommendation go on although its problem stands.
    #[command(
        after_help = "Example: crossdock approvals release planner/night-17/L1/1@3f2a9c0d11e0b7aa --note 'agreed with the supplier' --connection buyer --principal anna"
    )]
    Release {
        /// Which, as KEY@ETAG.
        #[arg(value_parser = seen)]
        seen: Seen,
        /// Why.
        #[arg(long)]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Take a recommendation back that is not on its way into the ERP.
    #[command(
        after_help = "Example: crossdock approvals cancel planner/night-17/L1/1@3f2a9c0d11e0b7aa --note 'customer is gone' --connection buyer --principal anna"
    )]
    Cancel {
        /// Which, as KEY@ETAG.
        #[arg(value_parser = seen)]
        seen: Seen,
        /// Why.
        #[arg(long)]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
}

/// `crossdock drafts`.
#[derive(Debug, Subcommand)]
pub enum Drafts {
    /// Draft orders.
    #[command(after_help = "Example: crossdock drafts list --state sealed")]
    List {
        /// Only in this state, such as open, dead or conflict.
        #[arg(long)]
        state: Option<String>,
        /// At most this many; 0 is all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Seal an open draft order now instead of at its cut-off.
    #[command(after_help = "Example: crossdock drafts release CD7K2M9Q4TX8WA1B@3f2a9c0d11e0b7aa --connection buyer --principal anna")]
    Release {
        /// Which, as KEY@ETAG.
        #[arg(value_parser = seen)]
        seen: Seen,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Settle a draft order that is dead or in conflict.
    #[command(
        after_help = "Example: crossdock drafts resolve CD7K2M9Q4TX8WA1B@3f2a9c0d11e0b7aa --as requeue --note 'ERP is back'\n         crossdock drafts resolve CD7K2M9Q4TX8WA1B@3f2a9c0d11e0b7aa --as keep-document --document PO-2 --note 'PO-1 was deleted'"
    )]
    Resolve {
        /// Which, as KEY@ETAG.
        #[arg(value_parser = seen)]
        seen: Seen,
        /// How.
        #[arg(long = "as", value_enum)]
        resolution: Resolve,
        /// For keep-document: the ERP document that is true.
        #[arg(long, default_value = "", required_if_eq("resolution", "keep-document"))]
        document: String,
        /// Why.
        #[arg(long)]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
}

/// How to settle a draft order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Resolve {
    /// Dead: try again.
    Requeue,
    /// Dead: nothing is in the ERP and nothing will be.
    Abandon,
    /// Conflict: this document is true, the others were removed by hand.
    KeepDocument,
}

/// `crossdock fallback`.
#[derive(Debug, Subcommand)]
pub enum Fallback {
    /// How each planner is treated now.
    #[command(after_help = "Example: crossdock fallback list")]
    List {
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Treat a planner so, whatever the policy says, until it is given back.
    #[command(after_help = "Example: crossdock fallback set planner hold --note 'its database is being moved' --principal olga")]
    Set {
        /// The planner's connection.
        planner: String,
        /// How.
        #[arg(value_enum)]
        mode: Mode,
        /// Why.
        #[arg(long)]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
}

/// How a planner is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// As it comes.
    Normal,
    /// Nothing of it goes on by itself.
    Hold,
    /// Its last run is good until it expires.
    LastGoodRun,
    /// As the policy says.
    Policy,
}
