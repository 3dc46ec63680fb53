//! The budget of a run, and where its files lie.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::medium::{Folder, Medium, Memory};
use super::{Record, Rows, Sorter};

/// Memory that a run may use for what grows with its input, and the folder for the rest.
///
/// The folder exists and is empty, belongs to this run alone, and is removed by whoever made it.
/// Nothing is written there while everything fits. Clones share the count of what was written.
///
/// ```
/// use doublet::spill::Work;
/// let small = Work::within(64 << 20, "/tmp/doublet-work");
/// assert_eq!((small.memory(), small.spilled()), (64 << 20, 0));
/// ```
#[derive(Clone)]
pub struct Work {
    medium: Arc<dyn Medium>,
    memory: u64,
    spilled: Arc<AtomicU64>,
    /// Bytes of a block of a run.
    pub(super) block: usize,
    /// Most runs that one merge reads.
    pub(super) fan_in: usize,
}

/// Bytes of a block of a run: one checksum, one read.
const BLOCK: usize = 64 << 10;

/// Most runs that one merge reads.
const FAN_IN: usize = 64;

/// Least memory of any one sorter or store, so that a tiny budget still gets on.
const LEAST: u64 = 256 << 10;

impl Work {
    /// Everything in memory, however much it is.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::on(Arc::new(Memory), u64::MAX)
    }

    /// At most `memory` bytes (a share of it for each store, some hundred kilobytes at least);
    /// what is more goes to files in `folder`.
    #[must_use]
    pub fn within(memory: u64, folder: impl Into<PathBuf>) -> Self {
        Self::on(Arc::new(Folder(folder.into())), memory)
    }

    fn on(medium: Arc<dyn Medium>, memory: u64) -> Self {
        let spilled = Arc::default();
        Self { medium, memory, spilled, block: BLOCK, fan_in: FAN_IN }
    }

    /// Files that are memory, of tiny blocks and merges: what a test of a few records needs to go
    /// through everything.
    #[cfg(test)]
    pub(crate) fn tiny(memory: u64, block: usize, fan_in: usize) -> Self {
        Self { block, fan_in, ..Self::on(Arc::new(Memory), memory) }
    }

    /// The budget in bytes.
    #[must_use]
    pub const fn memory(&self) -> u64 {
        self.memory
    }

    /// Bytes written to files so far, by this value and its clones.
    #[must_use]
    pub fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, bytes: usize) {
        self.spilled.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn medium(&self) -> &dyn Medium {
        &*self.medium
    }

    /// A percentage of the budget, in bytes.
    pub(crate) fn share(&self, percent: u64) -> usize {
        #[cfg(test)]
        let least = LEAST.min(self.memory);
        #[cfg(not(test))]
        let least = LEAST;
        usize::try_from((self.memory / 100).saturating_mul(percent).max(least))
            .unwrap_or(usize::MAX)
    }

    /// A sorter with a percentage of the budget.
    pub(crate) fn sorter<R: Record>(&self, name: &str, percent: u64) -> Sorter<R> {
        Sorter::new(self.clone(), name, self.share(percent))
    }

    /// A store of rows with a percentage of the budget.
    pub(crate) fn rows(&self, name: &str, percent: u64) -> Rows {
        Rows::new(self.clone(), name, self.share(percent))
    }
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("memory", &self.memory).finish_non_exhaustive()
    }
}
