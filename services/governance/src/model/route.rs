//! Who cares for an exception, and what their tool is told.

use crossdock_core::Micros;
use crossdock_proto::governance::{Exception, ExceptionRoute, ExceptionState, Policy};
use crossdock_records::{micros, timestamp};

/// An exception is there, or is there again.
pub const OPENED: &str = "opened";
/// Nobody acknowledged it in time.
pub const ESCALATED: &str = "escalated";
/// It is settled.
pub const RESOLVED: &str = "resolved";

const SECOND: Micros = 1_000_000;
/// Longest pause before a webhook is tried again.
const HOUR: Micros = 3_600 * SECOND;
/// Longest error of a webhook that is kept, in characters.
const ERROR: usize = 200;

/// The route of an exception: the first that fits.
pub fn of<'a>(policy: &'a Policy, exception: &Exception) -> Option<&'a ExceptionRoute> {
    let within = |all: &[String], one: &String| all.is_empty() || all.contains(one);
    policy.routes.iter().find(|route| within(&route.reasons, &exception.reason) && within(&route.services, &exception.service))
}

/// The exception as its route has it, after a change: its team, its times, and what its webhook is to be told.
pub fn routed(old: Option<&Exception>, mut new: Exception, route: Option<&ExceptionRoute>, now: Micros) -> Exception {
    let route = route.cloned().unwrap_or_default();
    let is_resolved = new.state() == ExceptionState::Resolved;
    let mut events = Vec::new();
    if new.open_time.is_none() {
        new.open_time = Some(timestamp(now));
        events.extend((!is_resolved).then_some(OPENED));
    }
    if new.escalations > old.map_or(0, |old| old.escalations) {
        events.push(ESCALATED);
    }
    if is_resolved && old.is_none_or(|old| old.state() != ExceptionState::Resolved) {
        new.resolve_time = Some(timestamp(now));
        events.extend(old.is_some().then_some(RESOLVED));
    }
    new.team = if new.escalations > 0 && !route.escalate_to.is_empty() { route.escalate_to } else { route.team };
    if route.webhook.is_empty() { quiet(new) } else { to_tell(new, &events) }
}

/// With nothing to tell.
fn quiet(exception: Exception) -> Exception {
    Exception { untold: Vec::new(), webhook_error: String::new(), failed_tries: 0, next_try_time: None, ..exception }
}

/// What happened again is told once, at its latest place.
fn to_tell(mut exception: Exception, events: &[&str]) -> Exception {
    for event in events {
        exception.untold.retain(|untold| untold != event);
        exception.untold.push((*event).to_owned());
    }
    exception
}

/// When an exception escalates if nobody acknowledges it; `None`: never.
pub fn escalates_at(exception: &Exception, route: Option<&ExceptionRoute>) -> Option<Micros> {
    let after = route?.escalate_after.as_ref()?;
    let waits = exception.state() == ExceptionState::Open && exception.escalations == 0;
    let since = exception.open_time.as_ref().filter(|_| waits)?;
    Some(micros(since).saturating_add(after.seconds.saturating_mul(SECOND)))
}

/// The exception after its webhook was told of `event`, or why it was not.
pub fn told(mut held: Exception, event: &str, answer: Result<(), &str>, now: Micros) -> Exception {
    match answer {
        Ok(()) => {
            held.untold.retain(|untold| untold != event);
            held.webhook_error.clear();
            held.failed_tries = 0;
            held.next_try_time = None;
        }
        Err(error) => {
            let pause = SECOND.saturating_mul(1 << held.failed_tries.clamp(0, 20)).min(HOUR);
            held.webhook_error = error.chars().take(ERROR).collect();
            held.failed_tries = held.failed_tries.saturating_add(1);
            held.next_try_time = Some(timestamp(now + pause));
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route() -> ExceptionRoute {
        let mut route =
            ExceptionRoute { team: "data".into(), escalate_to: "leads".into(), webhook: "http://x".into(), ..Default::default() };
        route.escalate_after.get_or_insert_default().seconds = 60;
        route
    }

    fn with(state: ExceptionState, held: &Exception) -> Exception {
        Exception { state: state.into(), ..held.clone() }
    }

    #[test]
    fn the_webhook_is_told_of_each_event_once() {
        let open = routed(None, with(ExceptionState::Open, &Exception::default()), Some(&route()), SECOND);
        assert_eq!((open.team.as_str(), &open.untold[..]), ("data", &[OPENED.to_owned()][..]));
        assert_eq!(escalates_at(&open, Some(&route())), Some(61 * SECOND));
        assert_eq!(routed(Some(&open), open.clone(), Some(&route()), 2 * SECOND), open, "nothing happened");
        let late = routed(Some(&open), Exception { escalations: 1, ..open.clone() }, Some(&route()), 3 * SECOND);
        assert_eq!((late.team.as_str(), late.untold.join(",").as_str()), ("leads", "opened,escalated"));
        assert_eq!(escalates_at(&late, Some(&route())), None);
        let over = routed(Some(&late), with(ExceptionState::Resolved, &late), Some(&route()), 4 * SECOND);
        assert_eq!(over.untold.join(","), "opened,escalated,resolved");
        let again = routed(Some(&over), Exception { open_time: None, ..with(ExceptionState::Open, &over) }, Some(&route()), 5 * SECOND);
        assert_eq!(again.untold.join(","), "escalated,resolved,opened");
        let silent = routed(Some(&again), again.clone(), None, 6 * SECOND);
        assert_eq!((silent.team.as_str(), silent.untold.len()), ("", 0));
    }

    #[test]
    fn pauses_double_up_to_an_hour_and_end_with_a_success() {
        let mut held = Exception { untold: vec![OPENED.into(), RESOLVED.into()], ..Exception::default() };
        let mut pauses = Vec::new();
        for _ in 0..30 {
            held = told(held, OPENED, Err("no answer"), 0);
            pauses.push(held.next_try_time.as_ref().map_or(0, |at| at.seconds));
        }
        assert_eq!((&pauses[..4], pauses[29], held.webhook_error.as_str()), (&[1, 2, 4, 8][..], 3_600, "no answer"));
        let done = told(held, OPENED, Ok(()), 0);
        assert_eq!((done.untold, done.webhook_error, done.failed_tries), (vec![RESOLVED.to_owned()], String::new(), 0));
    }
}
