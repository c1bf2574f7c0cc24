//! What the exception desk says of itself when it is asked.

use crossdock_core::{Micros, Result};
use crossdock_proto::{governance::Exception, types::Severity};
use crossdock_records::{EXCEPTION, Policy, message, micros};
use crossdock_store::{Read, Scan};
use crossdock_telemetry::metrics::{EXCEPTIONS, EXCEPTIONS_AGE, Measured, Number};
use std::collections::BTreeMap;

/// Exceptions of one state that are looked at: with more of them nobody asks for the exact number.
const MOST: usize = 2_000;

/// Whose they are where no route says it: a label without a value is none.
const NOBODY: &str = "nobody";

/// What is not resolved, by severity and by the team that owns it.
///
/// # Errors
/// If the store fails.
pub fn gauges(read: &mut Read<'_>, _: &Policy, now: Micros) -> Result<Vec<Measured>> {
    let mut found: BTreeMap<(&str, String), (i64, Micros)> = BTreeMap::new();
    for state in ["open", "acknowledged"] {
        for record in read.scan(Scan::Field { kind: EXCEPTION, name: "state", value: state, prefix: "", after: "" }, MOST)? {
            let Some(held) = message::<Exception>(&record) else { continue };
            let since = held.first_time.as_ref().map_or(now, micros);
            let severity = severity(held.severity());
            let team = if held.team.is_empty() { NOBODY.to_owned() } else { held.team };
            let (count, oldest) = found.entry((severity, team)).or_insert((0, since));
            *count += 1;
            *oldest = since.min(*oldest);
        }
    }
    let gauges = found.into_iter().flat_map(|((severity, team), (count, oldest))| {
        let of = [severity, team.as_str()];
        [Measured::new(&EXCEPTIONS, &of, count), Measured::new(&EXCEPTIONS_AGE, &of, Number::seconds(now - oldest))]
    });
    Ok(gauges.collect())
}

fn severity(of: Severity) -> &'static str {
    match of {
        Severity::Unspecified | Severity::Warning => "warning",
        Severity::Info => "info",
        Severity::Error => "error",
    }
}
