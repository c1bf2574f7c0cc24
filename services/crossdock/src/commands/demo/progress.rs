//! How far the play is, while it is played.

use crossdock_simulator::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One line that changes.
#[derive(Clone)]
pub struct Shown(ProgressBar);

impl Shown {
    /// Nothing yet.
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:30} {msg}") {
            bar.set_style(style);
        }
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        Self(bar)
    }

    /// Shows a step.
    pub fn tell(&self, step: Progress) {
        let (at, of, said) = match step {
            Progress::Masters(count) => (0, 1, format!("{count} masters are in; a year of orders follows")),
            Progress::History(at, of) => (at, of, format!("{at} of {of} orders of the past")),
            Progress::Day(day, at, of) => {
                (usize::try_from(at).unwrap_or(0), usize::try_from(of).unwrap_or(1), format!("{}", day.strftime("%A, %-d %B %Y")))
            }
            Progress::WindDown => (1, 1, "what is open is brought to an end".to_owned()),
        };
        self.0.set_length(u64::try_from(of).unwrap_or(0));
        self.0.set_position(u64::try_from(at).unwrap_or(0));
        self.0.set_message(said);
    }

    /// The line goes away.
    pub fn done(&self) {
        self.0.finish_and_clear();
    }
}
