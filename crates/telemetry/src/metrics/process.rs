//! What the machine says of this process; Linux only, elsewhere these are not shown.

use super::{CPU_TIME, FILE_DESCRIPTORS, MEMORY, Number, START_TIME, THREADS};
use std::fs;

/// Ticks of a second in `/proc`, the same on every machine.
const TICKS: f64 = 100.0;

/// Looks again.
pub(super) fn refresh() {
    if let Some(seen) = Seen::read() {
        CPU_TIME.total(&[], Number(seen.cpu));
        START_TIME.record(&[], Number(seen.started));
        MEMORY.record(&[], seen.memory);
        THREADS.record(&[], seen.threads);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        FILE_DESCRIPTORS.record(&[], open.count());
    }
}

struct Seen {
    cpu: f64,
    started: f64,
    memory: i64,
    threads: i64,
}

impl Seen {
    fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The name of the program, in brackets, may have blanks.
        let ticks: Vec<f64> = stat.rsplit_once(')')?.1.split_whitespace().map(|text| text.parse().unwrap_or_default()).collect();
        let boot = fs::read_to_string("/proc/stat").ok()?;
        let status = fs::read_to_string("/proc/self/status").ok()?;
        Some(Self {
            cpu: (ticks.get(11)? + ticks.get(12)?) / TICKS,
            started: Number::from(after(&boot, "btime ")?).0 + ticks.get(19)? / TICKS,
            memory: after(&status, "VmRSS:")? * 1024,
            threads: after(&status, "Threads:")?,
        })
    }
}

/// The number that stands on the line that begins so.
fn after(text: &str, name: &str) -> Option<i64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}
