//! What a connector says of a draft order, checked before anything is kept of it.

use crossdock_core::{Micro, Violation};
use crossdock_proto::writeback::{DraftLine, DraftOrder, LineOutcome, LineReport, PostedLine};
use crossdock_records::Parse;
use std::collections::BTreeMap;

/// Longest message, in characters.
const MESSAGE: usize = 500;

/// Whether the ERP has the line, or a part of it.
pub fn is_posted(outcome: LineOutcome) -> bool {
    matches!(outcome, LineOutcome::Posted | LineOutcome::Changed)
}

/// How much of a line these parts are; none if that is no number.
pub fn total(parts: &[PostedLine]) -> Option<Micro> {
    parts.iter().try_fold(Micro::ZERO, |total, part| total.plus(part.quantity.parse().ok()?).ok())
}

/// What a report says as a whole: that something is open, before all else.
pub fn outcome(reports: &[LineReport]) -> LineOutcome {
    let any = |outcome: LineOutcome| reports.iter().any(|report| report.outcome() == outcome);
    let open = [LineOutcome::Unknown, LineOutcome::Retry].into_iter().find(|outcome| any(*outcome));
    let alike = [LineOutcome::Posted, LineOutcome::Rejected].into_iter().find(|of| reports.iter().all(|report| report.outcome() == *of));
    open.or(alike).unwrap_or(LineOutcome::Changed)
}

/// Checks a report against its draft: every line once, and nothing that cannot be.
///
/// # Errors
/// The first that is wrong.
pub fn check(draft: &DraftOrder, reports: &[LineReport]) -> Result<(), Violation> {
    let lines: BTreeMap<i32, &DraftLine> = draft.lines.iter().map(|line| (line.number, line)).collect();
    let mut open = lines.clone();
    for report in reports {
        let number = report.number.to_string();
        let Some(line) = lines.get(&report.number) else {
            let message = format!("is no line of draft order {}: it has {}", draft.posting_key, numbers(&lines));
            return Err(Violation::new("lines.number", "UNKNOWN_LINE", number, message));
        };
        if open.remove(&report.number).is_none() {
            return Err(Violation::new(
                "lines.number",
                "REPEATED",
                number,
                "is reported twice: report every line once, with all its parts",
            ));
        }
        check_line(line, report)?;
    }
    if open.is_empty() {
        return Ok(());
    }
    let message = "are not reported: report every line of the draft, with RETRY where nothing was done";
    Err(Violation::new("lines", "LINE_MISSING", numbers(&open), message))
}

fn numbers(lines: &BTreeMap<i32, &DraftLine>) -> String {
    lines.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn check_line(line: &DraftLine, report: &LineReport) -> Result<(), Violation> {
    let wrong = |field: &str, reason, value: &str, message: String| {
        Err(Violation::new(format!("lines.{field}"), reason, value, format!("line {}: {message}", line.number)))
    };
    let outcome = LineOutcome::try_from(report.outcome).unwrap_or_default();
    let name = outcome.as_str_name();
    if outcome == LineOutcome::Unspecified {
        return wrong("outcome", "MISSING", &report.outcome.to_string(), "is required: POSTED, CHANGED, REJECTED, RETRY or UNKNOWN".into());
    }
    if is_posted(outcome) && report.posted.is_empty() {
        return wrong("posted", "DOCUMENT_MISSING", name, "name the document and line in the ERP".into());
    }
    if !is_posted(outcome) && !report.posted.is_empty() {
        return wrong("posted", "NOT_POSTED", name, "has documents, and is not POSTED or CHANGED".into());
    }
    if outcome == LineOutcome::Rejected && report.message.is_empty() {
        return wrong("message", "MISSING", "", "say why the ERP refused it".into());
    }
    if report.message.chars().count() > MESSAGE {
        return wrong("message", "TOO_LONG", &report.message, format!("has more than {MESSAGE} characters"));
    }
    for part in &report.posted {
        check_part(part)?;
    }
    let drafted: Micro = line.quantity.parse().unwrap_or_default();
    let Some(posted) = total(&report.posted) else {
        return wrong("posted.quantity", "OUT_OF_RANGE", "", "the parts together are too much to count".into());
    };
    if posted > drafted {
        let message = format!("is more than was drafted, {drafted}: report the draft line's part; what the ERP added is not of it");
        return wrong("posted.quantity", "MORE_THAN_DRAFTED", &posted.to_string(), message);
    }
    if outcome == LineOutcome::Posted && posted != drafted {
        return wrong(
            "posted.quantity",
            "NOT_AS_DRAFTED",
            &posted.to_string(),
            format!("is not the drafted {drafted}: then it is CHANGED"),
        );
    }
    Ok(())
}

fn check_part(part: &PostedLine) -> Result<(), Violation> {
    let mut parse = Parse::new("", "");
    parse.within("lines", |parse| {
        parse.within("posted", |parse| {
            parse.id("document", &part.document);
            parse.id("line", &part.line);
            let quantity = parse.not_negative("quantity", &part.quantity)?;
            if quantity == Micro::ZERO {
                return parse.bad(
                    "quantity",
                    "NOT_POSITIVE",
                    &part.quantity,
                    "must be more than zero: a line of which nothing was posted is REJECTED",
                );
            }
            parse.countable("quantity", quantity)
        })
    });
    parse.finish().0.into_iter().next().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> DraftOrder {
        let line = |number, quantity: &str| DraftLine { number, quantity: quantity.into(), ..DraftLine::default() };
        DraftOrder { posting_key: "K".into(), lines: vec![line(1, "24"), line(3, "6")], ..DraftOrder::default() }
    }

    fn said(number: i32, outcome: LineOutcome, parts: &[(&str, &str, &str)]) -> LineReport {
        let part = |(document, line, quantity): &(&str, &str, &str)| PostedLine {
            document: (*document).into(),
            line: (*line).into(),
            quantity: (*quantity).into(),
        };
        let message = if outcome == LineOutcome::Rejected { "no".to_owned() } else { String::new() };
        LineReport { number, outcome: outcome.into(), posted: parts.iter().map(part).collect(), message }
    }

    #[test]
    fn a_whole_report_is_taken() {
        let first = said(1, LineOutcome::Posted, &[("PO", "10", "20"), ("PO", "20", "4")]);
        for second in [
            said(3, LineOutcome::Changed, &[("PO", "30", "5")]),
            said(3, LineOutcome::Rejected, &[]),
            said(3, LineOutcome::Retry, &[]),
            said(3, LineOutcome::Unknown, &[]),
        ] {
            assert_eq!(check(&draft(), &[second, first.clone()]), Ok(()));
        }
    }

    #[test]
    fn a_report_as_a_whole() {
        use LineOutcome::{Changed, Posted, Rejected, Retry, Unknown};
        let table = [
            (Posted, Posted, Posted),
            (Rejected, Rejected, Rejected),
            (Posted, Rejected, Changed),
            (Changed, Posted, Changed),
            (Retry, Posted, Retry),
            (Retry, Unknown, Unknown),
        ];
        for (one, other, whole) in table {
            assert_eq!(
                [outcome(&[said(1, one, &[]), said(3, other, &[])]), outcome(&[said(3, other, &[]), said(1, one, &[])])],
                [whole; 2]
            );
        }
    }

    #[test]
    fn bad_reports_are_refused() {
        use LineOutcome::{Changed, Posted, Rejected, Retry, Unknown, Unspecified};
        let good = || said(1, Retry, &[]);
        let silent = LineReport { message: String::new(), ..said(3, Rejected, &[]) };
        let wordy = LineReport { message: "x".repeat(501), ..said(3, Rejected, &[]) };
        let table = [
            (vec![], "LINE_MISSING"),
            (vec![good()], "LINE_MISSING"),
            (vec![good(), good()], "REPEATED"),
            (vec![good(), said(2, Retry, &[])], "UNKNOWN_LINE"),
            (vec![good(), said(3, Unspecified, &[])], "MISSING"),
            (vec![good(), LineReport { outcome: 77, ..said(3, Retry, &[]) }], "MISSING"),
            (vec![good(), said(3, Posted, &[])], "DOCUMENT_MISSING"),
            (vec![good(), said(3, Changed, &[])], "DOCUMENT_MISSING"),
            (vec![good(), said(3, Rejected, &[("PO", "1", "6")])], "NOT_POSTED"),
            (vec![good(), said(3, Unknown, &[("PO", "1", "6")])], "NOT_POSTED"),
            (vec![good(), silent], "MISSING"),
            (vec![good(), wordy], "TOO_LONG"),
            (vec![good(), said(3, Posted, &[("", "1", "6")])], "MISSING"),
            (vec![good(), said(3, Posted, &[("PO", "", "6")])], "MISSING"),
            (vec![good(), said(3, Posted, &[("PO", "1", "six")])], "MALFORMED_NUMBER"),
            (vec![good(), said(3, Posted, &[("PO", "1", "-6")])], "NEGATIVE"),
            (vec![good(), said(3, Changed, &[("PO", "1", "0")])], "NOT_POSITIVE"),
            (vec![good(), said(3, Posted, &[("PO", "1", "5")])], "NOT_AS_DRAFTED"),
            (vec![good(), said(3, Posted, &[("PO", "1", "7")])], "MORE_THAN_DRAFTED"),
            (vec![good(), said(3, Changed, &[("PO", "1", "4"), ("PO", "2", "3")])], "MORE_THAN_DRAFTED"),
        ];
        for (reports, reason) in table {
            assert_eq!(check(&draft(), &reports).map_err(|violation| violation.reason), Err(reason), "{reports:?}");
        }
    }
}
