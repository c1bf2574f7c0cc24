//! The commands on what was decided.

use super::Target;
use clap::Subcommand;
use std::path::PathBuf;

/// `crossdock audit`.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walk the chain of each service from its first entry on; says the first fault of each.
    #[command(
        after_help = "Example: crossdock audit verify\n         crossdock audit verify --checkpoint heads.jsonl --public-key audit.pub.pem"
    )]
    Verify {
        /// Only of this service.
        #[arg(long)]
        service: Option<String>,
        /// Heads that were signed before: the chains have to come by them.
        #[arg(long, requires = "public_key")]
        checkpoint: Option<PathBuf>,
        /// Who signed them (PEM).
        #[arg(long, requires = "checkpoint")]
        public_key: Option<PathBuf>,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Sign where the chain of each service ends now, to be kept where nobody can change it together with the data.
    #[command(
        after_help = "Example: crossdock audit checkpoint --key audit.pem --to heads.jsonl\n\nThe keys: openssl genpkey -algorithm ed25519 -out audit.pem && openssl pkey -in audit.pem -pubout -out audit.pub.pem"
    )]
    Checkpoint {
        /// Ed25519 private key (PEM, PKCS#8).
        #[arg(long)]
        key: PathBuf,
        /// File that the signed heads are added to, a line each.
        #[arg(long)]
        to: PathBuf,
        /// Only of this service.
        #[arg(long)]
        service: Option<String>,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Who decided on an order, seeing what, under which rule, and what changed since.
    #[command(
        after_help = "Example: crossdock audit show planner/night-17/L1/1\n         crossdock audit show CD7K2M9Q4TX8WA1B\n         crossdock audit show erp/PO1017"
    )]
    Show {
        /// A recommendation, a draft order by its posting key, or an order of the ERP as <connection>/<document>, with or without its line.
        subject: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
}
