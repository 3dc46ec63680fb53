//! Reading documents: files, folders, JSON records, standard input, and sources of your own.
//!
//! ```text
//! paths ─ walk ─ files ─┬─ decompress ─ decode ─┬─ text:   one document a file
//!   (in parallel,       │                       ├─ jsonl:  one document a record ─┬─ blocks in
//!    in order)          │                       ├─ csv:    one document a record ─┘  parallel
//!                       │                       └─ warc:   one document a record of plain text
//!                       └─ parquet: one document a row (slices of row groups in parallel)
//! ```
//!
//! *Which function do I need?* [`read`] for files and folders in one line; [`read_all`] to choose
//! fields, encodings and globs, to go on after problems, to read from a stream, or to follow the
//! progress; [`stream`] for the same batch by batch, when there is more than memory holds.
//!
//! Documents come in input order, whatever the number of threads: sources as they are given, files
//! of a folder by name, records by line. What cannot be read is a [`Skipped`] entry with its file
//! and line, or, with [`ReadConfig::strict`], the error of the whole.
//!
//! Reading uses the rayon pool that it is called in.

mod blocks;
pub(crate) mod cells;
mod config;
pub(crate) mod csv;
mod decode;
mod file;
mod jsonl;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
mod pieces;
mod place;
mod plan;
pub(crate) mod raw;
mod record;
mod row;
mod sink;
mod stream;
mod text;
mod unescape;
mod values;
mod walk;
pub(crate) mod warc;

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

pub use self::config::{Format, ReadConfig};
pub use self::pieces::{RecordPlace, Wanted, WantedFiles};
pub use self::sink::{NAMED_PROBLEMS, Progress, Sink};
pub use self::stream::{Batch, StreamOptions, Streamed, stream};

use self::config::Resolved;
use self::pieces::Reading;
use self::place::STDIN;
use self::plan::{Entry, Plan};
use self::sink::{Part, Seen};
use self::walk::Except;
use crate::document::{DocId, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::report::model::Skipped;

/// Where documents come from. Files, folders and streams are built in; implement it for the rest.
///
/// ```
/// use doublet::source::{Input, ReadConfig, Sink, Source, read_all};
/// use doublet::{Document, Result};
///
/// struct Verses(Vec<&'static str>);
///
/// impl Source for Verses {
///     fn name(&self) -> String {
///         "verses".into()
///     }
///
///     fn read(&mut self, sink: &mut Sink<'_>) -> Result<()> {
///         for (number, verse) in self.0.drain(..).enumerate() {
///             sink.document(Document::new(format!("verse {number}"), verse))?;
///         }
///         Ok(())
///     }
/// }
///
/// let input = Input::custom(Verses(vec!["Tyger Tyger, burning bright"]));
/// let collection = read_all([input], &ReadConfig::default(), &())?;
/// assert_eq!(collection.documents[0].name, "verse 0");
/// # Ok::<(), doublet::Error>(())
/// ```
pub trait Source: Send {
    /// How people know it; stands for the path in what is reported about it.
    fn name(&self) -> String;

    /// Puts all documents and problems into `sink`, in order. Called once. An error ends this
    /// source; the run goes on with the next one unless reading is strict or the error came from
    /// the sink.
    fn read(&mut self, sink: &mut Sink<'_>) -> Result<()>;
}

/// Something to read documents from.
pub struct Input(InputKind);

enum InputKind {
    Path(PathBuf, Except),
    Reader(String, Box<dyn Read + Send>),
    Custom(Box<dyn Source>),
}

impl Input {
    /// A file or a folder; `-` is standard input (a file of that name is `./-`).
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(InputKind::Path(path.into(), Except::default()))
    }

    /// The same without these files, which are named by their canonical paths: they are passed over
    /// however they are reached. Streams and sources of your own stay as they are.
    #[must_use]
    pub fn without(self, files: &Arc<BTreeSet<PathBuf>>) -> Self {
        match self.0 {
            InputKind::Path(path, _) => Self(InputKind::Path(path, Arc::clone(files))),
            kind => Self(kind),
        }
    }

    /// Standard input.
    pub fn stdin() -> Self {
        Self::path(STDIN)
    }

    /// Any stream of bytes, treated as a file of this name; a name without a known extension may
    /// hold text or JSON records, as standard input may.
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self(InputKind::Reader(name.into(), Box::new(reader)))
    }

    /// A source of your own.
    pub fn custom(source: impl Source + 'static) -> Self {
        Self(InputKind::Custom(Box::new(source)))
    }
}

impl<P: AsRef<Path>> From<P> for Input {
    fn from(path: P) -> Self {
        Self::path(path.as_ref())
    }
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// The documents, in input order.
    pub documents: Vec<Document>,
    /// What could not be read, in input order. At most [`NAMED_PROBLEMS`] entries a file; one more
    /// says how many were not named. A document whose date or group alone is of no use is kept,
    /// and has an entry here.
    pub skipped: Vec<Skipped>,
}

/// Reads files and folders of text and JSON records, with defaults; the first problem is an error.
///
/// ```
/// let documents = doublet::source::read(&["seeds/000_ee68053e4f035a81.txt"])?;
/// assert!(documents[0].text.len() > 1000);
/// # Ok::<(), doublet::Error>(())
/// ```
pub fn read(paths: &[impl AsRef<Path>]) -> Result<Vec<Document>> {
    let config = ReadConfig { strict: true, ..ReadConfig::default() };
    let inputs = paths.iter().map(Input::from);
    read_all(inputs, &config, &()).map(|collection| collection.documents)
}

/// Reads all inputs, files in parallel, and tells `progress` about it (`&()` tells nobody).
///
/// # Errors
/// Of kind [`Config`](ErrorKind::Config) for a mistake in the configuration, or when no document
/// has the field to group by or the date field, if they are
/// [required](ReadConfig::require_fields); [`Io`](ErrorKind::Io) for an input that does not
/// exist; [`Interrupted`](ErrorKind::Interrupted) when `progress` says to stop;
/// [`Limit`](ErrorKind::Limit) beyond 2³² − 2 documents. With [`ReadConfig::strict`] the first
/// problem in input order.
///
/// ```
/// use doublet::source::{Input, ReadConfig, read_all};
/// let lines = "{\"text\": \"To be, or not to be\", \"outlet\": \"Globe\"}\n{\"body\": 1}\n";
/// let config = ReadConfig { group_by: Some("outlet".into()), ..ReadConfig::default() };
/// let collection = read_all([Input::reader("-", lines.as_bytes())], &config, &())?;
/// assert_eq!(collection.documents[0].group.as_deref(), Some("Globe"));
/// assert_eq!(collection.skipped[0].line, Some(2));
/// # Ok::<(), doublet::Error>(())
/// ```
pub fn read_all(
    inputs: impl IntoIterator<Item = Input>,
    config: &ReadConfig,
    progress: &dyn Progress,
) -> Result<Collection> {
    let resolved = Resolved::new(config)?;
    let plan = Plan::new(inputs, &resolved)?;
    progress.begin(plan.files, plan.bytes);
    // Inputs after a fatal one need not be read; those before it must be, as one of them may hold
    // the first.
    let failed = AtomicUsize::new(usize::MAX);
    let read_one = |(index, entry): (usize, Entry)| {
        let name = entry.name();
        let mut all = Part::default();
        if failed.load(Ordering::Relaxed) > index {
            let reading =
                Reading { resolved: &resolved, progress, wanted: None, file: index as u32 };
            if let Err(error) = read_entry(entry, reading, &mut all) {
                failed.fetch_min(index, Ordering::Relaxed);
                return Err(error);
            }
        }
        let skipped = all.skipped(&name);
        Ok((all.documents, skipped, all.seen))
    };
    let outcomes: Vec<Result<_>> =
        plan.entries.into_par_iter().enumerate().with_max_len(1).map(read_one).collect();
    let mut collection = Collection::default();
    let mut seen = Seen::default();
    for outcome in outcomes {
        let (mut documents, mut skipped, seen_here) = outcome?;
        collection.documents.append(&mut documents);
        collection.skipped.append(&mut skipped);
        seen.merge(seen_here);
    }
    if let Some(last) = collection.documents.len().checked_sub(1) {
        DocId::from_index(last)?;
        check_fields(&resolved, seen)?;
    }
    Ok(collection)
}

/// Reads all of an entry.
fn read_entry(entry: Entry, reading: Reading<'_>, all: &mut Part) -> Result<()> {
    let strict = reading.is_strict();
    let pieces = match entry {
        Entry::Custom(mut source) => {
            let mut sink = Sink::new(reading);
            source.read(&mut sink).or_else(|error| sink.problem(error))?;
            all.append(sink.part);
            return Ok(());
        }
        entry => entry.open(reading),
    };
    match pieces {
        Err(error) => all.problem(error),
        Ok(mut pieces) => {
            while let Some(part) = pieces.next(usize::MAX) {
                all.append(part);
            }
        }
    }
    all.fatal(strict)
}

/// A field that no record has is a mistake in its name.
fn check_fields(resolved: &Resolved<'_>, seen: Seen) -> Result<()> {
    let config = resolved.config;
    if !config.require_fields {
        return Ok(());
    }
    let missing =
        |field: &str| Error::new(ErrorKind::Config, format!("no record with the field {field:?}"));
    match (&config.group_by, &config.date_field) {
        (Some(field), _) if !seen.group && resolved.builtin_group.is_none() => Err(missing(field)
            .expected("a field to group by, or folder, source or path")
            .remedy("name it with --group-by")),
        (_, Some(field)) if !seen.date => Err(missing(field)
            .expected("a field that holds the date")
            .remedy("name it with --date-field")),
        _ => Ok(()),
    }
}

/// The error for a document beyond the limit.
fn too_large(what: &str, limit: u32) -> Error {
    Error::new(ErrorKind::Limit, format!("a {what} of more than {limit} bytes"))
        .remedy("split it into documents")
}
