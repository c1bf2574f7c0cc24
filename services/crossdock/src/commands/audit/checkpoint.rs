//! Signed heads, a JSON object a line.

use super::chain::Chain;
use crate::failure::{Failure, at};
use base64::{Engine, engine::general_purpose::STANDARD};
use crossdock_identity::{PublicKey, Signer};
use crossdock_records::Mark;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where a chain ended once.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Its service.
    pub service: String,
    epoch: String,
    /// Sequence of the last entry.
    pub sequence: i64,
    hash: String,
    time: String,
    key: String,
    signature: String,
}

impl Checkpoint {
    /// Where a chain ends, signed.
    pub fn sign(chain: &Chain, time: &str, signer: &Signer) -> Result<Self, Failure> {
        let mut checkpoint = Self {
            service: chain.name.to_owned(),
            epoch: format!("{:x}", chain.epoch),
            sequence: chain.head.sequence,
            hash: STANDARD.encode(&chain.head.hash),
            time: time.to_owned(),
            key: signer.key_id().to_owned(),
            signature: String::new(),
        };
        checkpoint.signature = signer.sign(&checkpoint.text())?;
        Ok(checkpoint)
    }

    /// What is signed.
    fn text(&self) -> String {
        let Self { service, epoch, sequence, hash, time, key, .. } = self;
        format!("crossdock audit checkpoint\n{service}\n{epoch}\n{sequence}\n{hash}\n{time}\n{key}\n")
    }

    /// Its line in a file.
    pub fn line(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map(|line| line + "\n").map_err(at("checkpoint"))
    }

    /// What a chain in this life of its store has to come by.
    pub fn mark(&self, epoch: u64) -> Result<Mark, Failure> {
        let hash = STANDARD.decode(&self.hash).map_err(at(format!("hash of the checkpoint of {}", self.time)))?;
        let restored = if self.epoch == format!("{epoch:x}") { "" } else { " (since then the store was restored from a backup)" };
        let said_by = format!("the checkpoint of {}{restored}", self.time);
        Ok(Mark { sequence: self.sequence, hash: hash.into(), said_by })
    }
}

/// The checkpoints of a file, each of them signed by this key.
pub fn read(file: &Path, by: &PublicKey) -> Result<Vec<Checkpoint>, Failure> {
    let text = std::fs::read_to_string(file).map_err(at(file.display()))?;
    let mut read = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{}:{}", file.display(), number + 1);
        let checkpoint: Checkpoint = serde_json::from_str(line).map_err(at(&place))?;
        if !by.has_signed(&checkpoint.text(), &checkpoint.signature) {
            return Err(format!("{place}: is not as key {} has signed it; it names key {}", by.key_id(), checkpoint.key).into());
        }
        read.push(checkpoint);
    }
    if read.is_empty() { Err(format!("{} has no checkpoint", file.display()).into()) } else { Ok(read) }
}
