//! The commands for Kubernetes.

use super::Settings;
use clap::Subcommand;

/// `crossdock operator`.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "read once, at the start")]
pub enum Operator {
    /// Keep the policy in force what the custom resources of a namespace say: that of CROSSDOCK_NAMESPACE, else the one it runs in. Any number may run.
    #[command(after_help = "Example: crossdock operator run --insecure --peer governance=http://127.0.0.1:7400")]
    Run {
        /// How; of `listen`, stores and policy it needs nothing.
        #[command(flatten)]
        settings: Settings,
    },
    /// Print the definitions of the custom resources.
    #[command(after_help = "Example: crossdock operator crds | kubectl apply -f -")]
    Crds,
}
