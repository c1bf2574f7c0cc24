//! What becomes of an issue on the exception desk.

use crossdock_core::Micros;
use crossdock_proto::{
    governance::{Exception, ExceptionComment, ExceptionState},
    operations::{Issue, IssueState},
};
use crossdock_records::timestamp;

/// Comments that are kept.
const COMMENTS: usize = 20;

/// The key of the exception of a cause.
pub fn key(service: &str, cause: &str) -> String {
    format!("{service}/{cause}")
}

/// The exception after its service was heard again. What a person said stays with it until its cause has gone away and come back; comments stay.
pub fn heard(service: &str, held: Option<Exception>, issue: &Issue) -> Exception {
    let held = held.unwrap_or_default();
    // A cause that went away and came back in between began anew.
    let same = held.first_time == issue.first_time;
    let settled_by_hand = held.state() == ExceptionState::Resolved && !held.resolved_by.is_empty() && issue.records <= held.records;
    let state = match (issue.state(), held.state()) {
        (IssueState::Resolved, _) => ExceptionState::Resolved,
        (_, ExceptionState::Acknowledged) if same => ExceptionState::Acknowledged,
        (_, ExceptionState::Resolved) if same && settled_by_hand => ExceptionState::Resolved,
        _ => ExceptionState::Open,
    };
    let reopened = held.state() == ExceptionState::Resolved && state == ExceptionState::Open;
    let said = if same && !reopened { held } else { anew(held) };
    Exception {
        service: service.to_owned(),
        cause: issue.cause.clone(),
        reason: issue.reason.clone(),
        message: issue.message.clone(),
        severity: issue.severity,
        state: state.into(),
        records: issue.records,
        quantity: issue.quantity.clone(),
        first_time: issue.first_time,
        resolved_by: if issue.state() == IssueState::Resolved { String::new() } else { said.resolved_by.clone() },
        ..said
    }
}

/// What is left of an exception whose cause begins anew: what people said, and what its webhook has yet to be told.
fn anew(held: Exception) -> Exception {
    Exception {
        comments: held.comments,
        webhook_error: held.webhook_error,
        untold: held.untold,
        failed_tries: held.failed_tries,
        next_try_time: held.next_try_time,
        ..Exception::default()
    }
}

/// The exception after its service took its issue back altogether.
pub fn gone(held: Exception) -> Exception {
    Exception { state: ExceptionState::Resolved.into(), records: 0, quantity: "0".to_owned(), resolved_by: String::new(), ..held }
}

/// The exception after somebody said that they work on it; `None` if it is resolved.
pub fn acknowledged(held: &Exception, by: &str, note: &str) -> Option<Exception> {
    (held.state() != ExceptionState::Resolved).then(|| Exception {
        state: ExceptionState::Acknowledged.into(),
        acknowledged_by: by.to_owned(),
        note: note.to_owned(),
        ..held.clone()
    })
}

/// The exception after somebody said something of it.
pub fn commented(mut held: Exception, by: &str, text: &str, now: Micros) -> Exception {
    held.comments.push(ExceptionComment { principal: by.to_owned(), time: Some(timestamp(now)), text: text.to_owned() });
    let over = held.comments.len().saturating_sub(COMMENTS);
    held.comments.drain(..over);
    held
}

/// The exception after somebody settled it although its cause stands; `None` if it is resolved.
pub fn resolved(held: &Exception, by: &str, note: &str) -> Option<Exception> {
    (held.state() != ExceptionState::Resolved).then(|| Exception {
        state: ExceptionState::Resolved.into(),
        resolved_by: by.to_owned(),
        note: note.to_owned(),
        ..held.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn issue(state: IssueState, records: i64, first: u8) -> Issue {
        let first_time = Some(crossdock_proto::types::Watermark::default().recorded_through.unwrap_or_default());
        let first_time = first_time.map(|mut at| {
            at.seconds = i64::from(first);
            at
        });
        Issue { cause: "item/ABC".into(), state: state.into(), records, first_time, ..Issue::default() }
    }

    fn open(records: i64) -> Issue {
        issue(IssueState::Open, records, 1)
    }

    fn over() -> Issue {
        issue(IssueState::Resolved, 0, 1)
    }

    fn hear(held: Option<Exception>, issue: &Issue) -> Option<Exception> {
        Some(heard("demand-signal", held, issue))
    }

    #[test]
    fn what_was_said_stays_while_the_counts_change() {
        let seen = hear(None, &open(3));
        let said = acknowledged(&seen.unwrap(), "ann", "asked the ERP team");
        let more = hear(said, &open(7)).unwrap();
        assert_eq!((more.state(), more.records, more.acknowledged_by.as_str()), (ExceptionState::Acknowledged, 7, "ann"));
        let over = hear(Some(more), &over()).unwrap();
        assert_eq!((over.state(), over.records, over.note.as_str()), (ExceptionState::Resolved, 0, "asked the ERP team"));
        assert_eq!(acknowledged(&over, "bob", ""), None);
        let again = hear(Some(over), &open(2)).unwrap();
        assert_eq!((again.state(), again.acknowledged_by.as_str(), again.note.as_str()), (ExceptionState::Open, "", ""));
    }

    #[test]
    fn a_cause_that_came_back_unheard_is_open_again() {
        let said = acknowledged(&hear(None, &open(3)).unwrap(), "ann", "");
        assert_eq!(hear(said, &issue(IssueState::Open, 1, 2)).unwrap().state(), ExceptionState::Open);
    }

    #[test]
    fn what_was_settled_by_hand_opens_again_when_its_cause_grows_or_comes_back() {
        let settled = |records| resolved(&hear(None, &open(records)).unwrap(), "ann", "known, harmless").unwrap();
        for (next, state) in [(3, ExceptionState::Resolved), (2, ExceptionState::Resolved), (4, ExceptionState::Open)] {
            assert_eq!(hear(Some(settled(3)), &open(next)).unwrap().state(), state, "{next}");
        }
        assert_eq!(resolved(&settled(3), "bob", "again"), None);
        let went = hear(Some(settled(3)), &over()).unwrap();
        assert_eq!((went.state(), went.resolved_by.as_str()), (ExceptionState::Resolved, ""));
        assert_eq!(hear(Some(went), &open(0)).unwrap().state(), ExceptionState::Open);
        let anew = hear(Some(settled(3)), &issue(IssueState::Open, 1, 2)).unwrap();
        assert_eq!((anew.state(), anew.resolved_by.as_str(), anew.note.as_str()), (ExceptionState::Open, "", ""));
    }

    #[test]
    fn the_newest_comments_are_kept() {
        let mut held = hear(None, &open(1)).unwrap();
        for number in 0..25 {
            held = commented(held, "ann", &number.to_string(), 0);
        }
        let again = hear(Some(hear(Some(held), &over()).unwrap()), &open(2)).unwrap();
        assert_eq!((again.comments.len(), again.comments[0].text.as_str(), again.comments[19].text.as_str()), (20, "5", "24"));
    }

    proptest! {
        /// A feed shows each picture at least once and in order, and may leave out all but the latest.
        #[test]
        fn repeated_and_left_out_pictures_end_the_same(story in prop::collection::vec((any::<bool>(), 1_i64..9, 1_u8..3, 1_usize..4), 1..12)) {
            let pictures: Vec<(Issue, usize)> = story
                .into_iter()
                .map(|(is_open, records, first, times)| {
                    let state = if is_open { IssueState::Open } else { IssueState::Resolved };
                    (issue(state, if is_open { records } else { 0 }, first), times)
                })
                .collect();
            let once = pictures.iter().fold(None, |held, (picture, _)| hear(held, picture));
            let repeated = pictures.iter().fold(None, |held, (picture, times)| (0..*times).fold(held, |held, _| hear(held, picture)));
            let last = hear(None, &pictures.last().unwrap().0);
            prop_assert_eq!(&once, &repeated);
            prop_assert_eq!(&once, &last);
        }
    }
}
