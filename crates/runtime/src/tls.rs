//! Whether a process has certificates, and the gauge of when they end.

use crate::Config;
use crossdock_core::{Clock, Error, Result};
use crossdock_identity::{Certificates, Ending};
use crossdock_telemetry::metrics::{self, CERTIFICATE_EXPIRY, Measured};
use std::sync::Arc;
use tokio::task::JoinSet;

/// The certificates of this process, kept up to date as long as it works. None: it is a trial on this machine.
///
/// # Errors
/// If they cannot be read, or there are none and nobody has said that this is a trial.
pub fn certificates(config: &Config, clock: &Arc<dyn Clock>, work: &mut JoinSet<()>) -> Result<Option<Certificates>> {
    let Some(files) = &config.tls else { return trial(config).map(|()| None) };
    if config.insecure {
        let message = "there are certificates (tls), and --insecure says that there are none: leave one of them out";
        return Err(Error::invalid("INSECURE", message));
    }
    let (certificates, renewal) = Certificates::load(files)?;
    work.spawn(renewal.run(Arc::clone(clock), tell));
    Ok(Some(certificates))
}

fn trial(config: &Config) -> Result<()> {
    if !config.insecure {
        let message = "without certificates nobody can prove who they are: name them (--tls-certificate and --tls-key; \
                       `crossdock certs dev --to certs` makes some for a first try), or say --insecure for a trial on this machine";
        return Err(Error::precondition("NO_CERTIFICATES", message));
    }
    if !config.listen.ip().is_loopback() {
        let message = format!(
            "--insecure is for trials on this machine, and {} can be reached from outside: listen on 127.0.0.1 or [::1], \
             or name certificates (--tls-certificate and --tls-key)",
            config.listen
        );
        return Err(Error::precondition("INSECURE", message));
    }
    tracing::warn!("nothing is encrypted, and callers do not have to prove who they are (--insecure)");
    Ok(())
}

fn tell(endings: &[Ending]) {
    let said: Vec<_> = endings.iter().map(|ending| Measured::new(&CERTIFICATE_EXPIRY, &[ending.of], ending.at)).collect();
    metrics::replace("tls", &said);
}
