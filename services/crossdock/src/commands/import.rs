//! `crossdock import`: a file, through the public ingest.

use crate::{
    cli::Import,
    commands::{
        freshness,
        report::Report,
        sender::{Load, send},
    },
    failure::{Failure, at},
    peers::Peers,
};
use crossdock_import::{Fate, Mapping, Row};
use crossdock_proto::{Record, schema};
use crossdock_records::MAX_RECORDS;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use prost::bytes::Bytes;
use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{sync::mpsc, task::JoinSet};

/// Batches that wait to be sent.
const AHEAD: usize = 4;

/// Where the records of a load came from: one entry per record.
type Origins = Vec<(u64, Bytes)>;

/// Reads a file as its mapping says and sends what it gives.
pub async fn import(import: Import) -> Result<(), Failure> {
    let name = import.mapping.display().to_string();
    let text = std::fs::read_to_string(&import.mapping).map_err(at(&name))?;
    let mapping = Arc::new(Mapping::load(&name, &text).map_err(|error| error.to_string())?);
    let peers = Peers::new(&import.target)?;
    if !import.dry_run {
        may_write(&peers, &mapping).await?;
    }
    let progress = progress(&import.data);
    let report = Arc::new(Mutex::new(Report::new(import.not_taken.as_deref())?));

    let mut sending = JoinSet::new();
    let mut lanes = BTreeMap::new();
    for package in mapping.kinds().map(|info| info.package.clone()) {
        lanes.entry(package.clone()).or_insert_with(|| {
            let (loads, waiting) = mpsc::channel::<Load<Origins>>(AHEAD);
            let (client, report, dry) = (peers.records(&package), Arc::clone(&report), import.dry_run);
            sending.spawn(async move { if dry { drain(waiting).await } else { deliver(client, waiting, report).await } });
            loads
        });
    }
    let reader =
        Reader { mapping: Arc::clone(&mapping), data: import.data.clone(), set: import.set.clone(), report: Arc::clone(&report), lanes };
    let bar = progress.clone();
    let reading = tokio::task::spawn_blocking(move || reader.run(&bar));
    // A stream that gave up closes its lane, so the reader stops; its failure says more.
    let mut sent = Ok(());
    while let Some(done) = sending.join_next().await {
        sent = sent.and(done.map_err(at("sending")).and_then(|done| done));
    }
    let read = reading.await.map_err(at("reading"))?;
    progress.finish_and_clear();
    let elapsed = progress.elapsed();
    sent.and(read)?;
    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
    report.print(import.target.output, &mapping, elapsed)
}

/// Half a million refused lines say no more than one word before the first.
async fn may_write(peers: &Peers, mapping: &Mapping) -> Result<(), Failure> {
    let connection = peers.connection();
    // A process without governance leaves the word to the service.
    let Ok(policy) = freshness::policy(peers).await else { return Ok(()) };
    let Some(held) = policy.connections.iter().find(|held| held.name == connection) else { return Ok(()) };
    for info in mapping.kinds() {
        if !held.roles().any(|role| info.writers.contains(&role)) {
            let writes = |held: &&crossdock_proto::governance::Connection| held.roles().any(|role| info.writers.contains(&role));
            let others: Vec<_> = policy.connections.iter().filter(writes).map(|held| held.name.as_str()).collect();
            return Err(format!(
                "connection {connection} may not write {}; say --connection with one of: {}",
                info.name,
                others.join(", ")
            )
            .into());
        }
    }
    Ok(())
}

async fn deliver(
    client: crossdock_rpc::RecordClient,
    loads: mpsc::Receiver<Load<Origins>>,
    report: Arc<Mutex<Report>>,
) -> Result<(), Failure> {
    send(client, loads, |load, result| {
        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
        report.answered(&load.records, &load.note, result);
    })
    .await
}

async fn drain(mut loads: mpsc::Receiver<Load<Origins>>) -> Result<(), Failure> {
    while loads.recv().await.is_some() {}
    Ok(())
}

fn progress(data: &Path) -> ProgressBar {
    let size = std::fs::metadata(data).map(|file| file.len()).ok();
    let (bar, style) = match size {
        Some(size) => (ProgressBar::new(size), "{elapsed_precise} {bar:30} {percent:>3} %  {msg}  ETA {eta_precise}"),
        None => (ProgressBar::new_spinner(), "{elapsed_precise} {spinner} {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(4));
    bar
}

struct Reader {
    mapping: Arc<Mapping>,
    data: std::path::PathBuf,
    set: String,
    report: Arc<Mutex<Report>>,
    lanes: BTreeMap<String, mpsc::Sender<Load<Origins>>>,
}

impl Reader {
    fn run(self, bar: &ProgressBar) -> Result<(), Failure> {
        let name = self.data.display().to_string();
        let input: Box<dyn Read + Send> = if name == "-" {
            crossdock_import::open("-").map_err(at(&name))?
        } else {
            Box::new(bar.wrap_read(File::open(&self.data).map_err(at(&name))?))
        };
        let mut rows = self.mapping.read(input).map_err(at(&name))?;
        let mut loads: BTreeMap<&str, Load<Origins>> = self.lanes.keys().map(|package| (package.as_str(), empty())).collect();
        for row in rows.by_ref() {
            let Row { line, raw, fate } = row.map_err(at(&name))?;
            match fate {
                Fate::Records(made) => {
                    for made in made {
                        self.push(&mut loads, made.record, (line, raw.clone()))?;
                    }
                }
                Fate::Bad(error) => self.report.lock().unwrap_or_else(PoisonError::into_inner).bad(&error, &raw),
                Fate::Skipped { .. } | Fate::Repeated | Fate::Unmatched => {}
            }
            if line % 10_000 == 0 {
                bar.set_message(format!("{line} lines, {:.0} lines/s", rate(line, bar.elapsed())));
            }
        }
        for (package, load) in loads {
            if !load.records.is_empty() {
                self.hand_over(package, load)?;
            }
        }
        self.report.lock().unwrap_or_else(PoisonError::into_inner).read(rows.counts().clone());
        Ok(())
    }

    fn push(&self, loads: &mut BTreeMap<&str, Load<Origins>>, mut record: Record, from: (u64, Bytes)) -> Result<(), Failure> {
        let Some((package, load)) = schema()
            .kind(record.kind)
            .and_then(|info| self.lanes.get_key_value(&info.package))
            .and_then(|(package, _)| Some((package.as_str(), loads.get_mut(package.as_str())?)))
        else {
            return Ok(());
        };
        if !self.set.is_empty() {
            record.envelope.get_or_insert_default().set_key.clone_from(&self.set);
        }
        load.records.push(record);
        load.note.push(from);
        if load.records.len() == MAX_RECORDS {
            let full = std::mem::replace(load, empty());
            self.hand_over(package, full)?;
        }
        Ok(())
    }

    fn hand_over(&self, package: &str, load: Load<Origins>) -> Result<(), Failure> {
        let lane = self.lanes.get(package).ok_or("no lane")?;
        lane.blocking_send(load).map_err(|_| Failure::from("stopped, because sending failed"))
    }
}

fn empty() -> Load<Origins> {
    Load { records: Vec::with_capacity(MAX_RECORDS), watermarks: Vec::new(), note: Vec::with_capacity(MAX_RECORDS) }
}

#[expect(clippy::float_arithmetic, reason = "a rate for people")]
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub(crate) fn rate(count: u64, time: std::time::Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(0.001)
}
