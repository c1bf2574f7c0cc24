//! The certificates of a process that are in force, read again when their files change.

use crate::{
    ClientTls, Connector, Tls,
    endings::Ending,
    tls::{ClientPems, HTTP2, ServerPems},
};
use crossdock_core::{Clock, Result};
use rustls::{ClientConfig, ServerConfig};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval},
};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How often it is said that a certificate ends.
const REMIND: Duration = Duration::from_secs(24 * 3600);

/// What is shown and believed now. Connections that are there keep what they began with.
#[derive(Clone)]
pub struct Certificates {
    server: watch::Receiver<Arc<ServerConfig>>,
    client: watch::Receiver<Arc<ClientConfig>>,
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// If one of them cannot be used.
    pub fn load(files: &Tls) -> Result<(Self, Renewal)> {
        let pems = Pems::read(files)?;
        let ((server, server_now), (client, client_now)) = (watch::channel(pems.server()?), watch::channel(pems.client()?));
        let renewal = Renewal { files: files.clone(), pems, server, client };
        Ok((Self { server: server_now, client: client_now }, renewal))
    }

    /// For the next connection of a caller.
    pub fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server.borrow())
    }

    /// The way to other services.
    pub fn connector(&self) -> Connector {
        Connector::following(self.client.clone())
    }
}

/// Looks after the files of [`Certificates`].
pub struct Renewal {
    files: Tls,
    /// In force.
    pems: Pems,
    server: watch::Sender<Arc<ServerConfig>>,
    client: watch::Sender<Arc<ClientConfig>>,
}

impl Renewal {
    /// Takes what the files say whenever that has changed and can be used; until then, what was in force stays. `told` hears when certificates end.
    pub async fn run(mut self, clock: Arc<dyn Clock>, told: impl Fn(&[Ending])) {
        let mut every = interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut before, mut judged) = (Ok(self.pems.clone()), Ok(self.pems.clone()));
        let mut reminded: Option<Instant> = None;
        loop {
            every.tick().await;
            let files = self.files.clone();
            let Ok(found) = spawn_blocking(move || Pems::read(&files).map_err(|error| error.message)).await else { continue };
            // What has changed between two looks may be half written.
            if found == before && found != judged {
                self.judge(&found, clock.as_ref());
                judged.clone_from(&found);
                reminded = None;
            }
            before = found;
            if reminded.is_none_or(|at| at.elapsed() > REMIND) {
                reminded = Some(Instant::now());
                let endings = self.pems.endings();
                endings.iter().for_each(|ending| ending.warn(clock.now()));
                told(&endings);
            }
        }
    }

    fn judge(&mut self, found: &Result<Pems, String>, clock: &dyn Clock) {
        let taken = found.clone().and_then(|pems| self.take(pems, clock).map_err(|error| error.message));
        match taken {
            Ok(()) => tracing::info!(certificate = %self.files.certificate.display(), "new certificates are in force for new connections"),
            Err(error) => tracing::error!(error, "the new certificates cannot be used; those before stay in force"),
        }
    }

    fn take(&mut self, pems: Pems, clock: &dyn Clock) -> Result<()> {
        if pems.endings().iter().any(|ending| ending.of == "certificate" && ending.is_over(clock.now())) {
            return Err(pems.server.certificate.fault("it has ended"));
        }
        let (server, client) = (pems.server()?, pems.client()?);
        self.server.send_replace(server);
        self.client.send_replace(client);
        self.pems = pems;
        Ok(())
    }
}

/// What all files said when they were read.
#[derive(Clone, PartialEq, Eq)]
struct Pems {
    server: ServerPems,
    client: ClientPems,
}

impl Pems {
    fn read(files: &Tls) -> Result<Self> {
        Ok(Self { server: ServerPems::read(files)?, client: ClientPems::read(&ClientTls::from(files))? })
    }

    fn server(&self) -> Result<Arc<ServerConfig>> {
        self.server.config().map(Arc::new)
    }

    fn client(&self) -> Result<Arc<ClientConfig>> {
        self.client.config(HTTP2).map(Arc::new)
    }

    fn endings(&self) -> Vec<Ending> {
        let files = [
            ("certificate", Some(&self.server.certificate)),
            ("client_authorities", self.server.client_authorities.as_ref()),
            ("authorities", self.client.authorities.as_ref()),
        ];
        files.into_iter().filter_map(|(of, pem)| Ending::first(of, pem?)).collect()
    }
}
