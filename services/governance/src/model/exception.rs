//! What becomes of an issue on the exception desk.

use crossdock_proto::{
    governance::{Exception, ExceptionState},
    operations::{Issue, IssueState},
};

/// The key of the exception of a cause.
pub fn key(service: &str, cause: &str) -> String {
    format!("{service}/{cause}")
}

/// The exception after its service was heard again. What a person said stays with it until its cause has gone away and come back.
pub fn heard(service: &str, held: Option<Exception>, issue: &Issue) -> Exception {
    // A cause that went away and came back in between began anew.
    let same = held.filter(|held| held.first_time == issue.first_time);
    let was = same.as_ref().map_or(ExceptionState::Open, Exception::state);
    let state = match (issue.state(), was) {
        (IssueState::Resolved, _) => ExceptionState::Resolved,
        (_, ExceptionState::Acknowledged) => ExceptionState::Acknowledged,
        _ => ExceptionState::Open,
    };
    let reopened = was == ExceptionState::Resolved && state == ExceptionState::Open;
    let said = same.filter(|_| !reopened).unwrap_or_default();
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
        acknowledged_by: said.acknowledged_by,
        note: said.note,
        ..Exception::default()
    }
}

/// The exception after its service took its issue back altogether.
pub fn gone(held: Exception) -> Exception {
    Exception { state: ExceptionState::Resolved.into(), records: 0, quantity: "0".to_owned(), ..held }
}

/// The exception after somebody said that they work on it; `None` if its cause has gone away.
pub fn acknowledged(held: &Exception, by: &str, note: &str) -> Option<Exception> {
    (held.state() != ExceptionState::Resolved).then(|| Exception {
        state: ExceptionState::Acknowledged.into(),
        acknowledged_by: by.to_owned(),
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

    fn resolved() -> Issue {
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
        let over = hear(Some(more), &resolved()).unwrap();
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
