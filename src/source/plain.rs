//! Text files: one file, one document.
//!
//! An uncompressed UTF-8 file is read into the buffer that becomes its text: no copy is made.

use std::io::Read;

use encoding_rs::Encoding;

use super::Progress;
use super::compression::Stream;
use super::decode;
use super::record::{Place, too_large};
use crate::document::Document;
use crate::error::Result;

/// Most bytes of a file: those whose offsets a span can hold.
const MOST: u64 = u32::MAX as u64;

/// The document of a text file.
pub(super) fn read<'a>(
    raw: Box<dyn Read + Send + 'a>,
    place: &Place<'_>,
    encoding: Option<&'static Encoding>,
    progress: &'a dyn Progress,
) -> Result<Document> {
    read_decompressed(Stream::new(raw, progress), place, encoding)
}

/// The document of a stream of text.
pub(super) fn read_decompressed(
    mut stream: Stream<'_>,
    place: &Place<'_>,
    encoding: Option<&'static Encoding>,
) -> Result<Document> {
    let path = &place.entry.path;
    let mut bytes = Vec::with_capacity(place.entry.bytes.min(MOST) as usize);
    if let Err(error) = stream.by_ref().take(MOST + 1).read_to_end(&mut bytes) {
        return Err(stream.explain(path, error));
    }
    if bytes.len() as u64 > MOST {
        return Err(too_large("a file").at(path));
    }
    let (text, encoding) = decode::text(bytes, encoding).map_err(|error| error.at(path))?;
    if text.len() as u64 > MOST {
        return Err(too_large("a text").at(path));
    }
    Ok(Document {
        name: place.entry.name.clone(),
        text,
        group: place.builtin_group(),
        origin: Some(place.origin(None, encoding)),
        ..Document::default()
    })
}
