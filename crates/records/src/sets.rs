//! Sets: everything that arrives as a whole.

use crate::{Kind, Kinds, Known, Parse, Rules};
use crossdock_core::{Key, Result, Violation, key};
use crossdock_proto::operations::{Set, SetState};
use crossdock_store::{Fields, Record, Tx};

/// Number of the kind of sets; the sum of a set's records carries it too.
pub const SET: u16 = 22;

impl Kind for Set {
    const NUMBER: u16 = SET;
    const DOCUMENT: bool = false;
    type Message = Self;

    fn parse(message: &Self, _: &mut Parse<'_>) -> Option<Self> {
        Some(message.clone())
    }
}

impl Rules for Set {
    fn fields(&self) -> Fields {
        let state = self.state().as_str_name().trim_start_matches("SET_STATE_").to_lowercase();
        vec![("kind", self.kind.clone()), ("state", state)]
    }
}

pub(crate) fn key(connection: &str, set_key: &str) -> Key {
    Key::new(SET, key::join([connection, set_key]))
}

/// Whether a record of this set counts at once; refused if the set does not take it.
pub(crate) fn admit(known: &Known, connection: &str, set_key: &str, kind: &str) -> Result<bool, Violation> {
    if set_key.is_empty() {
        return Ok(true);
    }
    let refused = |message: String| Violation::new("envelope.set_key", "SET_NOT_OPEN", set_key, message);
    let Some(set) = known.get::<Set>(&key(connection, set_key).key) else {
        return Err(refused(format!("connection {connection} has no such set; open it first")));
    };
    if set.kind != kind {
        return Err(refused(format!("is a set of {}", set.kind)));
    }
    if set.state() != SetState::Open {
        return Err(refused(format!("takes no more records, it is {}; open another set", set.state().as_str_name())));
    }
    Ok(!crossdock_proto::schema().kind_named(kind).is_some_and(|info| info.on_commit))
}

/// Counts a record into its set, once however often it is sent.
pub(crate) fn count(tx: &mut Tx<'_>, held: Option<&Record>, new: &Record) -> Result<()> {
    if new.set_key.is_empty() || held.is_some_and(|held| held.set_key == new.set_key) {
        return Ok(());
    }
    tx.add(SET, &key(&new.connection, &new.set_key).key, 0, 1)
}

/// Records of a kind that is shown on commit can be found by their set.
pub(crate) fn field(kinds: &Kinds, record: &Record, fields: &mut Fields) {
    if !record.set_key.is_empty() && kinds.info(record.kind).is_some_and(|info| info.on_commit) {
        fields.push(("set", key(&record.connection, &record.set_key).key));
    }
}
