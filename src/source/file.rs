//! The built-in sources: files and streams, each read by what it holds.

use std::fs;
use std::path::{Path, PathBuf};

use super::config::{Format, Resolved};
use super::decode::{self, Opened, Stream, UTF8_BOM};
use super::pieces::{Once, Pieces, Reading};
use super::place::Place;
use super::sink::{Counted, Part};
use super::{jsonl, text, values};
use crate::error::{Error, Result};

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
    } else {
        Kind::Text
    }
}

/// How a file of this name is read.
pub(crate) fn kind_of_file(path: &Path, format: Format) -> Kind {
    match (format, kind_by_name(path)) {
        (Format::Auto, kind) => kind,
        (Format::Text, _) => Kind::Text,
        (Format::Jsonl, Kind::Json) => Kind::Json,
        (Format::Jsonl, _) => Kind::Lines,
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
        let open_raw = move || -> Result<Stream<'_>> {
            let file = fs::File::open(&path).map_err(|error| Error::io("open", &path, error))?;
            Ok(Box::new(Counted { reader: file, progress: reading.progress }))
        };
        if kind == Kind::Text {
            return Ok(Box::new(Once::new(move || {
                if !reading.wants(0) {
                    return Ok(Part::default());
                }
                text::read_file(open_raw()?, size, &place, reading.resolved).map(Part::of)
            })));
        }
        records(open(open_raw()?, &place, reading.resolved)?, kind, place, reading)
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
        let kind = match reading.resolved.config.format {
            Format::Text => Kind::Text,
            Format::Jsonl => Kind::Json,
            Format::Auto => match kind_by_name(Path::new(&place.path)) {
                Kind::Text => {
                    let (head, rest) = peek(opened, HEAD, &place)?;
                    opened = rest;
                    if begins_as_object(&head) { Kind::Json } else { Kind::Text }
                }
                kind => kind,
            },
        };
        if kind == Kind::Text {
            return Ok(Box::new(Once::new(move || {
                text::read_stream(opened, &place, reading.resolved).map(Part::of)
            })));
        }
        records(opened, kind, place, reading)
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
