use super::*;
use crossdock_core::{Micro, TraceParent};
use std::sync::{Mutex, atomic::AtomicUsize};

/// An instrument of a test's own, with room for so many series.
fn instrument(kind: Kind, labels: &'static [&'static str], room: usize) -> &'static Instrument {
    let left = Box::leak(Box::new(AtomicUsize::new(room)));
    Box::leak(Box::new(Instrument { name: "a.test", kind, unit: "s", labels, help: "Tries it", left, held: Mutex::new(Vec::new()) }))
}

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn traced(instrument: &'static Instrument, trace: &str, value: impl Into<Number>) {
    Measured::new(instrument, &[], value).within(TraceParent::parse(trace)).publish();
}

fn openmetrics(instrument: &'static Instrument) -> String {
    exposition::openmetrics(&[instrument]).unwrap()
}

#[test]
fn what_passes_the_limits_is_counted_under_other() {
    let counter = instrument(Kind::Counter, &["item"], 10_000);
    let before = DROPPED.shown(&["series"]).unwrap_or_default();
    (0..1_000_000).for_each(|item: i32| counter.record(&[&item.to_string()], 1));
    assert_eq!(openmetrics(counter).lines().count(), 3 + 201 + 1);
    assert_eq!(counter.shown(&["other"]), Some(999_800.0));
    assert_eq!(counter.shown(&["199"]), Some(1.0));
    assert!(DROPPED.shown(&["series"]) >= Some(before + 999_800.0));
}

#[test]
fn a_process_has_no_more_series_than_it_may() {
    let histogram = instrument(Kind::Histogram(&[1.0, 2.0]), &["method"], 12);
    ["a", "b", "c", "d", "c"].into_iter().for_each(|method| histogram.record(&[method], 1));
    // Five series each, and those of others are set aside.
    assert_eq!(["a", "b", "c", "other"].map(|method| histogram.shown(&[method])), [Some(1.0), Some(1.0), None, Some(3.0)]);
    let all: usize = ALL.iter().map(|instrument| instrument.kind.series()).sum();
    assert!(all < SERIES / 5, "{all} of {SERIES} are set aside");
}

#[test]
fn a_gauge_shows_what_was_said_last_and_nothing_else() {
    replace("one", &[Measured::new(&PARKED, &["one", "item"], 3), Measured::new(&PARKED, &["one", "supplier"], 1)]);
    replace("two", &[Measured::new(&PARKED, &["two", "item"], 5)]);
    replace("one", &[Measured::new(&PARKED, &["one", "item"], 2)]);
    let shown = |values| PARKED.shown(values);
    assert_eq!([shown(&["one", "item"]), shown(&["one", "supplier"]), shown(&["two", "item"])], [Some(2.0), None, Some(5.0)]);
    let gauge = instrument(Kind::Gauge, &["of"], 2);
    ["a", "b", "c"].into_iter().for_each(|of| gauge.record(&[of], 1));
    gauge.change(&["a"], -3);
    assert_eq!(["a", "b", "c", "other"].map(|of| gauge.shown(&[of])), [Some(-2.0), Some(1.0), None, None]);
}

#[test]
fn exemplars_name_sampled_spans_only() {
    let histogram = instrument(Kind::Histogram(&[1.0, 2.0]), &[], 100);
    traced(histogram, TRACE, Number::seconds(1_500_000));
    traced(histogram, &TRACE.replace("-01", "-00"), 9);
    histogram.record(&[], 9);
    let text = openmetrics(histogram);
    let lines: Vec<&str> = text.lines().collect();
    let exemplar = r#"a_test_seconds_bucket{le="2.0"} 1 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"} 1.5 "#;
    assert!(lines.iter().any(|line| line.starts_with(exemplar)), "{text}");
    assert!(lines.contains(&r#"a_test_seconds_bucket{le="+Inf"} 3"#), "{text}");
    assert_eq!(text.matches(" # ").count(), 1, "{text}");
    let plain = exposition::plain(&[histogram]).unwrap();
    assert!(
        plain.contains("# TYPE a_test_seconds histogram\na_test_seconds_bucket{le=\"1\"} 0\na_test_seconds_bucket{le=\"2\"} 1\n"),
        "{plain}"
    );
    assert!(plain.contains("a_test_seconds_bucket{le=\"+Inf\"} 3\n"), "{plain}");
    assert!(plain.contains("a_test_seconds_sum{} 19.5\na_test_seconds_count{} 3\n") && !plain.contains(" # "), "{plain}");
}

#[test]
fn numbers_are_exact_until_they_are_shown() {
    let counter = instrument(Kind::Counter, &[], 1);
    counter.record(&[], "0.25".parse::<Micro>().unwrap());
    counter.record(&[], Number::share(Micro(3), Micro(4)).unwrap());
    assert_eq!(counter.shown(&[]), Some(1.0));
    assert_eq!(Number::share(Micro(3), Micro::ZERO), None);
}

#[test]
fn the_page_in_the_docs_is_made_from_the_table() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
    if std::fs::read_to_string(file).unwrap_or_default() != page() {
        std::fs::write(file, page()).unwrap();
        panic!("docs/metrics.md was not what the table says; it was written anew: look at it and commit it");
    }
}

#[test]
fn the_table_is_well_formed() {
    for (index, one) in ALL.iter().enumerate() {
        assert_eq!(exposition::full_name(one).matches("seconds").count(), usize::from(one.unit == "s"), "{}", one.name);
        assert!(ALL[..index].iter().all(|other| other.name != one.name), "{} is there twice", one.name);
        assert!(!one.help.is_empty() && !one.help.ends_with('.') && !one.help.contains('|'), "{}", one.name);
        if let Kind::Histogram(bounds) = one.kind {
            assert!(bounds.is_sorted(), "{}", one.name);
        }
    }
}
