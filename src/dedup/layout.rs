//! Which files the inputs are made of, and where each goes.
//!
//! A single folder's files keep their places below the output. Of several inputs each folder goes
//! under its own name, and a file named itself under its file name. Standard input becomes
//! `stdin.jsonl` (`stdin.txt` if it is text, and so on), with the ending of its compression. Two files that
//! would go to one place are refused, and so is one that would go to the place of
//! [`REMOVED`].

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::document::Document;
use crate::error::{Error, ErrorKind, Result};
use crate::source::ReadConfig;
use crate::source::raw::{self, RawFile, STDIN, Shape};

/// Name of the file, in the output, that says what went.
pub const REMOVED: &str = "removed.jsonl";

/// The files of the inputs and their places in the output.
#[derive(Debug)]
pub struct Layout {
    pub(super) files: Vec<Laid>,
    pub(super) config: ReadConfig,
    /// What the files hold, by their keys.
    shapes: HashMap<PathBuf, Shape>,
    bytes: u64,
}

/// One file and its place.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) content: Content,
    /// Where it goes, below the output.
    pub(super) target: PathBuf,
    pub(super) shape: Shape,
}

/// Where the bytes of a file come from.
#[derive(Debug)]
pub(super) enum Content {
    /// A file, and its size and time of change when it was listed.
    File(PathBuf, Option<(u64, SystemTime)>),
    /// What came from standard input.
    Spool(File),
}

impl Laid {
    /// What documents of this file are found by.
    pub(super) fn key(&self) -> PathBuf {
        match &self.content {
            Content::File(path, _) => key(path),
            Content::Spool(_) => key(Path::new(STDIN)),
        }
    }

    /// The name for messages.
    pub(super) fn name(&self) -> &Path {
        match &self.content {
            Content::File(path, _) => path,
            Content::Spool(_) => Path::new(STDIN),
        }
    }
}

/// A path without what does not matter: `./` and `//`.
pub(super) fn key(path: &Path) -> PathBuf {
    path.components().collect()
}

/// Size and time of change of a file, if the system tells.
pub fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// The files that reading `paths` opens; pipes and standard input are none.
///
/// # Errors
/// [`ErrorKind::Config`] for a mistake in `config`; [`ErrorKind::Io`] for an input that does not
/// exist.
pub fn files_of(paths: &[PathBuf], config: &ReadConfig) -> Result<Vec<PathBuf>> {
    raw::files(paths, config)
}

/// The same file from its start. What was opened before moves along: one reader at a time.
///
/// # Errors
/// Those of the system.
pub fn from_start(file: &File) -> io::Result<File> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    Ok(file)
}

impl Layout {
    /// Lists the files of `paths`; `stdin` holds what came from standard input, where `-` is one
    /// of them.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for two files that would go to one place, a pipe, JSON that is not
    /// one record a line, or a mistake in `config`; [`ErrorKind::Io`] for an input that does not
    /// exist.
    pub fn new(paths: &[PathBuf], config: &ReadConfig, stdin: Option<&File>) -> Result<Self> {
        Self::without(&Arc::default(), paths, config, stdin)
    }

    /// The same without the files `except`, which are named by their canonical paths; as
    /// [`Input::without`](crate::source::Input::without).
    ///
    /// # Errors
    /// As [`Layout::new`].
    pub fn without(
        except: &Arc<BTreeSet<PathBuf>>,
        paths: &[PathBuf],
        config: &ReadConfig,
        stdin: Option<&File>,
    ) -> Result<Self> {
        let lists = raw::list(paths, config, except)?;
        let mut files = Vec::new();
        let mut bytes = 0;
        for (source, list) in paths.iter().zip(lists) {
            if source == Path::new(STDIN) {
                if let Some(spool) = stdin {
                    files.push(laid_stdin(spool, config)?);
                }
                continue;
            }
            let own_name = (paths.len() > 1 && source.is_dir()).then(|| folder_name(source));
            for RawFile { path, relative, size, shape } in list {
                let below = relative
                    .unwrap_or_else(|| path.file_name().map(PathBuf::from).unwrap_or_default());
                let target = own_name.clone().unwrap_or_default().join(below);
                let stamp = stamp(&path);
                bytes += size;
                files.push(Laid { content: Content::File(path, stamp), target, shape });
            }
        }
        let shapes = files.iter().map(|laid: &Laid| (laid.key(), laid.shape)).collect();
        let layout = Self { files, config: config.clone(), shapes, bytes };
        layout.check_targets()?;
        Ok(layout)
    }

    /// Number of files.
    pub fn files(&self) -> u64 {
        self.files.len() as u64
    }

    /// Their bytes, as they are compressed.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The files, for comparing them with other places. Standard input has none.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().filter_map(|laid| match &laid.content {
            Content::File(path, _) => Some(path.as_path()),
            Content::Spool(_) => None,
        })
    }

    /// Whether any file holds what has no fields to add to: one document, or a web archive.
    pub fn has_texts(&self) -> bool {
        self.files.iter().any(|laid| matches!(laid.shape, Shape::Text | Shape::Warc))
    }

    /// Checks that what was read can be written again: bytes of lines, and of texts that are to
    /// be `cut`, must be UTF-8 already. What is of none of the files is not written.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], naming the first file that is not.
    pub fn check(&self, documents: &[Document], cut: bool) -> Result<()> {
        // Records of web archives state their encodings one by one, and stay as they are.
        let is_copied = |path: &str| match self.shapes.get(&key(Path::new(path))) {
            Some(Shape::Text | Shape::Warc) => !cut,
            Some(Shape::Lines | Shape::Csv | Shape::Parquet) => false,
            None => true,
        };
        let origins = documents.iter().filter_map(|document| document.origin.as_ref());
        for origin in origins {
            if let Some(encoding) = &origin.encoding
                && !is_copied(&origin.path)
            {
                let found = format!("a file in {encoding}");
                return Err(Error::new(ErrorKind::Config, found)
                    .expected("UTF-8, so that what stays is the same bytes")
                    .remedy("convert it to UTF-8, or leave it out with --exclude")
                    .at(&origin.path));
            }
        }
        Ok(())
    }

    fn check_targets(&self) -> Result<()> {
        let mut taken: HashMap<&Path, &Path> = HashMap::new();
        for laid in &self.files {
            if laid.target == Path::new(REMOVED) {
                return Err(Error::new(
                    ErrorKind::Config,
                    "an input in the place of the list of removals",
                )
                .expected(format!("no {REMOVED} among the inputs"))
                .remedy(format!("leave it out with --exclude /{REMOVED}"))
                .at(laid.name()));
            }
            if let Some(other) = taken.insert(&laid.target, laid.name()) {
                let found = format!("two inputs for one place, {}", laid.target.display());
                return Err(Error::new(ErrorKind::Config, found)
                    .expected(format!("no other one besides {}", other.display()))
                    .remedy("clean them in two runs, or name the folder that both are in")
                    .at(laid.name()));
            }
        }
        Ok(())
    }
}

/// The name that a folder goes by; `.` and the like are looked up.
fn folder_name(path: &Path) -> PathBuf {
    let whole = || fs::canonicalize(path).ok();
    let name = path.file_name().map(PathBuf::from);
    name.or_else(|| Some(PathBuf::from(whole()?.file_name()?))).unwrap_or_default()
}

fn laid_stdin(spool: &File, config: &ReadConfig) -> Result<Laid> {
    let again = || from_start(spool);
    let fail = |error| Error::io("read", STDIN, error);
    let (shape, compression) = raw::shape_of_stream(Box::new(again().map_err(fail)?), config)?;
    let name = match shape {
        Shape::Text => "stdin.txt",
        Shape::Lines => "stdin.jsonl",
        Shape::Csv => "stdin.csv",
        Shape::Warc => "stdin.warc",
        Shape::Parquet => "stdin.parquet",
    };
    let ending = compression.map_or("", |compression| compression.ending());
    let target = PathBuf::from(format!("{name}{ending}"));
    Ok(Laid { content: Content::Spool(again().map_err(fail)?), target, shape })
}
