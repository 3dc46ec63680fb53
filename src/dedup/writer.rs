//! Writes the files again, without what goes.
//!
//! A file that nothing is taken from is copied as it is, compression and all. The others are
//! written record by record, each format by its own writer: records that stay as the bytes that
//! came in, with the same kind of compression.
//!
//! Cost: one pass over the files, in parallel; memory for one record a thread.

mod columns;
mod csv;
mod edits;
mod lines;
mod members;
#[cfg(feature = "parquet")]
mod parquet;
mod target;
mod text;
mod warc;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use rayon::prelude::*;

use self::edits::FileEdits;
use self::target::Target;
use super::layout::{Content, Laid, Layout, from_start, stamp};
use crate::error::{Error, ErrorKind, Result};
use crate::source::raw::{self, Compression, Counted, Shape, Stream};
use crate::source::{Progress, ReadConfig};

pub use self::edits::Edits;

/// The mark that UTF-8 may begin with.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files.
    pub files: u64,
    /// Their bytes, compressed as they are.
    pub bytes: u64,
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
                let job = Job { laid, config: &self.config, edits, root, progress };
                job.write(edits.of_file(&laid.key()))
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
    config: &'a ReadConfig,
    edits: &'a Edits,
    root: &'a Path,
    progress: &'a dyn Progress,
}

impl Job<'_> {
    fn write(&self, edits: Option<&FileEdits>) -> Result<Written> {
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
        let none = FileEdits::default();
        let edits = match edits {
            Some(edits) => edits,
            // Every table gets the columns, as long as it is one.
            None if self.edits.annotates() && self.is_table() => &none,
            None => return self.copy(raw),
        };
        match self.laid.shape {
            Shape::Text => text::write(self, raw, edits),
            Shape::Lines => lines::write(self, raw, edits),
            Shape::Csv => csv::write(self, raw, edits),
            Shape::Warc => warc::write(self, raw, edits),
            #[cfg(feature = "parquet")]
            Shape::Parquet => parquet::write(self, edits),
            // Nothing of it was read, so nothing is done to it.
            #[cfg(not(feature = "parquet"))]
            Shape::Parquet => self.copy(raw),
        }
    }

    /// Whether the file has columns, and can be read.
    fn is_table(&self) -> bool {
        let Content::File(path, _) = &self.laid.content else {
            return self.laid.shape == Shape::Csv;
        };
        match self.laid.shape {
            Shape::Csv => csv::has_header(path, self.config),
            #[cfg(feature = "parquet")]
            Shape::Parquet => parquet::is_whole(path),
            _ => false,
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

    /// The error for a record that is not what was read.
    fn not_what_was_read(&self, record: u64) -> Error {
        Error::new(ErrorKind::Format, "a record that is not the one that was read")
            .remedy("run again when nothing writes the file")
            .at(self.laid.name())
            .line(record)
    }

    fn target(&self, compression: Option<Compression>) -> Result<Target> {
        Target::new(self.create()?, compression).map_err(|error| self.unwritten(error))
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
