//! The files of sources as they are, for what copies them: which there are, what they hold, and
//! their bytes without their compression.
//!
//! The same walk, names and rules as reading, so that a record's path and line lead back to it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::config::{ReadConfig, Resolved};
use super::decode;
pub(crate) use super::decode::{Compression, Stream, peek, stream_error};
use super::file::{self, Kind};
pub(crate) use super::place::STDIN;
pub(crate) use super::sink::Counted;
use super::values;
use super::walk::{Except, Found, Walker};
use crate::error::{Error, ErrorKind, Result};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One document.
    Text,
    /// One record a line.
    Lines,
    /// A table with a header row.
    Csv,
    /// A web archive.
    Warc,
    /// Columns.
    Parquet,
}

/// A file of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawFile {
    /// Where it is; also the path in the origin of its documents.
    pub(crate) path: PathBuf,
    /// The same below the source, when that is a folder.
    pub(crate) relative: Option<PathBuf>,
    pub(crate) size: u64,
    pub(crate) shape: Shape,
}

/// The paths of all files of `paths`; pipes and standard input are none.
pub(crate) fn files(paths: &[PathBuf], config: &ReadConfig) -> Result<Vec<PathBuf>> {
    let resolved = Resolved::new(config)?;
    let mut walker = Walker::default();
    let mut found = Vec::new();
    for source in paths.iter().filter(|source| *source != Path::new(STDIN)) {
        walker.walk(source, &resolved, &Except::default(), &mut found)?;
    }
    let path = |found| match found {
        Found::File { path, .. } => Some(path),
        Found::Stream { .. } | Found::Refused(_) => None,
    };
    Ok(found.into_iter().filter_map(path).collect())
}

/// The files of each of `paths`, in order, but for those of `except`; standard input has none.
///
/// # Errors
/// [`ErrorKind::Config`] for a pipe, and for JSON that is not one record a line.
pub(crate) fn list(
    paths: &[PathBuf],
    config: &ReadConfig,
    except: &Except,
) -> Result<Vec<Vec<RawFile>>> {
    let resolved = Resolved::new(config)?;
    let mut walker = Walker::default();
    let list_one = |source: &PathBuf| {
        let mut found = Vec::new();
        if source != Path::new(STDIN) {
            walker.walk(source, &resolved, except, &mut found)?;
        }
        let mut files = Vec::new();
        for found in found {
            match found {
                Found::File { path, size, .. } => {
                    let below = path.strip_prefix(source).ok();
                    let relative =
                        below.filter(|below| !below.as_os_str().is_empty()).map(Path::to_path_buf);
                    let shape = shape_of(&path, &resolved)?;
                    files.push(RawFile { path, relative, size, shape });
                }
                Found::Stream { path, .. } => {
                    return Err(Error::new(ErrorKind::Config, "a pipe or device as an input")
                        .expected("a file or a folder, as it is read twice")
                        .remedy("give its content on standard input and name -")
                        .at(path));
                }
                // Reading has named it.
                Found::Refused(_) => {}
            }
        }
        Ok(files)
    };
    paths.iter().map(list_one).collect()
}

fn shape_of(path: &Path, resolved: &Resolved<'_>) -> Result<Shape> {
    let kind = file::kind_of_file(path, resolved.config.format);
    if kind == Kind::Json
        && let Ok(file) = fs::File::open(path)
        && let Ok(opened) = decode::open(Box::new(file), resolved.encoding)
        && let Ok((head, _)) = decode::peek(opened.reader, values::HEAD)
        && !values::is_by_line(&head)
    {
        return Err(not_by_line(path));
    }
    Ok(shape_of_kind(kind))
}

fn shape_of_kind(kind: Kind) -> Shape {
    match kind {
        Kind::Text => Shape::Text,
        Kind::Lines | Kind::Json => Shape::Lines,
        Kind::Csv => Shape::Csv,
        Kind::Warc => Shape::Warc,
        Kind::Parquet => Shape::Parquet,
    }
}

/// What a stream without a name holds, and how it is compressed.
pub(crate) fn shape_of_stream(
    stream: Stream<'_>,
    config: &ReadConfig,
) -> Result<(Shape, Option<Compression>)> {
    let resolved = Resolved::new(config)?;
    let stdin = Path::new(STDIN);
    let fail = |error| decode::stream_error(error, true, STDIN);
    let (head, stream) = decode::peek(stream, 4).map_err(fail)?;
    let compression = Compression::of(&head);
    let opened = decode::open(stream, resolved.encoding).map_err(fail)?;
    let (head, _) = decode::peek(opened.reader, values::HEAD).map_err(fail)?;
    let kind = Kind::stated(config.format)
        .unwrap_or_else(|| file::kind_of_head(&head[..head.len().min(file::HEAD as usize)]));
    if kind == Kind::Json && !values::is_by_line(&head) {
        return Err(not_by_line(stdin));
    }
    Ok((shape_of_kind(kind), compression))
}

fn not_by_line(path: &Path) -> Error {
    Error::new(ErrorKind::Config, "JSON that is not one record a line")
        .expected("JSON lines, whose records can go one by one")
        .remedy("write one record a line (as jq -c '.[]' does), or leave it out with --exclude")
        .at(path)
}

/// The bytes of a file without its compression, and what that is.
pub(crate) fn decompressed(raw: Stream<'_>) -> io::Result<(Option<Compression>, Stream<'_>)> {
    let (head, raw) = decode::peek(raw, 4)?;
    let compression = Compression::of(&head);
    let plain = decode::decompress(raw, compression)?;
    Ok((compression, plain))
}
