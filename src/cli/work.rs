//! The folder of work files, and the record in it that `--resume` goes on from.
//!
//! Its name follows from the output and the options, so the next run of the same kind finds what
//! a killed one left. A lock keeps two runs apart. The folder goes when the run ends in any way
//! that it can notice: done, failed, or stopped by a signal.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use doublet::dedup::{SavedScan, SavedVerdicts};
use doublet::report::model::Skipped;
use doublet::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::interrupt;
use super::tally::Tally;

/// Version of the record.
const VERSION: u32 = 1;

/// Name of the record.
const RECORD: &str = "run.json";

/// Name of the file that is locked.
const LOCK: &str = "lock";

/// What a run has done so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    program: String,
    /// Inputs with their sizes and times of change, and all options that decide the result.
    key: String,
    pub(super) tally: Tally,
    pub(super) skipped: Vec<Skipped>,
    pub(super) done: Done,
}

/// The last stage that is whole, and where its results lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Done {
    Scanned(SavedScan),
    Decided(SavedVerdicts),
}

/// A folder of this run alone.
pub(super) struct WorkFolder {
    path: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

impl WorkFolder {
    /// Makes the folder `name` in `parent`, or takes over what a killed run left there.
    pub(super) fn open(parent: &Path, name: &str) -> Result<Self> {
        let path = parent.join(name);
        let fail = |error| Error::io("make work files in", parent, error);
        let mut pending = interrupt::hold();
        match fs::create_dir(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(fail(error));
            }
            _ => {}
        }
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(fail)?;
        if !is_locked_by_us(&lock) {
            return Err(Error::new(ErrorKind::Config, "another run at work on the same output")
                .remedy("wait until it has ended")
                .at(path));
        }
        pending.add_whole(&path);
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what an earlier run left.
    pub(super) fn clear(&self) -> Result<()> {
        let fail = |error| Error::io("remove work files in", &self.path, error);
        for entry in fs::read_dir(&self.path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            if entry.file_name() != LOCK {
                fs::remove_file(entry.path()).map_err(fail)?;
            }
        }
        Ok(())
    }

    /// What an earlier run with the same key has done, if anything was whole.
    pub(super) fn record(&self, key: &str) -> Option<Record> {
        let bytes = fs::read(self.path.join(RECORD)).ok()?;
        let record: Record = serde_json::from_slice(&bytes).ok()?;
        let program = env!("CARGO_PKG_VERSION");
        let fits = record.version == VERSION && record.program == program && record.key == key;
        fits.then_some(record)
    }

    /// Writes down what is done, in the place of what was written before.
    pub(super) fn write(
        &self,
        key: &str,
        tally: &Tally,
        skipped: &[Skipped],
        done: Done,
    ) -> Result<()> {
        let record = Record {
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            key: key.to_owned(),
            tally: tally.clone(),
            skipped: skipped.to_vec(),
            done,
        };
        let write = || {
            let aside = self.path.join("run.json.new");
            let mut file = File::create(&aside)?;
            file.write_all(&serde_json::to_vec(&record)?)?;
            file.sync_all()?;
            fs::rename(&aside, self.path.join(RECORD))?;
            super::folder::sync_folder(&self.path)
        };
        write().map_err(|error| Error::io("write work files in", &self.path, error))
    }
}

#[cfg(target_os = "linux")]
fn is_locked_by_us(file: &File) -> bool {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;
    // Where a file system knows no locks nobody is kept out.
    flock(file, FlockOperation::NonBlockingLockExclusive) != Err(Errno::WOULDBLOCK)
}

#[cfg(not(target_os = "linux"))]
fn is_locked_by_us(_: &File) -> bool {
    true
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        let mut pending = interrupt::hold();
        pending.remove(&self.path);
        // What cannot go is cleared by the next run.
        let _ = fs::remove_dir_all(&self.path);
    }
}
