//! Reading batch by batch, for collections that are larger than memory.
//!
//! While one batch is used the next one is read, both on the pool. The file whose turn it is gets
//! half of a batch; the other half goes to the files behind it, which are read ahead at the same
//! time, so that many files are read in parallel and documents still come in order. Nothing ever
//! waits for anything else but at the end of a batch.
//!
//! Memory: two batches of about `batch_bytes` each, and a block (a megabyte, a row group, or a
//! document) for each file that is read at a time.

use std::collections::VecDeque;

use rayon::prelude::*;

use super::config::Resolved;
use super::pieces::{Pieces, Reading, RecordPlace, Wanted, WantedFiles};
use super::plan::{Entry, Plan};
use super::sink::{Overflow, Part, Progress, Seen, Sink};
use super::{Input, Source, check_fields};
use crate::document::{DocId, Document};
use crate::error::Result;
use crate::report::model::Skipped;

/// Files that are open at a time.
const OPEN_FILES: usize = 256;

/// Least that a file counts for, however short it is.
const LEAST_SHARE: usize = 64 << 10;

/// How many times its size a file is taken to hold at most.
const EXPANSION: usize = 4;

/// How a collection is streamed.
#[derive(Clone, Copy)]
pub struct StreamOptions<'a> {
    /// About how many bytes of documents a batch has; a larger document is a batch of its own.
    /// Twice as much is in memory at a time. Default 32 MiB.
    pub batch_bytes: usize,
    /// Which records are wanted; the others are passed over without being parsed, where the format
    /// allows it. By default all.
    pub wanted: Option<Wanted<'a>>,
    /// Which files are wanted, by their numbers; the others are not opened. By default all.
    pub wanted_files: Option<WantedFiles<'a>>,
}

impl Default for StreamOptions<'_> {
    fn default() -> Self {
        Self { batch_bytes: 32 << 20, wanted: None, wanted_files: None }
    }
}

/// Documents that follow each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// How many documents came before them.
    pub first: u64,
    /// The documents; at least one.
    pub documents: Vec<Document>,
    /// Where each of them stands.
    pub places: Vec<RecordPlace>,
}

impl Batch {
    /// Takes the documents from an index on apart, as [`Vec::split_off`] does.
    ///
    /// # Panics
    /// If there are fewer documents.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        Self {
            first: self.first + at as u64,
            documents: self.documents.split_off(at),
            places: self.places.split_off(at),
        }
    }
}

/// What came of streaming.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Streamed {
    /// Documents that were handed out.
    pub documents: u64,
    /// What could not be read, as in [`Collection::skipped`](super::Collection::skipped).
    pub skipped: Vec<Skipped>,
}

/// Reads all inputs and hands their documents to `each`, batch by batch, in input order.
///
/// Documents, their order and what is skipped are those of [`read_all`](super::read_all), and the
/// same at each time of reading; where batches end depends on nothing but the inputs and
/// `batch_bytes`. What is to be looked at again is read again: with the same inputs and the
/// [`RecordPlace`] of what is wanted. `each` runs on the pool while the next batch is read; its
/// first error ends the run.
///
/// # Errors
/// Those of [`read_all`](super::read_all), and those of `each`. A problem that stops the run comes
/// after the batches before it. Where not all is wanted, fields that no record has are no error.
///
/// ```
/// use doublet::source::{Input, ReadConfig, StreamOptions, stream};
/// let mut words = 0;
/// let streamed = stream(
///     [Input::path("seeds")],
///     &ReadConfig { include: vec!["*.txt".into()], ..ReadConfig::default() },
///     &StreamOptions { batch_bytes: 4096, ..StreamOptions::default() },
///     &(),
///     |batch| {
///         words += batch.documents.iter().flat_map(|d| d.text.split_whitespace()).count();
///         Ok(())
///     },
/// )?;
/// assert_eq!(streamed.documents, 5);
/// assert!(words > 1000);
/// # Ok::<(), doublet::Error>(())
/// ```
pub fn stream(
    inputs: impl IntoIterator<Item = Input>,
    config: &super::ReadConfig,
    options: &StreamOptions<'_>,
    progress: &dyn Progress,
    mut each: impl FnMut(Batch) -> Result<()> + Send,
) -> Result<Streamed> {
    let resolved = Resolved::new(config)?;
    let plan = Plan::new(inputs, &resolved)?;
    progress.begin(plan.files, plan.bytes);
    let reading = Reading { resolved: &resolved, progress, wanted: options.wanted, file: 0 };
    let mut window = Window {
        reading,
        wanted_files: options.wanted_files,
        closed: plan.entries.into_iter(),
        opened: 0,
        files: VecDeque::new(),
        share: (options.batch_bytes / 2).max(1),
    };
    let mut outcome = Outcome::default();
    let mut ready: Option<Batch> = None;
    loop {
        match ready.take() {
            None => window.fill(),
            Some(batch) => {
                let each = &mut each;
                let ((), used) = rayon::join(|| window.fill(), move || each(batch));
                used?;
            }
        }
        let (documents, end) = outcome.collect(&mut window);
        if !documents.0.is_empty() {
            ready = Some(outcome.batch(documents)?);
        }
        match end {
            Ok(()) if ready.is_some() => {}
            Ok(()) => {
                if !window.run_custom(&mut outcome, &mut each)? && window.is_empty() {
                    break;
                }
            }
            Err(error) => {
                if let Some(batch) = ready {
                    each(batch)?;
                }
                return Err(error);
            }
        }
    }
    let is_all = options.wanted.is_none() && options.wanted_files.is_none();
    if outcome.documents > 0 && is_all {
        check_fields(&resolved, outcome.seen)?;
    }
    Ok(Streamed { documents: outcome.documents, skipped: outcome.skipped })
}

/// Documents and where they stand.
type Placed = (Vec<Document>, Vec<RecordPlace>);

/// What has been handed out.
#[derive(Default)]
struct Outcome {
    documents: u64,
    skipped: Vec<Skipped>,
    seen: Seen,
}

impl Outcome {
    /// Takes what is next in order out of the window, up to a problem that ends the run.
    fn collect(&mut self, window: &mut Window<'_>) -> (Placed, Result<()>) {
        let mut placed = Placed::default();
        while let Some(front) = window.files.front_mut() {
            place(front.part.take(), front.number, &mut placed);
            if let Err(error) = front.part.fatal(window.reading.is_strict()) {
                return (placed, Err(error));
            }
            if !matches!(front.state, State::Over) {
                break;
            }
            self.skipped.append(&mut front.part.skipped(&front.name));
            self.seen.merge(front.part.seen);
            window.files.pop_front();
        }
        (placed, Ok(()))
    }

    fn batch(&mut self, (documents, places): Placed) -> Result<Batch> {
        let first = self.documents;
        self.documents += documents.len() as u64;
        DocId::from_index((self.documents as usize).saturating_sub(1))?;
        Ok(Batch { first, documents, places })
    }
}

/// Adds documents of a file.
fn place((mut documents, records): (Vec<Document>, Vec<u64>), file: u32, placed: &mut Placed) {
    placed.1.extend(records.into_iter().map(|record| RecordPlace { file, record }));
    if placed.0.is_empty() {
        placed.0 = documents;
    } else {
        placed.0.append(&mut documents);
    }
}

/// The files that are read at a time: the one whose turn it is, and some behind it.
struct Window<'a> {
    reading: Reading<'a>,
    wanted_files: Option<WantedFiles<'a>>,
    closed: std::vec::IntoIter<Entry>,
    opened: u32,
    files: VecDeque<Ahead<'a>>,
    /// Bytes that the first file may hold, and all others together.
    share: usize,
}

/// A file that is read.
struct Ahead<'a> {
    number: u32,
    name: String,
    state: State<'a>,
    /// What has been read and not been handed out; the problems of all of the file.
    part: Part,
    /// Bytes that it may hold while others are before it.
    limit: usize,
}

enum State<'a> {
    Closed(Entry),
    Open(Box<dyn Pieces + 'a>),
    Custom(Box<dyn Source>),
    Over,
}

impl Window<'_> {
    fn is_empty(&self) -> bool {
        self.files.is_empty() && self.closed.len() == 0
    }

    /// Takes in files as long as there is room, and reads on in each of them.
    fn fill(&mut self) {
        let behind = self.files.iter().skip(1).map(|file| file.limit).sum::<usize>();
        let mut room = self.share.saturating_sub(behind);
        while self.files.is_empty() || (room > 0 && self.files.len() < OPEN_FILES) {
            let Some(entry) = self.closed.next() else { break };
            let (number, name, size) = (self.opened, entry.name(), entry.size());
            self.opened += 1;
            if self.wanted_files.is_some_and(|wanted| !wanted(number)) {
                self.reading.progress.advance(size);
                continue;
            }
            let estimate = (size as usize).saturating_mul(EXPANSION).max(LEAST_SHARE);
            let limit = if self.files.is_empty() { 0 } else { estimate.min(room) };
            room -= limit;
            let state = match entry {
                Entry::Custom(source) => State::Custom(source),
                entry => State::Closed(entry),
            };
            self.files.push_back(Ahead { number, name, state, part: Part::default(), limit });
        }
        let (reading, share) = (self.reading, self.share);
        let reads = self.files.par_iter_mut().enumerate().with_max_len(1);
        reads.for_each(|(place, file)| {
            let limit = if place == 0 { share } else { file.limit };
            file.fill(limit, Reading { file: file.number, ..reading });
        });
    }

    /// Runs the source whose turn it is, if that is one of the user's own; its documents are
    /// handed out as they come.
    fn run_custom(
        &mut self,
        outcome: &mut Outcome,
        each: &mut (impl FnMut(Batch) -> Result<()> + Send),
    ) -> Result<bool> {
        let Some(Ahead { state, part, number, .. }) = self.files.front_mut() else {
            return Ok(false);
        };
        let State::Custom(source) = state else { return Ok(false) };
        let reading = Reading { file: *number, ..self.reading };
        let mut take = |documents| {
            let mut placed = Placed::default();
            place(documents, *number, &mut placed);
            each(outcome.batch(placed)?)
        };
        let overflow = Overflow { limit: self.share, take: &mut take };
        let mut sink = Sink::flowing(reading, overflow);
        source.read(&mut sink).or_else(|error| sink.problem(error))?;
        part.append(sink.part);
        *state = State::Over;
        Ok(true)
    }
}

impl<'a> Ahead<'a> {
    /// Reads until so many bytes are held.
    fn fill(&mut self, limit: usize, reading: Reading<'a>) {
        if let State::Closed(_) = self.state
            && let State::Closed(entry) = std::mem::replace(&mut self.state, State::Over)
        {
            match entry.open(reading) {
                Ok(pieces) => self.state = State::Open(pieces),
                Err(error) => self.part.problem(error),
            }
        }
        let State::Open(pieces) = &mut self.state else { return };
        while self.part.bytes < limit {
            let Some(part) = pieces.next(limit - self.part.bytes) else {
                self.state = State::Over;
                break;
            };
            self.part.append(part);
        }
    }
}
