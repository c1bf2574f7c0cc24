//! The commands on tokens.

use super::Target;
use clap::Subcommand;
use jiff::{SignedDuration, Span, SpanRelativeTo};

/// `crossdock token`.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token for a connection whose authentication in the policy is `token`. It is shown once.
    #[command(after_help = "Example: crossdock token create --for erp-eu --expire-after 90d --note 'nightly export'")]
    Create {
        /// The connection that it speaks for.
        #[arg(long = "for")]
        connection_of: String,
        /// It is good for this long, such as 90d [default: until it is revoked].
        #[arg(long, value_parser = time)]
        expire_after: Option<SignedDuration>,
        /// Where it will be used.
        #[arg(long, default_value = "")]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// The tokens there are; those that ended are shown for 90 days.
    #[command(after_help = "Example: crossdock token list")]
    List {
        /// Only of this connection.
        #[arg(long = "for")]
        connection_of: Option<String>,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// Make a token that takes the place of another, which stays good for a while.
    #[command(after_help = "Example: crossdock token rotate 4f1c02d9a7e3 --overlap 24h")]
    Rotate {
        /// Id of the one before.
        id: String,
        /// The one before stays good for this long, at most 30d [default: 24h].
        #[arg(long, value_parser = time)]
        overlap: Option<SignedDuration>,
        /// The new one is good for this long, such as 90d [default: until it is revoked].
        #[arg(long, value_parser = time)]
        expire_after: Option<SignedDuration>,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
    /// End a token at once.
    #[command(after_help = "Example: crossdock token revoke 4f1c02d9a7e3 --note 'was in a log'")]
    Revoke {
        /// Its id.
        id: String,
        /// Why.
        #[arg(long)]
        note: String,
        /// Where.
        #[command(flatten)]
        target: Target,
    },
}

/// A day is one of 24 hours.
fn time(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.parse().map_err(|_| format!("{text:?} is no span of time: write 90m, 24h or 90d"))?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|error| error.to_string())
}
