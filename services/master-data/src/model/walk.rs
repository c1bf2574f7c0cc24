//! Walks along records that name the next one: parents, successors.

use super::named;
use crossdock_core::{Violation, key};
use crossdock_records::{Known, Verdict};

/// Whether a record may name `first`: not if the walk on from there comes back to it.
///
/// `next` says what a known record names. The walk ends where a record is not there.
pub fn ends<'k>(
    field: &'static str,
    kind: u16,
    start: &'k str,
    first: Option<&'k str>,
    known: &'k Known,
    next: impl Fn(&'k str) -> Option<&'k str>,
) -> Verdict {
    let mut path = vec![start];
    let mut at = first;
    while let Some(id) = at {
        if id == start {
            return Verdict::Refuse(cycle(field, &path));
        }
        if path.contains(&id) {
            break;
        }
        if !known.is_known(kind, &key::join([id])) {
            return Verdict::Look(vec![named(kind, id)]);
        }
        path.push(id);
        at = next(id);
    }
    Verdict::Use
}

fn cycle(field: &'static str, path: &[&str]) -> Violation {
    let start = path.first().copied().unwrap_or_default();
    let message = format!("comes back to where it began: {} -> {start}; one of these has to name another, or none", path.join(" -> "));
    Violation::new(field, "CYCLE", path.get(1).unwrap_or(&start), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_names_its_whole_path() {
        let violation = cycle("parent_id", &["A", "B", "C"]);
        assert_eq!((violation.reason, violation.value.as_str()), ("CYCLE", "B"));
        assert!(violation.message.contains("A -> B -> C -> A"), "{}", violation.message);
    }
}
