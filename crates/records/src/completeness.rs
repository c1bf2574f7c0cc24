//! How complete what a planner reads is.

use crate::{
    Sight,
    ingest::WATERMARK,
    parking::{BACKLOG, PARKED},
    sets::SET,
};
use crossdock_core::{Key, Result, key};
use crossdock_proto::{
    operations::{Backlog, WatermarkState},
    types::{Completeness, ConnectionWatermark, Watermark},
};
use crossdock_store::{Read, Record, Scan};
use prost::Message;

/// Watermarks and open sets that are told at most.
const MOST: usize = 1_000;

/// Pages of parked records that are looked at, of each kind.
const PAGES: usize = 20;

/// How complete the records of these kinds are, in the state that is read; whoever is limited to a part of the business learns what it said and sent
/// itself.
///
/// # Errors
/// If the store fails.
pub fn completeness(read: &mut Read<'_>, sight: &Sight, kinds: &[&str]) -> Result<Completeness> {
    let cursor = read.head()?.to_string();
    let parked_records = if sight.is_limited() { own_parked(read, sight, kinds)? } else { parked(read, kinds)? };
    let shown = |record: &Record| !sight.is_limited() || sight.is_own(record);
    let (mut watermarks, mut open_sets) = (Vec::new(), Vec::new());
    for kind in kinds {
        let by_kind = |of, name| Scan::Field { kind: of, name, value: kind, prefix: "", after: "" };
        let said = read.scan(by_kind(WATERMARK, "kind"), MOST)?;
        watermarks.extend(said.into_iter().filter(shown).filter_map(|held| WatermarkState::decode(held.body).ok()).map(word));
        let sets = read.scan(by_kind(SET, "open"), MOST)?;
        open_sets.extend(sets.into_iter().filter(shown).map(|set| set.key));
    }
    Ok(Completeness { cursor, watermarks, parked_records, open_sets })
}

fn parked(read: &mut Read<'_>, kinds: &[&str]) -> Result<i64> {
    let backlogs = read.get(&kinds.iter().map(|kind| Key::new(BACKLOG, *kind)).collect::<Vec<_>>())?;
    Ok(backlogs.into_iter().filter_map(|held| Backlog::decode(held.body).ok()).map(|backlog| backlog.records).sum())
}

/// The documents of a connection that wait.
fn own_parked(read: &mut Read<'_>, sight: &Sight, kinds: &[&str]) -> Result<i64> {
    let mut records = 0;
    for kind in kinds {
        let (prefix, mut after) = (format!("{kind}:{}/", key::join([sight.connection()])), String::new());
        for _ in 0..PAGES {
            let page = read.scan(Scan::Prefix { kind: PARKED, prefix: &prefix, after: &after }, MOST)?;
            records += page.iter().filter(|parked| !parked.deleted).count();
            match page.last() {
                Some(last) if page.len() == MOST => after.clone_from(&last.key),
                _ => break,
            }
        }
    }
    Ok(i64::try_from(records).unwrap_or(i64::MAX))
}

fn word(state: WatermarkState) -> ConnectionWatermark {
    let watermark = Watermark { kind: state.kind, region: state.region, recorded_through: state.recorded_through };
    ConnectionWatermark { connection: state.connection, watermark: Some(watermark) }
}
