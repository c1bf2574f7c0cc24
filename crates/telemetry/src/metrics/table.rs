//! All instruments together.

use super::{ALL, Kind, Measured, instrument::Instrument};
use std::{
    fmt::Write,
    sync::atomic::{AtomicBool, Ordering},
};

/// Somebody looks.
static SHOWN: AtomicBool = AtomicBool::new(false);

pub(super) fn show() {
    SHOWN.store(true, Ordering::Relaxed);
}

/// Whether metrics are shown or pushed anywhere: what is costly to find out need not be found out otherwise.
pub fn are_shown() -> bool {
    SHOWN.load(Ordering::Relaxed)
}

/// What one part of the process says of its gauges now, instead of all it said before: what it does not say any more is not shown any more.
pub fn replace(owner: &'static str, said: &[Measured]) {
    for instrument in ALL.iter().filter(|instrument| instrument.kind == Kind::Gauge) {
        let of = |said: &&Measured| std::ptr::eq(said.instrument, *instrument);
        instrument.replace(owner, &said.iter().filter(of).collect::<Vec<_>>());
    }
}

/// The page that describes them all.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    for instrument in ALL {
        row(&mut page, instrument);
    }
    page
}

const HEAD: &str = include_str!("page.md");

fn row(page: &mut String, instrument: &Instrument) {
    let kind = match instrument.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    };
    let code = |texts: &[&str]| if texts.concat().is_empty() { "-".to_owned() } else { format!("`{}`", texts.join("`, `")) };
    let (unit, labels) = (code(&[instrument.unit]), code(instrument.labels));
    // Writing into a text cannot fail.
    writeln!(page, "| `{}` | {kind} | {unit} | {labels} | {} |", instrument.name, instrument.help).ok();
}
