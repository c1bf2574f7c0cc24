//! The services that the demo plays against: in this process, or in one that is killed now and then.

use crate::{
    cli::{Demo, Telling},
    failure::{Failure, at},
    services,
};
use crossdock_governance::Source;
use crossdock_runtime::Config;
use crossdock_simulator::{CLOCK_FILE, SteppedClock};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};
use tokio::{process::Child, sync::oneshot, task::JoinHandle};

/// The services.
pub struct Server {
    address: SocketAddr,
    kind: Kind,
}

enum Kind {
    Inside { end: oneshot::Sender<()>, serving: JoinHandle<crossdock_core::Result<()>> },
    Killed(Box<Killed>),
}

struct Killed {
    child: Child,
    folder: PathBuf,
    policy: PathBuf,
    telling: Telling,
    chance: StdRng,
    kills: u32,
}

impl Server {
    /// Starts them on a port that nobody uses.
    pub async fn start(asked: &Demo, folder: &Path, clock: Arc<SteppedClock>) -> Result<Self, Failure> {
        if asked.chaos {
            let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
            let (folder, policy) = (folder.to_owned(), asked.policy.clone());
            let telling = asked.telling.clone();
            let child = child(address, &folder, &policy, &telling)?;
            let killed = Killed { child, folder, policy, telling, chance: StdRng::seed_from_u64(asked.seed), kills: 0 };
            return Ok(Self { address, kind: Kind::Killed(Box::new(killed)) });
        }
        let mut config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            data_dir: folder.to_owned(),
            policy: Some(asked.policy.clone()),
            insecure: true,
            ..Config::default()
        };
        asked.telling.over(&mut config.telemetry);
        let ((started, start), (end, ended)) = (oneshot::channel(), oneshot::channel::<()>());
        let chosen = services::chosen(&[], Source::File(asked.policy.clone()))?;
        let serving = tokio::spawn(async move {
            let listening = move |address| _ = started.send(address);
            crossdock_runtime::serve(&config, chosen, clock, listening, async { drop(ended.await) }).await
        });
        let Ok(address) = start.await else {
            serving.await.map_err(at("serving"))??;
            return Err("the services did not start".into());
        };
        Ok(Self { address, kind: Kind::Inside { end, serving } })
    }

    /// Where they are.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often they were killed.
    pub fn kills(&self) -> u32 {
        match &self.kind {
            Kind::Inside { .. } => 0,
            Kind::Killed(killed) => killed.kills,
        }
    }

    /// Plays, and kills and restarts the services meanwhile if that was asked for.
    pub async fn beside<E>(&mut self, play: impl Future<Output = Result<(), E>>) -> Result<(), Failure>
    where
        Failure: From<E>,
    {
        match &mut self.kind {
            Kind::Inside { .. } => Ok(play.await?),
            Kind::Killed(killed) => tokio::select! {
                played = play => Ok(played?),
                failed = killed.kill_for_ever(self.address) => failed,
            },
        }
    }

    /// Ends them.
    pub async fn stop(self) -> Result<(), Failure> {
        match self.kind {
            Kind::Inside { end, serving } => {
                end.send(()).ok();
                Ok(serving.await.map_err(at("serving"))??)
            }
            Kind::Killed(mut killed) => Ok(killed.child.kill().await?),
        }
    }
}

impl Killed {
    async fn kill_for_ever(&mut self, address: SocketAddr) -> Result<(), Failure> {
        loop {
            pause(Duration::from_millis(self.chance.random_range(300..2_500))).await;
            // SIGKILL: no destructor runs, nothing is flushed.
            self.child.kill().await?;
            self.kills += 1;
            self.child = child(address, &self.folder, &self.policy, &self.telling)?;
        }
    }
}

fn child(address: SocketAddr, folder: &Path, policy: &Path, telling: &Telling) -> Result<Child, Failure> {
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    command.args(["serve", "--insecure", "--log", "error", "--listen", &address.to_string()]);
    command.arg("--data-dir").arg(folder).arg("--policy").arg(policy);
    let said = [
        ("--otlp", telling.otlp.clone()),
        ("--sample", telling.sample.map(|share| share.to_string())),
        ("--metrics", telling.metrics.map(|address| address.to_string())),
    ];
    for (flag, value) in said {
        command.args(value.map(|value| [flag.to_owned(), value]).into_iter().flatten());
    }
    Ok(command.env(CLOCK_FILE, folder.join("clock")).stdin(Stdio::null()).kill_on_drop(true).spawn()?)
}

#[expect(clippy::disallowed_methods, reason = "a random moment is what is waited for")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
