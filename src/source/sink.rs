//! Where sources put documents and problems, and how they report progress.

use std::io::{self, Read};

use crate::document::Document;
use crate::error::{Error, ErrorKind, Result};
use crate::report::model::Skipped;

/// Problems of one source that are named one by one; the rest is counted. A wrong `text_field`
/// makes every record of a file a problem, and a file may have hundreds of millions.
pub const NAMED_PROBLEMS: usize = 10_000;

/// Told how far reading has come; asked whether to go on.
///
/// `()` is the silent one. Calls come from several threads at once.
pub trait Progress: Sync {
    /// Reading begins: so many files, so many bytes on disk (what is not a file counts nothing).
    fn begin(&self, files: u64, bytes: u64) {
        let _ = (files, bytes);
    }

    /// So many more bytes were read, before decompression.
    fn advance(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Whether to stop; asked at least every few megabytes. Reading then fails with
    /// [`ErrorKind::Interrupted`].
    fn stopped(&self) -> bool {
        false
    }
}

impl Progress for () {}

/// Takes what a [`Source`](super::Source) reads, in order.
pub struct Sink<'a> {
    strict: bool,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) part: Part,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(strict: bool, progress: &'a dyn Progress) -> Self {
        Self { strict, progress, part: Part::default() }
    }

    /// Adds a document. Fails when the run is to stop, as [`problem`](Self::problem) does: pass
    /// the error on with `?`.
    pub fn document(&mut self, document: Document) -> Result<()> {
        if self.progress.stopped() {
            return Err(interrupted());
        }
        if document.text.len() > u32::MAX as usize {
            return self.problem(super::too_large("document", u32::MAX).at(&document.name));
        }
        self.part.seen.group |= document.group.is_some();
        self.part.seen.date |= document.date.is_some();
        self.part.documents.push(document);
        Ok(())
    }

    /// Notes something that cannot be read and goes on, or hands it back when reading is strict:
    /// pass the error on with `?`.
    pub fn problem(&mut self, error: Error) -> Result<()> {
        if self.strict || is_fatal(&error) {
            return Err(error);
        }
        self.part.problem(error);
        Ok(())
    }

    /// Whether reading stops at the first problem.
    pub const fn is_strict(&self) -> bool {
        self.strict
    }

    /// Adds documents and problems that were read elsewhere.
    pub(crate) fn absorb(&mut self, mut part: Part) -> Result<()> {
        let strict = self.strict;
        if let Some(first) = part.problems.iter().position(|error| strict || is_fatal(error)) {
            return Err(part.problems.swap_remove(first));
        }
        let all = &mut self.part;
        all.documents.append(&mut part.documents);
        all.seen.group |= part.seen.group;
        all.seen.date |= part.seen.date;
        for problem in part.problems {
            all.problem(problem);
        }
        all.more_problems += part.more_problems;
        Ok(())
    }
}

/// Errors that stop a run whether it is strict or not.
pub(crate) fn is_fatal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::Config)
}

/// Documents and problems of a stretch of input.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) documents: Vec<Document>,
    pub(crate) problems: Vec<Error>,
    /// Problems beyond those that are named.
    pub(crate) more_problems: u64,
    pub(crate) seen: Seen,
}

/// Which of the fields that were asked for have been seen at all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) group: bool,
    pub(crate) date: bool,
}

impl Part {
    /// A stretch that is nothing but a problem.
    pub(crate) fn failure(error: Error) -> Self {
        Self { problems: vec![error], ..Self::default() }
    }

    /// Notes a problem.
    pub(crate) fn problem(&mut self, error: Error) {
        if self.problems.len() < NAMED_PROBLEMS {
            self.problems.push(error);
        } else {
            self.more_problems += 1;
        }
    }

    /// The problems as the report has them; `name` stands in for a path that is not known.
    pub(crate) fn skipped(&mut self, name: &str) -> Vec<Skipped> {
        let path_of = |error: &Error| {
            error.path().map_or_else(|| name.to_owned(), |path| path.to_string_lossy().into_owned())
        };
        let mut skipped: Vec<Skipped> = std::mem::take(&mut self.problems)
            .iter()
            .map(|error| Skipped {
                path: path_of(error),
                line: error.line_number(),
                message: error.message(),
            })
            .collect();
        if self.more_problems > 0 {
            let path = skipped.last().map_or_else(|| name.to_owned(), |last| last.path.clone());
            let message = format!("found {} more problems in this file", self.more_problems);
            skipped.push(Skipped { path, line: None, message });
        }
        skipped
    }
}

/// The error of a run that was told to stop.
pub(crate) fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "that the run was stopped while reading")
}

/// A reader that reports what it reads and fails when the run is to stop.
pub(crate) struct Counted<'a, R> {
    pub(crate) reader: R,
    pub(crate) progress: &'a dyn Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.stopped() {
            return Err(io::Error::other(Stopped));
        }
        let count = self.reader.read(buffer)?;
        self.progress.advance(count as u64);
        Ok(count)
    }
}

/// Why a [`Counted`] reader fails. (`io::ErrorKind::Interrupted` would mean "try again".)
#[derive(Debug)]
pub(crate) struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}
