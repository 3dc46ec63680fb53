//! Writes the files again, without what goes.
//!
//! A file that nothing is taken from is copied as it is, compression and all. Of the others a
//! text is written without what was cut, and records line by line: those that stay as the bytes
//! that came in, with the same kind of compression.
//!
//! Cost: one pass over the files, in parallel; memory for one line a thread.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use rayon::prelude::*;

use super::annotate::{self, FIELD};
use super::field;
use super::layout::{Content, Laid, Layout, from_start, key, stamp};
use super::passages::cut_out;
use super::plan::Plan;
use crate::document::Document;
use crate::error::{Error, ErrorKind, Result};
use crate::report::model::Report;
use crate::source::Progress;
use crate::source::raw::{self, Compression, Counted, Shape, Stream};

/// The mark that UTF-8 may begin with.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// What is done to one document.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Edit {
    /// It is left out.
    Remove,
    /// It has this text instead.
    Text(String),
    /// Its record gets this value in the field of findings.
    Annotate(String),
}

/// What is done to the documents of each file.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// By file, then line; a text stands at line 0.
    by_file: HashMap<PathBuf, BTreeMap<u64, Edit>>,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files.
    pub files: u64,
    /// Their bytes, compressed as they are.
    pub bytes: u64,
}

impl Edits {
    /// Takes out what a plan says; `replacement` stands for each passage that is cut.
    #[must_use]
    pub fn of_plan(documents: &[Document], plan: &Plan, replacement: &str) -> Self {
        let mut edits = Self::default();
        for (document, _) in documents.iter().zip(&plan.gone).filter(|(_, gone)| **gone) {
            edits.add(document, Edit::Remove);
        }
        for (id, spans) in &plan.cuts {
            if let Some(document) = documents.get(id.index()) {
                edits.add(document, Edit::Text(cut_out(&document.text, spans, replacement)));
            }
        }
        edits
    }

    /// Removes nothing and tells what a report found in each record, in its field `doublet`: its
    /// cluster (by the cluster's number), representative, rule and score, and its passages.
    #[must_use]
    pub fn of_findings(documents: &[Document], report: &Report) -> Self {
        let mut edits = Self::default();
        for (document, json) in documents.iter().zip(annotate::findings(documents, report)) {
            if let Some(json) = json {
                edits.add(document, Edit::Annotate(json));
            }
        }
        edits
    }

    /// Number of documents that change or go.
    pub fn len(&self) -> usize {
        self.by_file.values().map(BTreeMap::len).sum()
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.by_file.is_empty()
    }

    /// Leaves out the record at a line of a file, or the file where it is one document.
    pub(super) fn remove(&mut self, path: &str, line: Option<u64>) {
        let file = self.by_file.entry(key(Path::new(path))).or_default();
        file.insert(line.unwrap_or(0), Edit::Remove);
    }

    fn add(&mut self, document: &Document, edit: Edit) {
        if let Some(origin) = &document.origin {
            let file = self.by_file.entry(key(Path::new(&origin.path))).or_default();
            file.insert(origin.line.unwrap_or(0), edit);
        }
    }
}

impl Layout {
    /// Writes all files below `root`, a folder that exists and is empty.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] for a file that cannot be read or written, or changed since the layout
    /// was made; [`ErrorKind::Compression`] for one to be changed that cannot be read to its end;
    /// [`ErrorKind::Interrupted`] when `progress` says to stop. What was written stays.
    pub fn write(&self, root: &Path, edits: &Edits, progress: &dyn Progress) -> Result<Written> {
        progress.begin(self.files(), self.bytes());
        let outcomes: Vec<Result<Written>> = self
            .files
            .par_iter()
            .with_max_len(1)
            .map(|laid| {
                let job = Job { laid, text_field: &self.text_field, root, progress };
                job.write(edits.by_file.get(&laid.key()))
            })
            .collect();
        let mut all = Written::default();
        for outcome in outcomes {
            let Written { files, bytes } = outcome?;
            all.files += files;
            all.bytes += bytes;
        }
        Ok(all)
    }
}

/// One file to write.
struct Job<'a> {
    laid: &'a Laid,
    text_field: &'a str,
    root: &'a Path,
    progress: &'a dyn Progress,
}

impl Job<'_> {
    fn write(&self, edits: Option<&BTreeMap<u64, Edit>>) -> Result<Written> {
        let raw: Stream<'_> = match &self.laid.content {
            Content::File(path, listed) => {
                let file = match File::open(path) {
                    Ok(file) => file,
                    // It could not be read before, either, and has been named.
                    Err(error)
                        if error.kind() == io::ErrorKind::PermissionDenied && edits.is_none() =>
                    {
                        return Ok(Written::default());
                    }
                    Err(error) => return Err(Error::io("open", path, error)),
                };
                if stamp(path) != *listed {
                    return Err(Error::new(ErrorKind::Io, "an input that changed during the run")
                        .remedy("run again when nothing writes it")
                        .at(path));
                }
                Box::new(file)
            }
            Content::Spool(file) => Box::new(from_start(file).map_err(|error| self.unread(error))?),
        };
        let raw: Stream<'_> = Box::new(Counted { reader: raw, progress: self.progress });
        match (edits, self.laid.shape) {
            (None, _) => self.copy(raw),
            (Some(edits), Shape::Lines) => self.records(raw, edits),
            (Some(edits), Shape::Text) => match edits.get(&0) {
                None => self.copy(raw),
                Some(Edit::Text(text)) => self.text(raw, text),
                Some(Edit::Remove | Edit::Annotate(_)) => Ok(Written::default()),
            },
        }
    }

    /// The same bytes.
    fn copy(&self, mut raw: Stream<'_>) -> Result<Written> {
        let mut out = Target::new(self.create()?, None).map_err(|error| self.unwritten(error))?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = raw.read(&mut buffer).map_err(|error| self.unread(error))?;
            if count == 0 {
                return self.finish(out);
            }
            out.write_all(&buffer[..count]).map_err(|error| self.unwritten(error))?;
        }
    }

    /// Another text.
    fn text(&self, raw: Stream<'_>, text: &str) -> Result<Written> {
        let (compression, _) = raw::decompressed(raw).map_err(|error| self.unread(error))?;
        let mut out =
            Target::new(self.create()?, compression).map_err(|error| self.unwritten(error))?;
        out.write_all(text.as_bytes()).map_err(|error| self.unwritten(error))?;
        self.finish(out)
    }

    /// Lines, of which some go or change.
    fn records(&self, raw: Stream<'_>, edits: &BTreeMap<u64, Edit>) -> Result<Written> {
        let (compression, plain) = raw::decompressed(raw).map_err(|error| self.unread(error))?;
        let mut reader = BufReader::with_capacity(1 << 18, plain);
        let mut out =
            Target::new(self.create()?, compression).map_err(|error| self.unwritten(error))?;
        let mut next = edits.iter().peekable();
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if reader.read_until(b'\n', &mut line).map_err(|error| self.unread(error))? == 0 {
                break;
            }
            let edit = next.next_if(|(at, _)| **at == number).map(|(_, edit)| edit);
            let changed = match edit {
                None => None,
                Some(Edit::Remove) => continue,
                Some(edit) => Some(self.changed(&line, edit, number)?),
            };
            let bytes = changed.as_deref().map_or(&*line, str::as_bytes);
            out.write_all(bytes).map_err(|error| self.unwritten(error))?;
        }
        self.finish(out)
    }

    /// A line with another text, or with what was found.
    fn changed(&self, line: &[u8], edit: &Edit, number: u64) -> Result<String> {
        let (mark, json) = match line.strip_prefix(MARK) {
            Some(json) => ("\u{feff}", json),
            None => ("", line),
        };
        let change = || {
            let json = std::str::from_utf8(json).ok()?;
            let changed = match edit {
                Edit::Remove => return None,
                Edit::Annotate(findings) => field::set(json, FIELD, findings)?,
                Edit::Text(text) => {
                    let range = field::locate(json, self.text_field)?;
                    field::replace(json, range, &serde_json::to_string(text).ok()?)
                }
            };
            Some(format!("{mark}{changed}"))
        };
        change().ok_or_else(|| {
            Error::new(ErrorKind::Format, "a line that is not the record that was read")
                .remedy("run again when nothing writes the file")
                .at(self.laid.name())
                .line(number)
        })
    }

    fn create(&self) -> Result<File> {
        let fail = |error| self.unwritten(error);
        let mut folder = self.root.to_path_buf();
        for part in self.laid.target.parent().into_iter().flat_map(Path::components) {
            folder.push(part);
            // One at a time: the root must not come back when somebody took it away.
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(fail(error));
                }
                _ => {}
            }
        }
        File::create_new(self.root.join(&self.laid.target)).map_err(fail)
    }

    fn finish(&self, out: Target) -> Result<Written> {
        let bytes = out.finish().map_err(|error| self.unwritten(error))?;
        Ok(Written { files: 1, bytes })
    }

    fn unread(&self, error: io::Error) -> Error {
        raw::stream_error(error, true, &self.laid.name().to_string_lossy())
    }

    fn unwritten(&self, error: io::Error) -> Error {
        Error::io("write", self.root.join(&self.laid.target), error)
    }
}

/// A file that is written, with its compression.
enum Target {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    Zstd(Box<zstd::Encoder<'static, BufWriter<File>>>),
}

impl Target {
    fn new(file: File, compression: Option<Compression>) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 16, file);
        Ok(match compression {
            None => Self::Plain(file),
            Some(Compression::Gzip) => {
                Self::Gzip(Box::new(GzEncoder::new(file, flate2::Compression::default())))
            }
            Some(Compression::Zstd) => {
                let mut encoder = zstd::Encoder::new(file, 0)?;
                encoder.include_checksum(true)?;
                Self::Zstd(Box::new(encoder))
            }
        })
    }

    /// Ends the file, down to the disk as far as the system tells; its bytes.
    fn finish(self) -> io::Result<u64> {
        let buffered = match self {
            Self::Plain(file) => file,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        let file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(file.metadata()?.len())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
            Self::Zstd(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
            Self::Zstd(out) => out.flush(),
        }
    }
}
