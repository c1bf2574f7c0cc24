//! What the parties know for certain: one append-only file per party, read again at the end.

use crate::Result;
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, BufWriter, Write},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A folder of ledgers.
#[derive(Debug)]
pub struct Ledgers {
    folder: PathBuf,
    open: Mutex<BTreeMap<String, BufWriter<File>>>,
}

impl Ledgers {
    /// In this folder, which is made if it is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, open: Mutex::default() })
    }

    /// Adds lines to the ledger of a party. Cells hold neither tabs nor line ends.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add<'a>(&self, party: &str, lines: impl IntoIterator<Item = Vec<&'a str>>) -> Result<()> {
        let mut open = self.locked();
        if !open.contains_key(party) {
            let file = OpenOptions::new().create(true).append(true).open(self.path(party))?;
            open.insert(party.to_owned(), BufWriter::new(file));
        }
        let Some(file) = open.get_mut(party) else { return Ok(()) };
        for cells in lines {
            writeln!(file, "{}", cells.join("\t"))?;
        }
        Ok(file.flush()?)
    }

    /// Every line of every ledger, party by party.
    ///
    /// # Errors
    /// If one cannot be read, or `seen` fails.
    pub fn read(&self, mut seen: impl FnMut(&str, &[&str])) -> Result<()> {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&self.folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<_>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "ledger"));
        files.sort();
        for file in files {
            let party = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            for line in BufReader::new(File::open(&file)?).lines() {
                let line = line?;
                seen(&party, &line.split('\t').collect::<Vec<_>>());
            }
        }
        Ok(())
    }

    fn path(&self, party: &str) -> PathBuf {
        self.folder.join(format!("{party}.ledger"))
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, BufWriter<File>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
