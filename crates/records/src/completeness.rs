//! How complete what a planner reads is.

use crate::{ingest::WATERMARK, parking::BACKLOG, sets::SET};
use crossdock_core::{Key, Result};
use crossdock_proto::{
    operations::{Backlog, WatermarkState},
    types::{Completeness, ConnectionWatermark, Watermark},
};
use crossdock_store::{Read, Scan};
use prost::Message;

/// Watermarks and open sets that are told at most.
const MOST: usize = 1_000;

/// How complete the records of these kinds are, in the state that is read.
///
/// # Errors
/// If the store fails.
pub fn completeness(read: &mut Read<'_>, kinds: &[&str]) -> Result<Completeness> {
    let cursor = read.head()?.to_string();
    let backlogs = read.get(&kinds.iter().map(|kind| Key::new(BACKLOG, *kind)).collect::<Vec<_>>())?;
    let parked_records = backlogs.into_iter().filter_map(|held| Backlog::decode(held.body).ok()).map(|backlog| backlog.records).sum();
    let (mut watermarks, mut open_sets) = (Vec::new(), Vec::new());
    for kind in kinds {
        let by_kind = |of, name| Scan::Field { kind: of, name, value: kind, prefix: "", after: "" };
        let said = read.scan(by_kind(WATERMARK, "kind"), MOST)?;
        watermarks.extend(said.into_iter().filter_map(|held| WatermarkState::decode(held.body).ok()).map(word));
        let sets = read.scan(by_kind(SET, "open"), MOST)?;
        open_sets.extend(sets.into_iter().map(|set| set.key));
    }
    Ok(Completeness { cursor, watermarks, parked_records, open_sets })
}

fn word(state: WatermarkState) -> ConnectionWatermark {
    let watermark = Watermark { kind: state.kind, region: state.region, recorded_through: state.recorded_through };
    ConnectionWatermark { connection: state.connection, watermark: Some(watermark) }
}
