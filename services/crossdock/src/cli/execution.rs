//! The commands on what became of orders.

use super::Target;
use clap::Args;

/// `crossdock orders`.
#[derive(Args, Debug)]
pub struct Orders {
    /// Only in this state, such as partially-received.
    #[arg(long)]
    pub state: Option<String>,
    /// Only for this item.
    #[arg(long)]
    pub item: Option<String>,
    /// Only from this supplier.
    #[arg(long)]
    pub supplier: Option<String>,
    /// Only to this location.
    #[arg(long)]
    pub location: Option<String>,
    /// Only with this recommendation on them.
    #[arg(long)]
    pub recommendation: Option<String>,
    /// Only those of which something is still open.
    #[arg(long)]
    pub open: bool,
    /// At most this many; 0 is all.
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}

/// `crossdock scheduled-receipts`.
#[derive(Args, Debug)]
pub struct Scheduled {
    /// Only these items.
    #[arg(long = "item")]
    pub items: Vec<String>,
    /// Only these destinations.
    #[arg(long = "location")]
    pub locations: Vec<String>,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}

/// `crossdock performance`.
#[derive(Args, Debug)]
pub struct Performance {
    /// Only these suppliers.
    #[arg(long = "supplier")]
    pub suppliers: Vec<String>,
    /// Only order lines that ended from this day on.
    #[arg(long)]
    pub from: Option<String>,
    /// Where.
    #[command(flatten)]
    pub target: Target,
}
