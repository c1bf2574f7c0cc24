//! What proves who somebody is, on its way through the process: shown by nothing.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use crossdock_core::{Error, Result};
use std::{
    fmt,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Shortest secret that is taken from a file, in characters.
const SHORTEST: usize = 32;
/// Most of a file that is read.
const LARGEST: u64 = 64 * 1024;
/// A file is read again after this time.
const LOOK: Duration = Duration::from_secs(1);

/// A text that proves who somebody is. Whoever needs it says so by `expose`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// From its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the one place that sends or shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Bytes of chance.
///
/// # Errors
/// If the system has none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|error| Error::internal("the system gives no chance", error))?;
    Ok(bytes)
}

/// SHA-256.
pub fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

/// Whether a text has this hash; how long it takes says nothing.
pub fn has_hash(text: &str, held: &[u8]) -> bool {
    verify_slices_are_equal(&hash(text), held).is_ok()
}

/// A file with secrets, one a line: the first is shown, all are believed. So a new one can be put before the old one everywhere, and then the old
/// one be taken away. It is read again when it changes; a faulty one changes nothing.
pub struct SecretFile {
    /// `None`: there is no file, and the secrets never change.
    path: Option<PathBuf>,
    held: Mutex<(Instant, Vec<Secret>)>,
}

impl SecretFile {
    /// Reads the file.
    ///
    /// # Errors
    /// If it cannot be read, or a line of it is no secret.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let secrets = read(&path)?;
        Ok(Self { path: Some(path), held: Mutex::new((Instant::now(), secrets)) })
    }

    /// One secret that was said otherwise.
    pub fn of(secret: Secret) -> Self {
        Self { path: None, held: Mutex::new((Instant::now(), vec![secret])) }
    }

    /// The one to show.
    pub fn first(&self) -> Option<Secret> {
        self.now().first().cloned()
    }

    /// Whether a text is one of them.
    pub fn knows(&self, shown: &str) -> bool {
        // All are compared, so that the time says nothing of which one fits.
        self.now().iter().fold(false, |known, secret| has_hash(shown, &hash(secret.expose())) | known)
    }

    fn now(&self) -> Vec<Secret> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = self.path.as_ref().filter(|_| held.0.elapsed() >= LOOK) {
            match read(path) {
                Ok(secrets) => held.1 = secrets,
                Err(error) => tracing::warn!(%error, "the secrets read before stay"),
            }
            held.0 = Instant::now();
        }
        held.1.clone()
    }
}

impl fmt::Debug for SecretFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretFile({:?})", self.path)
    }
}

fn read(path: &Path) -> Result<Vec<Secret>> {
    let faulty = |why: &str| Error::precondition("SECRET_FILE", format!("{}: {why}", path.display()));
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
    read.map_err(|error| faulty(&error.to_string()))?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() || text.len() as u64 > LARGEST {
        return Err(faulty("must hold a secret, or several, one a line; at most 64 KiB"));
    }
    let good = |line: &&str| line.len() >= SHORTEST && line.bytes().all(|byte| byte.is_ascii_graphic());
    if !lines.iter().all(good) {
        return Err(faulty("every line must be a secret of at least 32 visible ASCII characters without blanks"));
    }
    Ok(lines.into_iter().map(Secret::new).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "0123456789012345678901234567890-old";
    const NEW: &str = "0123456789012345678901234567890-new";

    #[test]
    fn a_secret_is_shown_by_nothing() {
        assert_eq!(format!("{:?}", Secret::new(OLD)), "***");
        let file = std::env::temp_dir().join(format!("crossdock-secret-{}", std::process::id()));
        std::fs::write(&file, "too short\n").unwrap();
        let error = SecretFile::open(&file).unwrap_err();
        std::fs::write(&file, format!("{NEW}\n\n {OLD} \n")).unwrap();
        let held = SecretFile::open(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(!format!("{error:?}{error}").contains("too short"), "{error}");
        assert!(!format!("{held:?}").contains("0123"));
        assert_eq!(held.first().unwrap().expose(), NEW);
        assert!(held.knows(OLD) && held.knows(NEW) && !held.knows("") && !held.knows(&OLD[1..]));
    }

    #[test]
    fn a_changed_file_is_read_again_and_a_faulty_one_changes_nothing() {
        let file = std::env::temp_dir().join(format!("crossdock-secret-change-{}", std::process::id()));
        std::fs::write(&file, OLD).unwrap();
        let held = SecretFile::open(&file).unwrap();
        let age = |held: &SecretFile| held.held.lock().unwrap().0 = Instant::now().checked_sub(LOOK).unwrap();
        std::fs::write(&file, NEW).unwrap();
        assert!(held.knows(OLD) && !held.knows(NEW), "it is looked at once a second");
        age(&held);
        assert!(held.knows(NEW) && !held.knows(OLD));
        std::fs::remove_file(&file).unwrap();
        age(&held);
        assert!(held.knows(NEW));
    }
}
