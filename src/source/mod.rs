<<<<<<< HEAD
//! Sources: files, folders, JSON lines and standard input, read into documents.
//!
//! ```text
//! paths ─ walk ─┬─ text files ──── decompress ─ decode ───────────────┬─ documents, in order
//!               └─ record files ── decompress ─ blocks ─ parse fields ┘  + what was skipped
//! ```
//!
//! **Which part do I need?** [`read`] for a script: defaults, and the first problem is an error.
//! [`read_all`] for everything else: fields, groups, dates, encodings, and bad input named and
//! skipped while the run goes on. [`read_stream`] for bytes that are not in a file.
//!
//! Documents come in the order of the paths; inside a folder in the order of names, byte by byte;
//! inside a file in the order of its records. Neither threads nor file systems change it. Work
//! runs on the current rayon pool. Memory: the texts, and for record files two blocks of 4 MiB a
//! thread (a longer line takes one block of its length).

mod compression;
mod decode;
mod json_array;
mod jsonl;
mod plain;
mod record;
mod value;
=======
//! Reading documents: files, folders, JSON records, standard input, and sources of your own.
//!
//! ```text
//! paths ─ walk ─ files ─ decompress ─ decode ─┬─ text:  one document a file
//!                (in parallel, in order)      └─ jsonl: one document a record (blocks in parallel)
//! ```
//!
//! *Which function do I need?* [`read`] for files and folders in one line; [`read_all`] to choose
//! fields, encodings and globs, to go on after problems, to read from a stream, or to follow the
//! progress.
//!
//! Documents come in input order, whatever the number of threads: sources as they are given, files
//! of a folder by name, records by line. What cannot be read is a [`Skipped`] entry with its file
//! and line, or, with [`ReadConfig::strict`], the error of the whole.
//!
//! Reading uses the rayon pool that it is called in.

mod config;
mod decode;
mod file;
mod jsonl;
mod place;
mod record;
mod sink;
mod text;
mod values;
>>>>>>> report
mod walk;

use std::io::Read;
use std::path::{Path, PathBuf};
<<<<<<< HEAD

use rayon::prelude::*;

use crate::document::Document;
use crate::error::{Error, ErrorKind, Result};
use crate::report::model::Skipped;
use compression::Stream;
use record::Place;
use walk::{Entry, Form, Found, Selection};

/// Files handed to the pool at a time; a strict run stops after at most so many.
const FILES_A_BATCH: usize = 1024;

/// Record files below this many bytes are read side by side; larger ones block by block.
const SMALL_FILE: u64 = 1 << 20;

/// How inputs are read.
///
/// ```
/// use doublet::source::ReadConfig;
/// let config = ReadConfig { date_field: Some("published".into()), ..ReadConfig::default() };
/// assert_eq!(config.text_field, "text");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadConfig {
    /// Field that holds a record's text. Like every field here it may be a dotted path into
    /// nested objects (`article.body`); a field of exactly that name goes first.
    pub text_field: String,
    /// Field that names a record: a string or a number. `None`: `id` where the record has it,
    /// else file and line.
    pub id_field: Option<String>,
    /// What groups documents: a field of records, or one of the built-in names `folder` (the
    /// file's folder inside its source, `.` for the source itself), `source` and `path`. A field
    /// of the record goes first. `None`: no group; a document belongs to its source then.
    pub group_by: Option<String>,
    /// Field that holds a record's date: a string, or a number of Unix seconds (above 10¹¹ in
    /// size: milliseconds). See [`Timestamp::parse`](crate::Timestamp::parse).
    pub date_field: Option<String>,
    /// Encoding of text files that are not UTF-8, by its WHATWG label (`windows-1252`, `big5`).
    /// A byte order mark in the file goes first. JSON is always UTF-8 (or UTF-16 with a mark).
    pub encoding: Option<String>,
    /// Read only files of folders whose path inside the folder matches one of these globs (all,
    /// when there is none). A glob without `/` matches names at any depth.
    pub include: Vec<String>,
    /// Leave out files and folders that match one of these globs.
    pub exclude: Vec<String>,
    /// Leave out files and folders whose name begins with a dot.
    pub skip_hidden: bool,
    /// Return the first problem as an error instead of naming and skipping it.
    pub strict: bool,
    /// How to take files for what they are.
    pub format: Format,
}

impl Default for ReadConfig {
    fn default() -> Self {
        Self {
            text_field: "text".to_owned(),
            id_field: None,
            group_by: None,
            date_field: None,
            encoding: None,
            include: Vec::new(),
            exclude: Vec::new(),
            skip_hidden: false,
            strict: false,
            format: Format::Auto,
        }
    }
}

/// What files hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// By name, without a `.gz` or `.zst` at the end: `.jsonl`, `.ndjson` and `.jsonlines` hold
    /// records; `.json` does when it begins with an array of objects or a line that is an object;
    /// everything else is text. Pipes and standard input hold records when they begin with `{`.
    #[default]
    Auto,
    /// Every file is one text.
    Text,
    /// Every file holds one JSON record a line.
    Jsonl,
}

/// Hears how far reading has come.
///
/// Called from many threads. Any `Fn(u64) + Sync` is one: `&|bytes| total.add(bytes)`.
pub trait Progress: Sync {
    /// So many bytes more (as they are stored, before decompression) have been read.
    fn advance(&self, bytes: u64);
}

impl<F: Fn(u64) + Sync> Progress for F {
    fn advance(&self, bytes: u64) {
        self(bytes);
    }
}

/// Documents, and the inputs that could not be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// The documents in input order.
    pub documents: Vec<Document>,
    /// What was left out and why, in input order.
    pub skipped: Vec<Skipped>,
}

/// Reads every document of files and folders with the defaults of [`ReadConfig`].
///
/// # Errors
/// The first problem of any kind; [`read_all`] goes on instead.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// std::fs::write(folder.join("a.txt"), "One text.")?;
/// std::fs::write(folder.join("b.jsonl"), r#"{"id": "b-1", "text": "Another."}"#)?;
/// let documents = doublet::read([folder])?;
/// assert_eq!(documents[0].name, "a.txt");
/// assert_eq!(documents[1].name, "b-1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Vec<Document>> {
    let paths: Vec<PathBuf> = paths.into_iter().map(|path| path.as_ref().to_path_buf()).collect();
    let config = ReadConfig { strict: true, ..ReadConfig::default() };
    Ok(read_all(&paths, &config, &|_| {})?.documents)
}

/// Reads every document of the inputs: files, folders, and `-` for standard input.
///
/// Folders are read recursively, hidden files and what links lead to included. Gzip and zstd are
/// recognised by their first bytes, whatever the name.
///
/// # Errors
/// Configuration that makes no sense ([`ErrorKind::Config`]) and inputs that do not exist
/// ([`ErrorKind::Io`]). Everything else is named in [`Collection::skipped`] and the run goes on,
/// unless [`ReadConfig::strict`] is set.
pub fn read_all(
    inputs: &[PathBuf],
    config: &ReadConfig,
    progress: &dyn Progress,
) -> Result<Collection> {
    let reader = Reader::new(config, progress)?;
    let mut sink = Sink::new(config.strict);
    let mut found = walk::find(inputs, &reader.selection)?.into_iter().peekable();
    while found.peek().is_some() {
        let batch: Vec<Found> =
            std::iter::from_fn(|| found.next_if(is_small)).take(FILES_A_BATCH).collect();
        let items: Vec<Vec<Item>> =
            batch.into_par_iter().map(|found| reader.read_small(found)).collect();
        items.into_iter().try_for_each(|items| sink.take(items))?;
        if let Some(large) = found.next_if(|found| !is_small(found)) {
            reader.read_found(large, &mut |items| sink.take(items))?;
        }
    }
    sink.finish(config)
}

/// Reads the documents of one stream of bytes, compressed or not: records or one text, by
/// [`ReadConfig::format`] or by its first byte.
///
/// `name` stands for the source, the path and (of a text) the document.
///
/// # Errors
/// As [`read_all`].
///
/// ```
/// use doublet::source::{ReadConfig, read_stream};
/// let bytes = &b"{\"text\": \"one\"}\n{\"text\": \"two\"}\n"[..];
/// let collection = read_stream("memory", bytes, &ReadConfig::default(), &|_| {})?;
/// assert_eq!(collection.documents[1].name, "memory:2");
/// # Ok::<(), doublet::Error>(())
/// ```
pub fn read_stream(
    name: &str,
    stream: impl Read + Send,
    config: &ReadConfig,
    progress: &dyn Progress,
) -> Result<Collection> {
    let reader = Reader::new(config, progress)?;
    let mut sink = Sink::new(config.strict);
    let entry = Entry::stream(name, config.format);
    reader.read_from(&entry, Box::new(stream), &mut |items| sink.take(items))?;
    sink.finish(config)
}

/// What reading yields, in order: a document or a problem.
type Item = Result<Document>;

/// Takes what was read; an error of it ends the reading.
type Emit<'a> = &'a mut dyn FnMut(Vec<Item>) -> Result<()>;

fn is_small(found: &Found) -> bool {
    match found {
        Found::Problem(_) => true,
        Found::StandardInput(_) => false,
        Found::File(entry) => match entry.form {
            Form::Text => true,
            Form::Records | Form::Json => entry.bytes < SMALL_FILE,
            Form::Unknown => false,
        },
    }
}

/// The configuration, resolved.
struct Reader<'a> {
    config: &'a ReadConfig,
    selection: Selection,
    encoding: Option<&'static encoding_rs::Encoding>,
    progress: &'a dyn Progress,
}

impl<'a> Reader<'a> {
    fn new(config: &'a ReadConfig, progress: &'a dyn Progress) -> Result<Self> {
        Ok(Self {
            config,
            selection: Selection::new(config)?,
            encoding: config.encoding.as_deref().map(decode::by_label).transpose()?,
            progress,
        })
    }

    /// All that a small file holds.
    fn read_small(&self, found: Found) -> Vec<Item> {
        let mut all = Vec::new();
        let result = self.read_found(found, &mut |items| {
            all.extend(items);
            Ok(())
        });
        all.extend(result.err().map(Err));
        all
    }

    fn read_found(&self, found: Found, emit: Emit<'_>) -> Result<()> {
        match found {
            Found::Problem(error) => emit(vec![Err(error)]),
            Found::StandardInput(entry) => self.read_from(&entry, Box::new(std::io::stdin()), emit),
            Found::File(entry) => match std::fs::File::open(&entry.path) {
                Err(error) => emit(vec![Err(Error::io("open", &entry.path, error))]),
                Ok(file) => self.read_from(&entry, Box::new(file), emit),
            },
        }
    }

    /// Reads one file or stream as what it is.
    fn read_from(
        &self,
        entry: &Entry,
        raw: Box<dyn Read + Send + '_>,
        emit: Emit<'_>,
    ) -> Result<()> {
        let place = Place { entry, config: self.config, encoding: None };
        if entry.form == Form::Text {
            return emit(vec![plain::read(raw, &place, self.encoding, self.progress)]);
        }
        let mut stream = Stream::new(raw, self.progress);
        let records = match entry.form {
            Form::Text => false,
            Form::Records => true,
            Form::Json => match json_array::sniff(&mut stream) {
                json_array::Sniffed::Array => return json_array::read(stream, &place, emit),
                json_array::Sniffed::Lines => true,
                json_array::Sniffed::Other => self.config.format == Format::Jsonl,
            },
            Form::Unknown => jsonl::begins_with_object(&mut stream),
        };
        if records {
            jsonl::read(stream, &place, emit)
        } else {
            emit(vec![plain::read_decompressed(stream, &place, self.encoding)])
        }
    }
}

/// Collects what was read, or stops at the first problem.
struct Sink {
    collection: Collection,
    strict: bool,
}

impl Sink {
    fn new(strict: bool) -> Self {
        Self { collection: Collection::default(), strict }
    }

    fn take(&mut self, items: Vec<Item>) -> Result<()> {
        for item in items {
            match item {
                Ok(document) => self.collection.documents.push(document),
                Err(error) if self.strict => return Err(error),
                Err(error) => self.collection.skipped.push(Skipped::from(&error)),
            }
        }
        Ok(())
    }

    /// Checks that fields which were asked for exist at all: a misspelt name is not a property
    /// of every record.
    fn finish(self, config: &ReadConfig) -> Result<Collection> {
        let documents = &self.collection.documents;
        if let Some(field) = &config.group_by
            && !documents.is_empty()
            && documents.iter().all(|document| document.group.is_none())
        {
            let found = format!("no document with the field \"{field}\" to group by");
            return Err(Error::new(ErrorKind::Config, found)
                .expected("a field of the records, or folder, source or path"));
        }
        if let Some(field) = &config.date_field {
            let records = documents.iter().any(is_record);
            let any = |document: &Document| record::lookup(&document.metadata, field).is_some();
            if records && !documents.iter().any(any) {
                return Err(Error::new(
                    ErrorKind::Config,
                    format!("no record with the field \"{field}\" to take the date from"),
                )
                .expected("a field of the records"));
            }
        }
        Ok(self.collection)
    }
}

fn is_record(document: &Document) -> bool {
    document.origin.as_ref().is_some_and(|origin| origin.line.is_some())
}

impl From<&Error> for Skipped {
    fn from(error: &Error) -> Self {
        Self {
            path: error.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default(),
            line: error.line_number(),
            message: error.message(),
        }
    }
=======
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

pub use self::config::{Format, ReadConfig};
pub use self::sink::{NAMED_PROBLEMS, Progress, Sink};

use self::config::Resolved;
use self::file::{File, Opener, Piped};
use self::place::{Place, STDIN};
use self::walk::{Found, Walker};
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
    Path(PathBuf),
    Reader(String, Box<dyn Read + Send>),
    Custom(Box<dyn Source>),
}

impl Input {
    /// A file or a folder; `-` is standard input (a file of that name is `./-`).
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(InputKind::Path(path.into()))
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
/// let documents = doublet::source::read(&["seeds"])?;
/// assert!(documents.iter().any(|document| document.name.ends_with(".txt")));
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
/// has the field to group by or the date field; [`Io`](ErrorKind::Io) for an input that does not
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
    let plan = plan(inputs, &resolved)?;
    progress.begin(plan.files, plan.bytes);
    // Inputs after a fatal one need not be read; those before it must be, as one of them may hold
    // the first.
    let failed = AtomicUsize::new(usize::MAX);
    let read_one = |(index, mut source): (usize, Box<dyn Source + '_>)| {
        let mut sink = Sink::new(config.strict, progress);
        if failed.load(Ordering::Relaxed) > index {
            if let Err(error) = source.read(&mut sink).or_else(|error| sink.problem(error)) {
                failed.fetch_min(index, Ordering::Relaxed);
                return Err(error);
            }
        }
        let skipped = sink.part.skipped(&source.name());
        Ok((sink.part.documents, skipped, sink.part.seen))
    };
    let outcomes: Vec<Result<_>> =
        plan.sources.into_par_iter().enumerate().with_max_len(1).map(read_one).collect();
    let mut collection = Collection::default();
    let mut seen = sink::Seen::default();
    for outcome in outcomes {
        let (mut documents, mut skipped, seen_here) = outcome?;
        collection.documents.append(&mut documents);
        collection.skipped.append(&mut skipped);
        seen.group |= seen_here.group;
        seen.date |= seen_here.date;
    }
    if let Some(last) = collection.documents.len().checked_sub(1) {
        DocId::from_index(last)?;
        check_fields(&resolved, seen)?;
    }
    Ok(collection)
}

/// A field that no record has is a mistake in its name.
fn check_fields(resolved: &Resolved<'_>, seen: sink::Seen) -> Result<()> {
    let config = resolved.config;
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

/// What is to be read.
struct Plan<'a> {
    sources: Vec<Box<dyn Source + 'a>>,
    files: u64,
    bytes: u64,
}

fn plan<'a>(
    inputs: impl IntoIterator<Item = Input>,
    resolved: &'a Resolved<'a>,
) -> Result<Plan<'a>> {
    let mut plan = Plan { sources: Vec::new(), files: 0, bytes: 0 };
    let mut walker = Walker::default();
    let mut stdin_taken = false;
    for input in inputs {
        match input.0 {
            InputKind::Custom(source) => plan.sources.push(source),
            InputKind::Reader(name, reader) => {
                let (place, open) = (Place::stream(&name), Some(Opener::Reader(reader)));
                plan.sources.push(Box::new(Piped { place, open, resolved }));
            }
            InputKind::Path(path) if path.as_os_str() == STDIN => {
                // It can be read once.
                if !std::mem::replace(&mut stdin_taken, true) {
                    let open = Some(Opener::Reader(Box::new(std::io::stdin())));
                    plan.sources.push(Box::new(Piped {
                        place: Place::stream(STDIN),
                        open,
                        resolved,
                    }));
                }
            }
            InputKind::Path(path) => {
                let mut found = Vec::new();
                walker.walk(&path, resolved, &mut found)?;
                for found in found {
                    plan.add(found, resolved);
                }
            }
        }
    }
    Ok(plan)
}

impl<'a> Plan<'a> {
    fn add(&mut self, found: Found, resolved: &'a Resolved<'a>) {
        self.sources.push(match found {
            Found::File { place, path, size } => {
                self.files += 1;
                self.bytes += size;
                Box::new(File { place, path, size, resolved })
            }
            Found::Stream { place, path } => {
                let open = Some(Opener::Path(path));
                Box::new(Piped { place, open, resolved })
            }
            Found::Refused(error) => Box::new(Refused(Some(error))),
        });
    }
}

/// Stands in the order for what the walk could not read.
struct Refused(Option<Error>);

impl Source for Refused {
    fn name(&self) -> String {
        String::new()
    }

    fn read(&mut self, _: &mut Sink<'_>) -> Result<()> {
        self.0.take().map_or(Ok(()), Err)
    }
}

/// The error for a document beyond the limit.
fn too_large(what: &str, limit: u32) -> Error {
    Error::new(ErrorKind::Limit, format!("a {what} of more than {limit} bytes"))
        .remedy("split it into documents")
>>>>>>> report
}
