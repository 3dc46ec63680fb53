//! What built-in sources have in common: they are read piece by piece.
//!
//! A piece is what stands in the next stretch of a file, up to about as many bytes as are asked
//! for, so that who asks decides how much is in memory. Within a piece the work goes to the pool;
//! between pieces nothing runs.

use super::config::Resolved;
use super::sink::{Part, Progress};
use crate::error::Result;

/// Where a record stands among all inputs of a run, so that it can be found again.
///
/// Files are numbered in the order in which they are read. The record's number is that of
/// [`Origin::line`](crate::Origin::line); in JSON that is not one record a line it counts the
/// records, and where the file is one document it is 0. Of a source of one's own, documents
/// without an origin are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordPlace {
    /// The file, from 0. What the walk refused is counted, folders are not.
    pub file: u32,
    /// Line, row or record, from 1.
    pub record: u64,
}

/// Says of a record, before it is parsed, whether it is wanted.
pub type Wanted<'a> = &'a (dyn Fn(RecordPlace) -> bool + Sync);

/// Says of a file by its number, before it is opened, whether it is wanted.
pub type WantedFiles<'a> = &'a (dyn Fn(u32) -> bool + Sync);

/// What reading a file needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) resolved: &'a Resolved<'a>,
    pub(crate) progress: &'a dyn Progress,
    /// Every record is wanted without it.
    pub(crate) wanted: Option<Wanted<'a>>,
    /// Number of the file.
    pub(crate) file: u32,
}

impl Reading<'_> {
    /// Whether a record of this file is wanted.
    pub(crate) fn wants(&self, record: u64) -> bool {
        self.wanted.is_none_or(|wanted| wanted(RecordPlace { file: self.file, record }))
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.resolved.config.strict
    }
}

/// A source that is read piece by piece.
pub(crate) trait Pieces: Send {
    /// The documents and problems of the next stretch of about `want` bytes, in order; at least
    /// one record long. `None` at the end, and ever after.
    fn next(&mut self, want: usize) -> Option<Part>;
}

/// A source that is one piece, read when it is asked for.
pub(crate) struct Once<F>(Option<F>);

impl<F: FnOnce() -> Result<Part> + Send> Once<F> {
    pub(crate) const fn new(read: F) -> Self {
        Self(Some(read))
    }
}

impl<F: FnOnce() -> Result<Part> + Send> Pieces for Once<F> {
    fn next(&mut self, _: usize) -> Option<Part> {
        self.0.take().map(|read| read().unwrap_or_else(Part::failure))
    }
}
