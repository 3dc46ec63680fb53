//! SIGINT and SIGTERM: stop at once and leave nothing half-written.
//!
//! Outputs are written aside and renamed when whole. What is aside is registered here; the
//! handler removes it and exits. It holds the register's lock while it does, and so does whoever
//! creates or renames: a file is either whole in its place or gone.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Exit;

static PENDING: Mutex<Vec<Aside>> = Mutex::new(Vec::new());

/// How often a folder is removed with all that is in it: its writer may be about to add a file.
const ATTEMPTS: usize = 100;

/// Something that is to go.
struct Aside {
    path: PathBuf,
    /// Whether it is a folder that goes with all that is in it.
    whole: bool,
}

impl Aside {
    fn remove(&self) {
        let path = &self.path;
        if self.whole {
            // Under another name nobody finds it to write more into it. Who writes makes no folder
            // but inside this one, so it does not come back.
            let gone = path.with_extension("interrupted");
            let path = if std::fs::rename(path, &gone).is_ok() { &gone } else { path };
            for _ in 0..ATTEMPTS {
                if std::fs::remove_dir_all(path).is_ok() || !path.exists() {
                    break;
                }
            }
        } else if path.is_dir() {
            let _ = std::fs::remove_dir(path);
        } else {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What is written aside, while nothing can interrupt.
pub(super) struct Pending(MutexGuard<'static, Vec<Aside>>);

/// Holds off the handler until the value is dropped.
pub(super) fn hold() -> Pending {
    // A panic elsewhere leaves a list of paths that is still right.
    Pending(PENDING.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Pending {
    /// Registers a file, or a folder that is to go if it is empty.
    pub(super) fn add(&mut self, path: &Path) {
        self.0.push(Aside { path: path.to_path_buf(), whole: false });
    }

    /// Registers a folder that is to go with all that is in it.
    pub(super) fn add_whole(&mut self, path: &Path) {
        self.0.push(Aside { path: path.to_path_buf(), whole: true });
    }

    /// Forgets a path that is gone or in its place.
    pub(super) fn remove(&mut self, path: &Path) {
        self.0.retain(|pending| pending.path != path);
    }
}

/// Installs the handler. Signals that somebody decided to ignore (as `nohup` does) stay ignored.
pub(super) fn install() {
    // Without a handler an interrupted run may leave a temporary file; no reason not to run.
    let _ = ctrlc::try_set_handler(|| {
        let pending = hold();
        pending.0.iter().rev().for_each(Aside::remove);
        std::process::exit(Exit::Interrupted as i32);
    });
}
