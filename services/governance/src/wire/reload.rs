//! Keeps the policy in force what its file says, while the service runs.

use crate::{
    Source,
    app::apply::{Applied, apply},
    wire::{policy::check, stranded},
};
use crossdock_core::Result;
use crossdock_proto::governance::Policy;
use crossdock_rpc::Handle;
use std::{path::PathBuf, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

/// The policy for a first try.
pub const FIRST_TRY: &str = include_str!("../../policy/first-try.yaml");
/// Its name.
const BUILT_IN: &str = "first-try.yaml";

/// How often the file is looked at. A change counts once the file stood still for this long: nobody's half-written rules come into force.
const LOOK: Duration = Duration::from_secs(1);

/// Applies the file, or the built-in policy, and the file again whenever it has changed.
pub async fn run(handle: Handle, source: Source) {
    let file = match source {
        Source::File(file) => Some(file),
        Source::BuiltIn => None,
        Source::Calls => return,
    };
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut followed = Followed::new(handle, file);
    loop {
        ticks.tick().await;
        followed.look().await;
        if followed.file.is_none() && followed.done.is_some() {
            return;
        }
    }
}

/// A file or the built-in policy, and how far it was followed.
pub struct Followed {
    handle: Handle,
    file: Option<PathBuf>,
    /// What was read at the last look: the text, or why there is none.
    seen: Option<Result<String, String>>,
    /// What was dealt with.
    done: Option<Result<String, String>>,
}

impl Followed {
    /// A file, or the built-in policy.
    pub fn new(handle: Handle, file: Option<PathBuf>) -> Self {
        Self { handle, file, seen: None, done: None }
    }

    /// Looks once, and applies what is new.
    pub async fn look(&mut self) {
        let now = match &self.file {
            Some(file) => tokio::fs::read_to_string(file).await.map_err(|error| error.to_string()),
            None => Ok(FIRST_TRY.to_owned()),
        };
        let stands_still = self.seen.as_ref().is_none_or(|seen| *seen == now);
        self.seen = Some(now.clone());
        if !stands_still || self.done.as_ref() == Some(&now) {
            return;
        }
        let dealt = match &now {
            Ok(text) => self.take(text).await,
            Err(error) => {
                tracing::error!(file = self.name(), error, "the policy file cannot be read; the policy in force stays");
                true
            }
        };
        if dealt {
            self.done = Some(now);
        }
    }

    /// Applies a text; false if that is to be tried again.
    async fn take(&self, text: &str) -> bool {
        let policy = match check(&self.name(), text) {
            Ok(policy) => policy,
            Err(faults) => {
                for fault in faults {
                    tracing::error!(%fault, "the policy file is faulty; the policy in force stays");
                }
                return true;
            }
        };
        match self.apply(policy).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "the policy could not be put in force; it is tried again");
                false
            }
        }
    }

    async fn apply(&self, policy: Policy) -> Result<()> {
        stranded::refuse(&self.handle, &policy).await?;
        let (version, file) = (policy.version.clone(), self.name());
        // The built-in policy replaces none.
        let expected = self.file.is_none().then_some("");
        let applied = self.handle.store.write("policy", move |tx| apply(tx, &policy, &file, expected)).await?;
        match applied {
            Applied::New => tracing::info!(file = self.name(), version, "a policy is in force"),
            Applied::Same => tracing::debug!(file = self.name(), version, "the policy in force is the same"),
            Applied::Kept(held) => tracing::warn!(version = held, "no policy file was named: the policy in force stays"),
        }
        self.handle.reload().await
    }

    fn name(&self) -> String {
        self.file.as_ref().map_or_else(|| BUILT_IN.to_owned(), |file| file.display().to_string())
    }
}
