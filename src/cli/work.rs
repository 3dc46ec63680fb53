//! The folder of work files: made at the start, gone at the end.

use std::fs;
use std::path::{Path, PathBuf};

use doublet::{Error, Result};
use tempfile::TempDir;

use super::interrupt;

/// A folder of this run alone. It goes when the value does, and when a signal ends the run.
pub(super) struct WorkFolder {
    folder: Option<TempDir>,
    path: PathBuf,
}

impl WorkFolder {
    /// Makes one in `parent`.
    pub(super) fn new(parent: &Path) -> Result<Self> {
        let mut pending = interrupt::hold();
        let folder = tempfile::Builder::new()
            .prefix(".doublet-")
            .suffix(".work")
            .tempdir_in(parent)
            .map_err(|error| Error::io("make work files in", parent, error))?;
        pending.add_whole(folder.path());
        let path = folder.path().to_path_buf();
        Ok(Self { folder: Some(folder), path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        let mut pending = interrupt::hold();
        pending.remove(&self.path);
        if self.folder.take().is_some_and(|folder| folder.close().is_err()) {
            // A file that another system still holds open; what can go goes.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
