//! SIGINT and SIGTERM: stop at once and leave nothing half-written.
//!
//! Outputs are written aside and renamed when whole. What is aside is registered here; the
//! handler removes it and exits. It holds the register's lock while it does, and so does whoever
//! creates or renames: a file is either whole in its place or gone.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Exit;

static PENDING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// What is written aside, while nothing can interrupt.
pub(super) struct Pending(MutexGuard<'static, Vec<PathBuf>>);

/// Holds off the handler until the value is dropped.
pub(super) fn hold() -> Pending {
    // A panic elsewhere leaves a list of paths that is still right.
    Pending(PENDING.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Pending {
    /// Registers a file, or a folder that is to go if it is empty.
    pub(super) fn add(&mut self, path: &Path) {
        self.0.push(path.to_path_buf());
    }

    /// Forgets a path that is gone or in its place.
    pub(super) fn remove(&mut self, path: &Path) {
        self.0.retain(|pending| pending != path);
    }
}

/// Installs the handler. Signals that somebody decided to ignore (as `nohup` does) stay ignored.
pub(super) fn install() {
    // Without a handler an interrupted run may leave a temporary file; no reason not to run.
    let _ = ctrlc::try_set_handler(|| {
        let pending = hold();
        for path in pending.0.iter().rev() {
            let _ =
                if path.is_dir() { std::fs::remove_dir(path) } else { std::fs::remove_file(path) };
        }
        std::process::exit(Exit::Interrupted as i32);
    });
}
