//! What ingest costs against what the database alone could do: a stream of made-up lines into a real server, and a bare multi-row insert of the
//! same lines, in turn, on both engines. `make bench`; three rounds, medians.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a benchmark prints, and fails loudly")]
#![allow(clippy::disallowed_methods, clippy::float_arithmetic, clippy::cast_precision_loss, reason = "it measures time")]
#![allow(missing_docs)]

use crossdock_testkit::{Database, Process, binary, free_port, fresh_database};
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const LINES: usize = 200_000;
const BATCH: usize = 1_000;
const ROUNDS: usize = 3;

fn main() {
    // `cargo test` builds benches and runs them with --test: a smoke run.
    let smoke = !std::env::args().any(|argument| argument == "--bench");
    let (lines, rounds) = if smoke { (5_000, 1) } else { (LINES, ROUNDS) };
    println!("{:<10} {:<26} {:>10} {:>8} {:>22} {:>22}", "engine", "what", "lines/s", "ratio", "crossdock ms/1,000", "database ms/1,000");
    for engine in ["sqlite", "postgres"] {
        let mut measured: Vec<[Measured; 3]> = Vec::new();
        for _ in 0..rounds {
            let bare = bare(engine, lines);
            let [history, movements] = served(engine, lines);
            measured.push([bare, history, movements]);
        }
        for (index, what) in ["bare insert", "demand lines with history", "movements"].into_iter().enumerate() {
            print(engine, what, &measured.iter().map(|round| (round[index], round[0])).collect::<Vec<_>>(), lines);
        }
    }
}

#[derive(Clone, Copy)]
struct Measured {
    seconds: f64,
    /// CPU seconds of the server.
    server: f64,
    /// CPU seconds of PostgreSQL.
    database: f64,
}

fn print(engine: &str, what: &str, rounds: &[(Measured, Measured)], lines: usize) {
    let median = |of: &dyn Fn(&(Measured, Measured)) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let rate = median(&|(own, _)| lines as f64 / own.seconds);
    let ratio = median(&|(own, bare)| bare.seconds / own.seconds);
    let per = |seconds: f64| seconds * 1e6 / lines as f64;
    let (server, database) = (per(median(&|(own, _)| own.server)), per(median(&|(own, _)| own.database)));
    println!("{engine:<10} {what:<26} {rate:>10.0} {ratio:>8.2} {server:>22.1} {database:>22.1}");
    println!(
        "{{\"bench\":\"ingest\",\"engine\":\"{engine}\",\"what\":\"{what}\",\"lines_per_second\":{rate:.0},\"ratio\":{ratio:.3},\"server_cpu_ms_per_1000\":{server:.2},\"database_cpu_ms_per_1000\":{database:.2}}}"
    );
}

/// A table as one would write it for these lines, and nothing else: key, twelve columns, one transaction per 1,000 rows.
const TABLE: &str = "create table line (connection text, document text, line text, version bigint, item text, location text, unit text, \
    quantity bigint, ordered bigint, requested bigint, class smallint, received bigint, primary key (connection, document, line))";
const COLUMNS: &str =
    "insert into line (connection, document, line, version, item, location, unit, quantity, ordered, requested, class, received)";

fn bare(engine: &str, lines: usize) -> Measured {
    let before = postgres_cpu();
    let started = Instant::now();
    let own = if engine == "sqlite" { bare_sqlite(lines) } else { bare_postgres(lines) };
    Measured { seconds: own.unwrap_or(started.elapsed()).as_secs_f64(), server: 0.0, database: postgres_cpu() - before }
}

fn row(number: usize) -> (String, String, String, i64, i64) {
    let item = format!("BENCH-{:05}", number.wrapping_mul(0x9E37_79B9) % 4_000);
    let number_ = i64::try_from(number).unwrap();
    (
        format!("{:012x}-{:07}", 0xABCD_EF01_2345_u64, number / 20),
        (number % 20 + 1).to_string(),
        item,
        number_ % 24 * 1_000_000,
        20_000 + number_ / 600,
    )
}

fn bare_sqlite(lines: usize) -> Option<Duration> {
    let folder = TempDir::new().unwrap();
    let mut connection = rusqlite::Connection::open(folder.path().join("bare.db")).unwrap();
    connection.execute_batch("pragma journal_mode = wal; pragma synchronous = full").unwrap();
    connection.execute_batch(TABLE).unwrap();
    let started = Instant::now();
    for batch in 0..lines / BATCH {
        let transaction = connection.transaction().unwrap();
        {
            let mut insert = transaction.prepare_cached(&format!("{COLUMNS} values (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)")).unwrap();
            for number in batch * BATCH..(batch + 1) * BATCH {
                let (document, line, item, quantity, day) = row(number);
                insert.execute(rusqlite::params!["erp", document, line, 1, item, "BENCH-01", "EA", quantity, day, day, 1, 0]).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
    Some(started.elapsed())
}

fn bare_postgres(lines: usize) -> Option<Duration> {
    let database = fresh_database();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(TABLE).await.unwrap();
        let insert = format!(
            "{COLUMNS} select 'erp', d, l, 1, i, 'BENCH-01', 'EA', q, t, t, 1, 0 from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[]) r(d, l, i, q, t)"
        );
        let insert = client.prepare(&insert).await.unwrap();
        let started = Instant::now();
        for batch in 0..lines / BATCH {
            let rows: Vec<_> = (batch * BATCH..(batch + 1) * BATCH).map(row).collect();
            let text = |of: fn(&(String, String, String, i64, i64)) -> String| rows.iter().map(of).collect::<Vec<_>>();
            let (documents, numbers, items) = (text(|row| row.0.clone()), text(|row| row.1.clone()), text(|row| row.2.clone()));
            let quantities: Vec<i64> = rows.iter().map(|row| row.3).collect();
            let days: Vec<i64> = rows.iter().map(|row| row.4).collect();
            client.execute(&insert, &[&documents, &numbers, &items, &quantities, &days]).await.unwrap();
        }
        Some(started.elapsed())
    })
}

/// A fresh server takes demand lines, then movements.
fn served(engine: &str, lines: usize) -> [Measured; 2] {
    let folder = TempDir::new().unwrap();
    let database: Option<Database> = (engine == "postgres").then(fresh_database);
    let port = free_port();
    let mut command = Command::new(binary("crossdock"));
    command.args(["serve", "--insecure", "--log", "info", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"]).arg(folder.path());
    if let Some(database) = &database {
        command.args(["--database-url", database.url()]);
    }
    let mut server = Process::start(&mut command);
    server.wait_for_line("listening", Duration::from_secs(60));
    ["", "--movements"].map(|kind| {
        let (own, postgres) = (cpu(server.id()), postgres_cpu());
        let mut bench = Command::new(binary("crossdock"));
        bench.args([
            "bench",
            "ingest",
            "--output",
            "json",
            "--lines",
            &lines.to_string(),
            "--address",
            &format!("http://127.0.0.1:{port}"),
        ]);
        bench.args((!kind.is_empty()).then_some(kind));
        let done = bench.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let milliseconds = said.rsplit("\"milliseconds\":").next().unwrap().split([',', '}']).next().unwrap().parse::<f64>().unwrap();
        Measured { seconds: milliseconds / 1e3, server: cpu(server.id()) - own, database: postgres_cpu() - postgres }
    })
}

/// CPU seconds of a process and its ended children: user and system time of /proc, in hundredths.
fn cpu(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |index: usize| after_name.split_whitespace().nth(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    // Of its ended children too: a backend ends with its connection.
    (field(11) + field(12) + field(13) + field(14)) / 100.0
}

/// CPU seconds of all PostgreSQL processes of this machine that run now.
fn postgres_cpu() -> f64 {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let is_postgres = |process: &u32| fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim() == "postgres");
    processes.filter(is_postgres).map(cpu).sum()
}
