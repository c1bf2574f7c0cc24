//! Cross-references: what a connection calls a thing, and what the suite calls it.

use crate::{Cause, Incoming, Kind, Known, Parse, Policy, Rules, parse::day, registry::Opened};
use crossdock_core::{DAY, Key, Result, codes, key};
use crossdock_proto::{operations::ReferenceTable, types::Date};
use crossdock_store::Tx;

/// Number of the kind that says what a connection's id means.
pub const REFERENCE: u16 = 26;

impl Kind for ReferenceTable {
    const NUMBER: u16 = REFERENCE;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for ReferenceTable {
    fn frees(&self, key: &str) -> Vec<String> {
        vec![format!("reference/{key}")]
    }
}

/// Replaces every reference of a connection's own by the canonical id. A record with one that is not known, or means several things, waits.
pub(crate) fn translate(tx: &mut Tx<'_>, policy: &Policy, incoming: &[Incoming], known: &mut Known, opened: &mut [Opened]) -> Result<()> {
    let mut asked = Vec::new();
    for (incoming, opened) in incoming.iter().zip(opened.iter_mut()) {
        let connection = &incoming.origin.connection;
        let own = policy.has_own_ids(connection);
        let Some(draft) = &mut opened.draft else { continue };
        draft.references(&mut |reference| {
            if is_looked_up(own, reference.space, reference.value) {
                asked.push(Key::new(REFERENCE, key::join([connection, reference.space, reference.value])));
            }
        });
    }
    if asked.is_empty() {
        return Ok(());
    }
    known.load(tx, asked)?;
    let today = tx.now().div_euclid(DAY);
    for (incoming, opened) in incoming.iter().zip(opened) {
        let connection = &incoming.origin.connection;
        let own = policy.has_own_ids(connection);
        let Some(draft) = &mut opened.draft else { continue };
        let day = draft.business_date().and_then(|date| Parse::stored().date("", Some(&date))).map_or(today, day);
        let wait = &mut opened.wait;
        let mut malformed = false;
        draft.references(&mut |reference| {
            if !is_looked_up(own, reference.space, reference.value) {
                malformed |= own && !reference.value.is_empty() && !is_id(reference.value);
                return;
            }
            let key = key::join([connection, reference.space, reference.value]);
            match meaning(known.get::<ReferenceTable>(&key), day).as_slice() {
                [canonical] => *reference.value = (*canonical).to_owned(),
                // The code lists are everybody's; a currency that is not in them is refused by the parse.
                [] if is_code(reference.space, reference.value) || reference.space == "currency" => {}
                found => _ = wait.get_or_insert_with(|| cause(connection, reference.space, reference.value, &key, found)),
            }
        });
        // There is nothing to wait for: the parse refuses it.
        if malformed {
            *wait = None;
        }
    }
    Ok(())
}

fn is_looked_up(own: bool, space: &str, value: &str) -> bool {
    (own || (matches!(space, "unit" | "currency") && !is_code(space, value))) && is_id(value)
}

/// What is no id is no key of anything.
fn is_id(value: &str) -> bool {
    Parse::stored().id("", value).is_some()
}

fn is_code(space: &str, value: &str) -> bool {
    match space {
        "unit" => codes::is_unit(value),
        "currency" => codes::is_currency(value),
        _ => false,
    }
}

/// What the id means on that day: in each namespace the entry that began last; several if the namespaces disagree.
fn meaning(table: Option<&ReferenceTable>, day: i64) -> Vec<&str> {
    let mut current: Vec<(&str, i64, &str)> = Vec::new();
    for entry in table.map_or(&[][..], |table| &table.entries) {
        let from = entry.valid_from.as_ref().map_or(i64::MIN, begins);
        if from > day {
            continue;
        }
        match current.iter_mut().find(|held| held.0 == entry.namespace) {
            Some(held) if held.1 >= from => {}
            Some(held) => *held = (&entry.namespace, from, &entry.canonical_id),
            None => current.push((&entry.namespace, from, &entry.canonical_id)),
        }
    }
    let mut meanings: Vec<&str> = current.into_iter().map(|(_, _, canonical)| canonical).collect();
    meanings.sort_unstable();
    meanings.dedup();
    meanings
}

fn begins(date: &Date) -> i64 {
    Parse::stored().date("", Some(date)).map_or(i64::MIN, day)
}

fn cause(connection: &str, space: &str, value: &str, key: &str, found: &[&str]) -> Cause {
    let (reason, message) = if found.is_empty() {
        (
            format!("UNKNOWN_{}", space.to_uppercase()),
            format!("{connection} names the {space} {value:?} and no cross-reference says which that is; send that cross-reference"),
        )
    } else {
        (
            "AMBIGUOUS_REFERENCE".to_owned(),
            format!("{connection}'s {space} {value:?} means {}: end all but one of these cross-references", found.join(" and ")),
        )
    };
    Cause { key: format!("reference/{key}"), reason, message }
}
