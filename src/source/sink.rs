//! Where sources put documents and problems, and how they report progress.

use std::io::{self, Read};

use super::pieces::Reading;
use crate::document::{Document, FieldValue};
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
    reading: Reading<'a>,
    pub(crate) part: Part,
    overflow: Option<Overflow<'a>>,
    /// Documents so far.
    count: u64,
}

/// What takes the documents of a sink when there are many.
pub(crate) struct Overflow<'a> {
    /// Bytes of documents that the sink may hold.
    pub(crate) limit: usize,
    pub(crate) take: &'a mut (dyn FnMut((Vec<Document>, Vec<u64>)) -> Result<()> + Send),
}

impl<'a> Sink<'a> {
    pub(crate) fn new(reading: Reading<'a>) -> Self {
        Self { reading, part: Part::default(), overflow: None, count: 0 }
    }

    /// A sink that hands on its documents as they become many.
    pub(crate) fn flowing(reading: Reading<'a>, overflow: Overflow<'a>) -> Self {
        Self { overflow: Some(overflow), ..Self::new(reading) }
    }

    /// Adds a document. Fails when the run is to stop, as [`problem`](Self::problem) does: pass
    /// the error on with `?`.
    pub fn document(&mut self, document: Document) -> Result<()> {
        if self.reading.progress.stopped() {
            return Err(interrupted());
        }
        self.count += 1;
        let record = match &document.origin {
            Some(origin) => origin.line.unwrap_or(0),
            None => self.count,
        };
        if !self.reading.wants(record) {
            return Ok(());
        }
        if document.text.len() > u32::MAX as usize {
            return self.problem(super::too_large("document", u32::MAX).at(&document.name));
        }
        self.part.seen.group |= document.group.is_some();
        self.part.seen.date |= document.date.is_some();
        self.part.push(document, record);
        if let Some(overflow) = &mut self.overflow
            && self.part.bytes >= overflow.limit
        {
            return (overflow.take)(self.part.take());
        }
        Ok(())
    }

    /// Notes something that cannot be read and goes on, or hands it back when reading is strict:
    /// pass the error on with `?`.
    pub fn problem(&mut self, error: Error) -> Result<()> {
        if self.is_strict() || is_fatal(&error) {
            return Err(error);
        }
        self.part.problem(error);
        Ok(())
    }

    /// Whether reading stops at the first problem.
    pub const fn is_strict(&self) -> bool {
        self.reading.resolved.config.strict
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
    /// Their numbers among the records of the file.
    pub(crate) records: Vec<u64>,
    pub(crate) problems: Vec<Error>,
    /// Problems beyond those that are named.
    pub(crate) more_problems: u64,
    pub(crate) seen: Seen,
    /// About what the documents take up in memory.
    pub(crate) bytes: usize,
}

/// Which of the fields that were asked for have been seen at all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) group: bool,
    pub(crate) date: bool,
}

impl Seen {
    pub(crate) fn merge(&mut self, other: Self) {
        self.group |= other.group;
        self.date |= other.date;
    }
}

/// About what a document takes up in memory: fields that are not strings count nothing, of which
/// there are few.
fn footprint(document: &Document) -> usize {
    let strings = [Some(&document.name), document.group.as_ref(), document.date.as_ref()];
    let named: usize = strings.into_iter().flatten().map(String::len).sum();
    let fields = document.metadata.iter().map(|(name, value)| {
        name.len() + FIELD + if let FieldValue::Text(text) = value { text.len() } else { 0 }
    });
    let origin = document.origin.as_ref().map_or(0, |origin| origin.path.len());
    size_of::<Document>() + document.text.len() + named + 2 * origin + fields.sum::<usize>()
}

/// What a field takes up besides its strings.
const FIELD: usize = 48;

impl Part {
    /// A stretch that is nothing but a problem.
    pub(crate) fn failure(error: Error) -> Self {
        Self { problems: vec![error], ..Self::default() }
    }

    /// A stretch that is one document.
    pub(crate) fn of(document: Document) -> Self {
        let mut part = Self::default();
        part.push(document, 0);
        part
    }

    /// Adds the document of a record.
    pub(crate) fn push(&mut self, document: Document, record: u64) {
        self.bytes += footprint(&document);
        self.documents.push(document);
        self.records.push(record);
    }

    /// Takes the documents out, with their numbers.
    pub(crate) fn take(&mut self) -> (Vec<Document>, Vec<u64>) {
        self.bytes = 0;
        (std::mem::take(&mut self.documents), std::mem::take(&mut self.records))
    }

    /// Joins parts by their numbers; `None` of none.
    pub(crate) fn of_numbered(mut parts: Vec<(usize, Self)>) -> Option<Self> {
        parts.sort_unstable_by_key(|&(number, _)| number);
        let count = parts.iter().map(|(_, part)| part.documents.len()).sum::<usize>();
        let mut parts = parts.into_iter().map(|(_, part)| part);
        let mut all = parts.next()?;
        all.documents.reserve_exact(count - all.documents.len());
        parts.for_each(|part| all.append(part));
        Some(all)
    }

    /// Adds what stands after it.
    pub(crate) fn append(&mut self, mut next: Self) {
        self.documents.append(&mut next.documents);
        self.records.append(&mut next.records);
        self.seen.merge(next.seen);
        for problem in next.problems {
            self.problem(problem);
        }
        self.more_problems += next.more_problems;
        self.bytes += next.bytes;
    }

    /// The first problem that ends the run.
    pub(crate) fn fatal(&mut self, strict: bool) -> Result<()> {
        match self.problems.iter().position(|error| strict || is_fatal(error)) {
            Some(first) => Err(self.problems.swap_remove(first)),
            None => Ok(()),
        }
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
