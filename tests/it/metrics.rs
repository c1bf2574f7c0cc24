//! What a process that runs everything shows of a company's days: not too much, nothing that is not described, and nothing left out.

use crate::play::Stage;
use crossdock_telemetry::metrics::{ALL, SERIES};
use crossdock_testkit::{eventually_async, free_port};
use crossdock_tests::{Engine, PATIENCE};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
};

/// What the metrics port answers.
pub fn ask(port: u16, accept: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!("GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: {accept}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.to_lowercase(), body.to_owned()))
}

/// Series by name, without what Prometheus adds to histograms.
fn series(text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        *counts.entry(line.split(['{', ' ']).next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    counts
}

fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
}

#[tokio::test]
async fn a_company_s_days_make_few_series_and_leave_none_out() {
    let (stage, port) = (Stage::new(Engine::Sqlite), free_port());
    let mut play = stage.play(12, 40);
    let _server = stage.serve_with(&["--metrics", &format!("127.0.0.1:{port}")]);
    play.load().await.unwrap();
    play.run(8).await.unwrap();
    play.finish().await.unwrap();
    // Gauges are looked at now and then: those that take longest come last.
    let shown = eventually_async("all gauges", PATIENCE, async || {
        ask(port, "text/plain").filter(|(_, text)| ["stockouts", "exceptions", "freshness"].iter().all(|name| text.contains(name)))
    });
    let (head, text) = shown.await;
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    let counts = series(&text);
    let all: usize = counts.values().sum();
    assert!(all <= SERIES, "{all} series: {counts:#?}");
    assert_eq!(value(&text, "crossdock_telemetry_dropped_total{signal=\"series\"}"), None, "{all} series: {counts:#?}");
    only_what_is_described(&counts);
    the_numbers_fit(&text);
    let (head, text) = ask(port, "application/openmetrics-text; version=1.0.0").unwrap();
    assert!(head.contains("content-type: application/openmetrics-text") && text.ends_with("# EOF\n"), "{head}");
}

fn only_what_is_described(counts: &BTreeMap<String, usize>) {
    let known: Vec<String> = ALL.iter().map(|instrument| instrument.name.replace('.', "_")).collect();
    for name in counts.keys() {
        let is = |known: &String| name.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
        assert!(known.iter().any(is), "{name} is not in docs/metrics.md");
    }
}

/// What was played is what is shown.
fn the_numbers_fit(text: &str) {
    let at_least = |series: &str, least: f64| {
        let found = value(text, series);
        assert!(found >= Some(least), "{series}: {found:?}\n{text}");
    };
    at_least("crossdock_records_total{kind=\"demand_line\",outcome=\"accepted\"}", 100.0);
    at_least("crossdock_records_total{kind=\"demand_line\",outcome=\"duplicate\"}", 1.0);
    at_least("crossdock_demand_lines_finished_total{in_full=\"true\",on_time=\"true\",substituted=\"false\"}", 10.0);
    at_least("crossdock_feed_lag_positions{service=\"demand-signal\",peer=\"master-data\"}", 0.0);
    at_least("crossdock_objective_latency_seconds{contract=\"crossdock.demand.v1\",connection=\"\"}", 1.0);
    at_least("crossdock_inventory_turns{}", 0.1);
    at_least("process_cpu_time_seconds_total{}", 0.1);
}
