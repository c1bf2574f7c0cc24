//! Attacks by raw frames on a real process, each while an innocent client works: what the innocent notices, and what is left when the attacker is gone.
//!
//! `cargo test -p crossdock-tests --test it attacks -- --nocapture` prints the figures of docs/limits.md.
#![allow(clippy::print_stdout, clippy::float_arithmetic, reason = "figures for people")]

mod connections;
mod frames;
mod headers;
mod innocent;
mod messages;
mod streams;

use crate::bad_input::{POLICY, settle_in};
use crossdock_proto::{masterdata::Item, types::Envelope};
use crossdock_testkit::eventually_async;
use crossdock_tests::{Engine, MASTERS, PATIENCE, Place, Server, record};
use frames::Wire;
use innocent::Innocent;
use std::{fs, future::Future, io, time::Duration};
use tokio::{
    sync::Mutex,
    task::JoinSet,
    time::{Instant, interval, timeout_at},
};

/// How long the innocent works undisturbed, and how long an attack goes on.
const TIME: Duration = Duration::from_secs(3);
/// How much the process may grow.
const GROWTH: u64 = 64 * 1024;
/// What an answer may take longer, beside ten times as long as when it is quiet. Generous: where tests run, much else does.
const MARGIN: Duration = Duration::from_millis(100);
/// Items that are there to be asked for.
const ITEMS: usize = 1_000;

/// One at a time: they measure.
static TURN: Mutex<()> = Mutex::const_new(());

/// What an attacker did.
#[derive(Clone, Copy, Default)]
pub struct Done {
    /// Streams, frames, messages: what it got through.
    pub steps: usize,
    /// Connections for that: many where it was thrown out again and again.
    pub connections: usize,
}

/// Whom to attack, and until when.
#[derive(Clone, Copy)]
pub struct Target {
    pub port: u16,
    until: Instant,
}

impl Target {
    /// The attack goes on.
    pub fn goes_on(self) -> bool {
        Instant::now() < self.until
    }

    /// Repeats an attacker's step on connections of its own, `many` at once, until the time is over; whoever is thrown out comes again.
    pub async fn repeat<F>(self, many: u8, with: &'static [(u16, u32)], step: impl Fn(Wire) -> F + Clone + Send + 'static) -> Done
    where
        F: Future<Output = (io::Result<Wire>, usize)> + Send,
    {
        let mut attackers = JoinSet::new();
        for from in 1..=many {
            let step = step.clone();
            attackers.spawn(async move {
                let (mut held, mut done) = (None, Done::default());
                while self.goes_on() {
                    let wire = match held.take() {
                        Some(wire) => Ok(wire),
                        None => Wire::open(self.port, from, with).await.inspect(|_| done.connections += 1),
                    };
                    let Ok(wire) = wire else { continue };
                    let Ok((wire, steps)) = timeout_at(self.until, step(wire)).await else { break };
                    done.steps += if wire.is_ok() { steps } else { 0 };
                    held = wire.ok();
                }
                done
            });
        }
        let all = attackers.join_all().await;
        Done { steps: all.iter().map(|done| done.steps).sum(), connections: all.iter().map(|done| done.connections).sum() }
    }

    /// Keeps what the attacker holds until the time is over.
    pub async fn hold<T>(self, held: T) {
        tokio::time::sleep_until(self.until).await;
        drop(held);
    }
}

/// Attacks a server. `attack` says how often it did what it does. What the server printed.
#[expect(clippy::print_stdout, reason = "figures are printed")]
async fn under<F: Future<Output = Done>>(what: &str, attack: impl FnOnce(Target) -> F) -> String {
    let _turn = TURN.lock().await;
    let place = Place::new(Engine::Sqlite);
    let server = place.serve_under(POLICY);
    settle_in(&server).await;
    let items = (0..ITEMS).map(|number| Item { item_id: format!("B{number}"), base_unit: "EA".into(), ..Item::default() });
    server.put(MASTERS, "erp", items.map(|item| record("item", Envelope::default(), &item)).collect()).await;

    let mut innocent = Innocent::connect(&server).await;
    let quiet = innocent.work(Instant::now() + TIME).await;
    let before = Use::of(&server);
    let target = Target { port: server.port, until: Instant::now() + TIME };
    let (done, under, peak) = tokio::join!(attack(target), innocent.work(target.until), peak(&server, target.until));
    let gone = Instant::now();
    eventually_async("the end of the attacker's connections", PATIENCE, async || {
        (Use::of(&server).sockets <= before.sockets).then_some(())
    })
    .await;
    let (over, after) = (gone.elapsed(), Use::of(&server));
    let again = innocent.work(Instant::now() + TIME / 3).await;
    let growth = peak.saturating_sub(before.rss);
    println!(
        "| {what} | {} | {} | {} | {} | {} of {} | {} | {} | {} | {:.1} |",
        done.steps,
        done.connections,
        in_ms(quiet.p99()),
        in_ms(under.p99()),
        under.failed(),
        under.calls(),
        before.rss / 1024,
        peak / 1024,
        after.rss / 1024,
        over.as_secs_f64(),
    );
    assert!(done.connections > 0, "{what}: nothing was done");
    for phase in [&quiet, &under, &again] {
        assert!(phase.calls() > 10 && phase.failed() == 0, "{what}: {:?}", phase.failures);
    }
    assert!(under.p99() <= 10 * quiet.p99() + MARGIN, "{what}: {:?}, {:?} when quiet", under.p99(), quiet.p99());
    assert!(growth < GROWTH, "{what}: grew by {growth} KiB");
    server.process.output()
}

/// Milliseconds, with one digit more.
fn in_ms(time: Duration) -> String {
    format!("{}.{}", time.as_millis(), time.subsec_micros() % 1_000 / 100)
}

/// What a server uses.
struct Use {
    /// Memory, in KiB.
    rss: u64,
    sockets: usize,
}

impl Use {
    fn of(server: &Server) -> Self {
        let process = format!("/proc/{}", server.process.id());
        let status = fs::read_to_string(format!("{process}/status")).unwrap();
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let links = fs::read_dir(format!("{process}/fd")).unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        let sockets = links.filter(|link| link.to_string_lossy().starts_with("socket:")).count();
        Self { rss: rss.trim().trim_end_matches(" kB").parse().unwrap(), sockets }
    }
}

/// Most memory that a server uses until then.
async fn peak(server: &Server, until: Instant) -> u64 {
    let mut looks = interval(Duration::from_millis(20));
    let mut most = 0;
    while Instant::now() < until {
        looks.tick().await;
        most = most.max(Use::of(server).rss);
    }
    most
}
