//! Plain text: one file, one document.
//!
//! A file that is UTF-8 already, which is nearly every one, is read once and checked in place.
//! The rest (compressed, another encoding) goes through the decoding stream. An empty file is a
//! document of no bytes.

use std::io::{self, Read};

use super::config::Resolved;
use super::decode::{self, Compression, Opened, Stream, UTF8_BOM};
use super::place::Place;
use crate::document::{Document, Metadata};
use crate::error::{Error, ErrorKind, Result};

/// Bytes at the start of a file that tell text from binary data.
const SAMPLE: usize = 8 << 10;

/// Reads a file of about `size` bytes.
pub(crate) fn read_file(
    raw: Stream<'_>,
    size: u64,
    place: &Place,
    resolved: &Resolved<'_>,
) -> Result<Document> {
    let limit = resolved.config.max_document_bytes;
    let fail = |error| decode::stream_error(error, false, &place.path);
    let bytes = read_to_limit(raw, size, limit, place)?.map_err(fail)?;
    let has_mark = decode::encoding_by_mark(&bytes).is_some() && !bytes.starts_with(UTF8_BOM);
    let plain = Compression::of(&bytes).is_none() && !has_mark && resolved.encoding.is_none();
    if plain {
        return document(bytes, None, place, resolved);
    }
    let opened = decode::open(Box::new(io::Cursor::new(bytes)), resolved.encoding);
    // What is in memory already can only fail to decompress.
    let opened = opened.map_err(|error| decode::stream_error(error, true, &place.path))?;
    read_stream(opened, place, resolved)
}

/// Reads a stream that has been opened for decoding.
pub(crate) fn read_stream(
    opened: Opened<'_>,
    place: &Place,
    resolved: &Resolved<'_>,
) -> Result<Document> {
    let Opened { reader, compressed, encoding } = opened;
    let limit = resolved.config.max_document_bytes;
    let bytes = read_to_limit(reader, 0, limit, place)?
        .map_err(|error| decode::stream_error(error, compressed, &place.path))?;
    document(bytes, encoding, place, resolved)
}

/// All bytes of a stream, or the error that there are too many.
fn read_to_limit(
    reader: Stream<'_>,
    size: u64,
    limit: u32,
    place: &Place,
) -> Result<io::Result<Vec<u8>>> {
    let too_large = || super::too_large("file", limit).at(&place.path);
    if size > u64::from(limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(size as usize);
    let result = reader.take(u64::from(limit) + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > u64::from(limit) {
        return Err(too_large());
    }
    Ok(result.map(|_| bytes))
}

fn document(
    bytes: Vec<u8>,
    encoding: Option<&'static str>,
    place: &Place,
    resolved: &Resolved<'_>,
) -> Result<Document> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let zeros = memchr::memchr_iter(0, sample).count();
    // A stray NUL in valid text is text; more than one in a hundred bytes never is.
    if zeros * 100 > sample.len() && zeros > 1 {
        return Err(binary(place));
    }
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) if zeros > 0 => return Err(binary(place)),
        Err(error) => {
            let byte = error.utf8_error().valid_up_to();
            let line = 1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..byte]).count();
            let found = format!("bytes that are not UTF-8 at byte {byte}");
            return Err(Error::new(ErrorKind::Encoding, found)
                .expected("UTF-8 text, or UTF-16 with a byte-order mark")
                .remedy("state its encoding with --encoding, or convert it to UTF-8")
                .at(&place.path)
                .line(line as u64));
        }
    };
    // Growing by doubling may leave as much again unused.
    text.shrink_to_fit();
    Ok(Document {
        name: place.path.clone(),
        text,
        group: resolved.builtin_group.map(|builtin| place.group(builtin)),
        date: None,
        metadata: Metadata::new(),
        origin: Some(place.origin(None, encoding)),
    })
}

fn binary(place: &Place) -> Error {
    Error::new(ErrorKind::Encoding, "binary data (it holds NUL bytes)")
        .expected("plain text")
        .remedy("leave such files out with --exclude; UTF-16 text needs --encoding utf-16le")
        .at(&place.path)
}
