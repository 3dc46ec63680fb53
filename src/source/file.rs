//! The built-in sources: files and streams, each read by what it holds.

use std::fs;
use std::path::{Path, PathBuf};

use super::config::{Format, Resolved};
use super::decode::{self, Opened, Stream, UTF8_BOM, begins_as_archive};
use super::pieces::{Once, Pieces, Reading};
use super::place::Place;
use super::sink::{Counted, Part};
use super::{csv, jsonl, text, values, warc};
use crate::document::Document;
use crate::error::{Error, ErrorKind, Result};

/// Bytes of a stream that tell records from text.
pub(crate) const HEAD: u64 = 4 << 10;

/// What a name says about the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One document.
    Text,
    /// One record a line.
    Lines,
    /// JSON in some shape.
    Json,
    /// A table with a header row.
    Csv,
    /// A web archive.
    Warc,
    /// Columns.
    Parquet,
}

impl Kind {
    /// What is stated; a stream of JSON may have it in any shape.
    pub(crate) const fn stated(format: Format) -> Option<Self> {
        match format {
            Format::Auto => None,
            Format::Text => Some(Self::Text),
            Format::Jsonl => Some(Self::Json),
            Format::Csv => Some(Self::Csv),
            Format::Warc => Some(Self::Warc),
            Format::Parquet => Some(Self::Parquet),
        }
    }
}

/// What a file of this name holds.
fn kind_by_name(path: &Path) -> Kind {
    let is = |path: &Path, extensions: &[&str]| {
        path.extension().is_some_and(|found| {
            extensions.iter().any(|extension| found.eq_ignore_ascii_case(extension))
        })
    };
    let stem = path.with_extension("");
    let path = if is(path, &["gz", "zst"]) { stem.as_path() } else { path };
    if is(path, &["jsonl", "ndjson", "jsonlines"]) {
        Kind::Lines
    } else if is(path, &["json"]) {
        Kind::Json
    } else if is(path, &["csv", "tsv"]) {
        Kind::Csv
    } else if is(path, &["warc", "wet"]) {
        Kind::Warc
    } else if is(path, &["parquet"]) {
        Kind::Parquet
    } else {
        Kind::Text
    }
}

/// How a file of this name is read.
pub(crate) fn kind_of_file(path: &Path, format: Format) -> Kind {
    match (Kind::stated(format), kind_by_name(path)) {
        (Some(Kind::Json), kind) if kind != Kind::Json => Kind::Lines,
        (None, kind) | (Some(kind), _) => kind,
    }
}

/// A regular file.
pub(crate) struct File {
    pub(crate) place: Place,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
}

impl File {
    /// Opens it; what is one document is read when it is asked for.
    pub(crate) fn open(self, reading: Reading<'_>) -> Result<Box<dyn Pieces + '_>> {
        let Self { place, path, size } = self;
        let kind = kind_of_file(&path, reading.resolved.config.format);
        let open_raw = |path: &Path| -> Result<Stream<'_>> {
            let file = fs::File::open(path).map_err(|error| Error::io("open", path, error))?;
            Ok(Box::new(Counted { reader: file, progress: reading.progress }))
        };
        match kind {
            #[cfg(feature = "parquet")]
            Kind::Parquet => Ok(Box::new(super::parquet::Rows::open(path, size, place, reading)?)),
            #[cfg(not(feature = "parquet"))]
            Kind::Parquet => {
                Err(Error::new(ErrorKind::Config, "a Parquet file, which this build cannot read")
                    .remedy("build with the feature parquet, or leave it out with --exclude")
                    .at(&place.path))
            }
            Kind::Text => Ok(whole_text(reading, move || {
                text::read_file(open_raw(&path)?, size, &place, reading.resolved)
            })),
            kind => {
                records(open(open_raw(&path)?, &place, reading.resolved)?, kind, place, reading)
            }
        }
    }
}

/// Standard input, a pipe, or any reader.
pub(crate) struct Piped {
    pub(crate) place: Place,
    pub(crate) opener: Opener,
}

/// Opens a stream when its turn comes.
pub(crate) enum Opener {
    Reader(Stream<'static>),
    Path(PathBuf),
}

impl Piped {
    /// Opens it, and looks at what it holds.
    pub(crate) fn open(self, reading: Reading<'_>) -> Result<Box<dyn Pieces + '_>> {
        let Self { place, opener } = self;
        let reader: Stream<'_> = match opener {
            Opener::Reader(reader) => reader,
            Opener::Path(path) => {
                Box::new(fs::File::open(&path).map_err(|error| Error::io("open", &path, error))?)
            }
        };
        let raw = Box::new(Counted { reader, progress: reading.progress });
        let mut opened = open(raw, &place, reading.resolved)?;
        let stated = Kind::stated(reading.resolved.config.format);
        let kind = match stated.unwrap_or_else(|| kind_by_name(Path::new(&place.path))) {
            Kind::Text if stated.is_none() => {
                let (head, rest) = peek(opened, HEAD, &place)?;
                opened = rest;
                kind_of_head(&head)
            }
            kind => kind,
        };
        match kind {
            Kind::Text => {
                Ok(whole_text(reading, move || text::read_stream(opened, &place, reading.resolved)))
            }
            Kind::Parquet => {
                Err(Error::new(ErrorKind::Config, "Parquet from a pipe or standard input")
                    .expected("a file, as it is read from its end")
                    .remedy("write it to a file and name that")
                    .at(&place.path))
            }
            kind => records(opened, kind, place, reading),
        }
    }
}

/// One document, if it is wanted.
fn whole_text<'a>(
    reading: Reading<'a>,
    read: impl FnOnce() -> Result<Document> + Send + 'a,
) -> Box<dyn Pieces + 'a> {
    Box::new(Once::new(
        move || {
            if reading.wants(0) { read().map(Part::of) } else { Ok(Part::default()) }
        },
    ))
}

/// What a stream without a telling name holds.
pub(crate) fn kind_of_head(head: &[u8]) -> Kind {
    if begins_as_object(head) {
        Kind::Json
    } else if begins_as_archive(head) {
        Kind::Warc
    } else {
        Kind::Text
    }
}

/// Whether a stream begins as a JSON object. (A brace alone also begins much other text.)
pub(crate) fn begins_as_object(head: &[u8]) -> bool {
    let head = head.strip_prefix(UTF8_BOM).unwrap_or(head).trim_ascii_start();
    let Some(inside) = head.strip_prefix(b"{") else { return false };
    matches!(inside.trim_ascii_start().first(), Some(b'"' | b'}'))
}

fn records<'a>(
    mut opened: Opened<'a>,
    kind: Kind,
    place: Place,
    reading: Reading<'a>,
) -> Result<Box<dyn Pieces + 'a>> {
    if kind == Kind::Csv {
        return Ok(Box::new(csv::read(opened, place, reading)?));
    }
    if kind == Kind::Warc {
        return Ok(Box::new(warc::Records::new(opened, place, reading)));
    }
    if kind == Kind::Json {
        let (head, rest) = peek(opened, values::HEAD, &place)?;
        opened = rest;
        if !values::is_by_line(&head) {
            return Ok(Box::new(Once::new(move || values::read(opened, &place, &reading))));
        }
    }
    Ok(Box::new(jsonl::read(opened, place, reading)))
}

fn open<'a>(raw: Stream<'a>, place: &Place, resolved: &Resolved<'_>) -> Result<Opened<'a>> {
    // A file that ends before its header does is damaged; the system's errors tell themselves.
    decode::open(raw, resolved.encoding)
        .map_err(|error| decode::stream_error(error, true, &place.path))
}

fn peek<'a>(opened: Opened<'a>, bytes: u64, place: &Place) -> Result<(Vec<u8>, Opened<'a>)> {
    let Opened { reader, compressed, encoding } = opened;
    match decode::peek(reader, bytes) {
        Ok((head, reader)) => Ok((head, Opened { reader, compressed, encoding })),
        Err(error) => Err(decode::stream_error(error, compressed, &place.path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_files_hold() {
        for (name, kind) in [
            ("a.jsonl", Kind::Lines),
            ("a.NDJSON", Kind::Lines),
            ("a.jsonlines.gz", Kind::Lines),
            ("x.y/a.jsonl.zst", Kind::Lines),
            ("a.json.gz", Kind::Json),
            ("a.txt", Kind::Text),
            ("jsonl", Kind::Text),
            ("a.jsonl.txt", Kind::Text),
            ("a.gz", Kind::Text),
            ("a.csv.gz", Kind::Csv),
            ("a.TSV", Kind::Csv),
            ("CC-MAIN-0.warc.wet.gz", Kind::Warc),
            ("a.warc", Kind::Warc),
            ("part-0.snappy.parquet", Kind::Parquet),
        ] {
            assert_eq!(kind_by_name(Path::new(name)), kind, "{name}");
        }
    }

    #[test]
    fn objects_are_told_from_braces() {
        for (head, is_object) in [
            ("{\"text\": 1}", true),
            ("\u{feff} {\n \"a\"", true),
            ("{}", true),
            ("{\\rtf1", false),
            ("{{ template }}", false),
            ("text", false),
            ("", false),
        ] {
            assert_eq!(begins_as_object(head.as_bytes()), is_object, "{head:?}");
        }
    }
}
