//! `crossdock demo`: the main job, played in front of you through the public contracts.

use crate::{
    cli::{Demo, History, Import, Target},
    commands::{exceptions, history, import, operations},
    failure::{Failure, at},
    output::{self, Format},
    services,
};
use crossdock_core::SystemClock;
use crossdock_runtime::Config;
use std::{path::Path, sync::Arc, time::Instant};
use tokio::sync::oneshot;

/// Serves, imports a real order history, and reads it as a planner would.
pub async fn demo(asked: Demo) -> Result<(), Failure> {
    let data = asked.example.join("online_retail.csv.gz");
    if !data.exists() {
        return Err(format!("{} is not here: run the demo in the project's folder, or say --example", data.display()).into());
    }
    crossdock_telemetry::start("warn").map_err(at("log"))?;
    let temporary = tempfile::tempdir()?;
    let data_dir = asked.data_dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), data_dir: data_dir.clone(), ..Config::default() };
    let ((started, start), (end, ended)) = (oneshot::channel(), oneshot::channel::<()>());
    let chosen = services::chosen(&[], None)?;
    let serving = tokio::spawn(async move {
        let listening = move |address| _ = started.send(address);
        crossdock_runtime::serve(&config, chosen, Arc::new(SystemClock), listening, async { drop(ended.await) }).await
    });
    let Ok(address) = start.await else {
        serving.await.map_err(at("serving"))??;
        return Err("the services did not start".into());
    };
    let target = Target { address: format!("http://{address}"), connection: "operator".into(), principal: None, output: Format::Table };
    heading(&format!(
        "Governance, master-data and demand-signal run in this process, on {address}; their data is in {}.",
        data_dir.display()
    ))?;
    let done = play(&asked.example, &data, &target).await;
    end.send(()).ok();
    serving.await.map_err(at("serving"))??;
    done
}

async fn play(example: &Path, data: &Path, target: &Target) -> Result<(), Failure> {
    let began = Instant::now();
    heading("1. The order history of a wholesaler, 541,909 lines, goes in before anything is known of its items: every line waits.")?;
    import_with(example, data, "orders.yaml", target).await?;

    heading("2. Its masters follow. What waited for them is taken in by itself.")?;
    import_with(example, data, "customers.yaml", target).await?;
    import_with(example, data, "masters.yaml", target).await?;
    drained(target).await?;
    operations::stats(target).await?;

    heading("3. The same file again, as a nightly job would: nothing doubles, and nobody is told.")?;
    import_with(example, data, "orders.yaml", target).await?;

    heading("4. What a planner reads: monthly demand of one item, with what the reader must know about its completeness.")?;
    let asked = History {
        items: vec!["85123A".into()],
        locations: Vec::new(),
        measures: vec!["requested".into(), "returned".into()],
        from: None,
        to: None,
        bucket: "month".into(),
        since: None,
        target: target.clone(),
    };
    history::history(asked).await?;
    heading("5. What a person should look at.")?;
    exceptions::list(false, None, target).await?;
    heading(&format!("That was all, in {:.0} s. `crossdock serve` is yours; README.md goes on from here.", began.elapsed().as_secs_f32()))
}

fn heading(text: &str) -> Result<(), Failure> {
    output::line(format!("\n=== {text}\n"))
}

async fn import_with(example: &Path, data: &Path, mapping: &str, target: &Target) -> Result<(), Failure> {
    let target = Target { connection: "erp".into(), ..target.clone() };
    let mapping = example.join(mapping);
    output::line(format!("$ crossdock import --connection erp --mapping {} {}", mapping.display(), data.display()))?;
    import::import(Import { data: data.to_owned(), mapping, not_taken: None, dry_run: false, set: String::new(), target }).await
}

/// Waits until nothing is parked any more.
async fn drained(target: &Target) -> Result<(), Failure> {
    let began = Instant::now();
    let mut every = tokio::time::interval(std::time::Duration::from_millis(250));
    let waiting = indicatif::ProgressBar::new_spinner();
    loop {
        let parked = operations::parked_records(target).await?;
        if parked == 0 {
            break;
        }
        waiting.set_message(format!("{parked} records wait"));
        waiting.tick();
        every.tick().await;
    }
    waiting.finish_and_clear();
    output::line(format!("everything that waited is taken in, {:.1} s later\n", began.elapsed().as_secs_f32()))
}
