//! How much each connection asks for: calls at once, and calls begun per second.

use crossdock_core::{Error, ErrorKind, Result};
use crossdock_proto::governance::Connection;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Calls at once, and calls begun per second, of a connection whose policy says nothing.
const AT_ONCE: u32 = 100;
const PER_SECOND: u32 = 1_000;
/// As many calls may come at once as are allowed in this time.
const BURST: Duration = Duration::from_secs(1);

/// What the connections of one service are doing.
#[derive(Clone, Default)]
pub(crate) struct CallsAtOnce(Arc<Mutex<HashMap<String, Use>>>);

#[derive(Default)]
struct Use {
    open: u32,
    /// When the calls begun so far would have come at the allowed rate.
    paid: Option<Instant>,
}

impl CallsAtOnce {
    /// Lets a call begin, until what is returned is dropped. `known` says which connections there are.
    ///
    /// # Errors
    /// `TOO_MANY_CALLS`.
    pub(crate) fn begin(&self, connection: &Connection, known: impl Fn(&str) -> bool, now: Instant) -> Result<OpenCall> {
        let limits = connection.limits.unwrap_or_default();
        let (most, rate) = (or(limits.in_flight, AT_ONCE), or(limits.per_second, PER_SECOND));
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !uses.contains_key(&connection.name) {
            uses.retain(|name, held| held.open > 0 || known(name));
        }
        let held = uses.entry(connection.name.clone()).or_default();
        if held.open >= most {
            return Err(too_many(format!(
                "connection {} has {} calls open; at most {most} at once are allowed",
                connection.name, held.open
            )));
        }
        let paid = held.paid.map_or(now, |paid| paid.max(now)) + BURST / rate;
        if paid.duration_since(now) > BURST {
            return Err(too_many(format!("connection {} begins more than {rate} calls per second", connection.name)));
        }
        held.paid = Some(paid);
        held.open += 1;
        Ok(OpenCall { of: self.clone(), connection: connection.name.clone() })
    }
}

fn or(said: u32, usual: u32) -> u32 {
    if said == 0 { usual } else { said }
}

fn too_many(message: String) -> Error {
    Error::new(ErrorKind::Exhausted, "TOO_MANY_CALLS", message)
}

/// A call that counts until this is dropped.
pub(crate) struct OpenCall {
    of: CallsAtOnce,
    connection: String,
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        let mut uses = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = uses.get_mut(&self.connection) {
            held.open = held.open.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossdock_proto::governance::CallLimits;

    fn connection(name: &str, in_flight: u32, per_second: u32) -> Connection {
        Connection { name: name.into(), limits: Some(CallLimits { in_flight, per_second }), ..Connection::default() }
    }

    #[test]
    fn calls_count_as_long_as_they_are_open() {
        let (calls, now) = (CallsAtOnce::default(), Instant::now());
        let (erp, wms) = (connection("erp", 2, 0), connection("wms", 2, 0));
        let begin = |of: &Connection| calls.begin(of, |_| true, now);
        let (first, _second) = (begin(&erp).unwrap(), begin(&erp).unwrap());
        let refused = begin(&erp).err().unwrap();
        assert_eq!((refused.reason, refused.kind), ("TOO_MANY_CALLS", ErrorKind::Exhausted));
        begin(&wms).unwrap();
        drop(first);
        begin(&erp).unwrap();
    }

    #[test]
    fn calls_begin_at_the_allowed_rate_with_a_second_at_once() {
        let (calls, start) = (CallsAtOnce::default(), Instant::now());
        let erp = connection("erp", 0, 10);
        let begun = |from: Instant, tries: usize| (0..tries).filter(|_| calls.begin(&erp, |_| true, from).is_ok()).count();
        assert_eq!(begun(start, 50), 10);
        assert_eq!(begun(start + Duration::from_millis(350), 50), 3);
        assert_eq!(begun(start + Duration::from_secs(60), 50), 10, "a long silence saves up no more than a second");
    }

    #[test]
    fn connections_that_are_gone_are_forgotten() {
        let (calls, now) = (CallsAtOnce::default(), Instant::now());
        for number in 0..100 {
            drop(calls.begin(&connection(&number.to_string(), 0, 0), |_| false, now).unwrap());
        }
        assert_eq!(calls.0.lock().unwrap().len(), 1);
    }
}
