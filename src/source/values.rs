//! JSON records that are not one a line: an array of records, or records over several lines.
//!
//! Such a file has no line ends to start anew from, so it is read whole and parsed from front to
//! back; a record of the wrong shape is passed over, a mistake in the JSON itself ends the file.
//! The names of `.json` files promise no more than JSON, so [`is_by_line`] looks.

use std::io::Read;

use serde::de::{DeserializeSeed, IgnoredAny};

use super::decode::{Opened, UTF8_BOM, stream_error};
use super::pieces::Reading;
use super::place::Place;
use super::record::{self, RecordSeed};
use super::row::Position;
use super::sink::Part;
use crate::error::{Error, ErrorKind, Result};

/// Bytes that [`is_by_line`] wants to see.
pub(crate) const HEAD: u64 = 64 << 10;

/// Whether a file of JSON that begins with `head` has one record a line.
pub(crate) fn is_by_line(head: &[u8]) -> bool {
    let head = head.strip_prefix(UTF8_BOM).unwrap_or(head).trim_ascii_start();
    if head.first() == Some(&b'[') {
        return false;
    }
    // A first line longer than the head is no hand-indented object.
    let Some(end) = memchr::memchr(b'\n', head) else { return true };
    head.first() != Some(&b'{') || serde_json::from_slice::<IgnoredAny>(&head[..end]).is_ok()
}

/// Reads all records of a stream.
pub(crate) fn read(opened: Opened<'_>, place: &Place, reading: &Reading<'_>) -> Result<Part> {
    let resolved = reading.resolved;
    let Opened { reader, compressed, encoding } = opened;
    let limit = resolved.config.max_document_bytes;
    let mut bytes = Vec::new();
    // Nothing can be dropped from memory until the end: the limit of one document bounds it all.
    let result = reader.take(u64::from(u32::MAX)).read_to_end(&mut bytes);
    if bytes.len() as u64 == u64::from(u32::MAX) {
        let error =
            Error::new(ErrorKind::Limit, "a JSON file of 4 GiB that is not one record a line");
        return Err(error.remedy("write one record a line").at(&place.path));
    }
    let failure = result.err().map(|error| stream_error(error, compressed, &place.path));
    let json = match std::str::from_utf8(&bytes) {
        Ok(json) => json,
        // The stream's failure is the cause when it ended within a character.
        Err(error) if failure.is_some() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => {
            let byte = error.valid_up_to();
            let line = 1 + memchr::memchr_iter(b'\n', &bytes[..byte]).count() as u64;
            let found = format!("bytes that are not UTF-8 at byte {byte}");
            return Err(Error::new(ErrorKind::Encoding, found)
                .remedy("state the encoding of the file with --encoding")
                .at(&place.path)
                .line(line));
        }
    };
    let mut cursor = Cursor { json, at: if json.starts_with('\u{feff}') { 3 } else { 0 }, line: 1 };
    let mut part = Part::default();
    let position = |line| Position { place, line, encoding };
    cursor.pass_blanks();
    let in_array = cursor.pass(b'[');
    let mut first = true;
    let broken = loop {
        cursor.pass_blanks();
        if in_array {
            if cursor.pass(b']') {
                cursor.pass_blanks();
                break cursor
                    .rest()
                    .chars()
                    .next()
                    .map(|found| format!("{found:?} after the array"));
            }
            if !first && !cursor.pass(b',') {
                break Some("an array without its end".to_owned());
            }
            cursor.pass_blanks();
        } else if cursor.rest().is_empty() {
            break None;
        }
        first = false;
        let rest = cursor.rest();
        let at = position(cursor.line);
        let mut deserializer = serde_json::Deserializer::from_str(rest);
        match RecordSeed(resolved).deserialize(&mut deserializer) {
            Ok(record) => {
                let length = deserializer.into_iter::<IgnoredAny>().byte_offset();
                if length as u64 > u64::from(limit) {
                    part.problem(at.locate(super::too_large("record", limit)));
                } else if reading.wants(cursor.line) {
                    record.add_to(&rest[..length], at, resolved, &mut part);
                }
                cursor.advance(length);
            }
            Err(error) if error.is_data() => {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
                match values.next() {
                    Some(Ok(_)) => {
                        part.problem(at.locate(record::syntax(&error)));
                        cursor.advance(values.byte_offset());
                    }
                    _ => break Some(error.to_string()),
                }
            }
            Err(error) => break Some(error.to_string()),
        }
    };
    if let Some(failure) = failure {
        part.problem(failure.line(cursor.line));
    } else if let Some(broken) = broken {
        let found = format!("JSON that breaks off or is malformed ({broken})");
        part.problem(
            Error::new(ErrorKind::Format, found)
                .expected("an array of records, or one record a line")
                .remedy("records after this line were not read")
                .at(&place.path)
                .line(cursor.line),
        );
    }
    Ok(part)
}

/// A place in a text of JSON.
struct Cursor<'a> {
    json: &'a str,
    at: usize,
    /// Its line, from 1.
    line: u64,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.json[self.at..]
    }

    fn advance(&mut self, bytes: usize) {
        let passed = &self.json.as_bytes()[self.at..self.at + bytes];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.at += bytes;
    }

    fn pass_blanks(&mut self) {
        let rest = self.rest();
        self.advance(rest.len() - rest.trim_ascii_start().len());
    }

    /// Passes over `byte` if it is next.
    fn pass(&mut self, byte: u8) -> bool {
        let is_next = self.rest().as_bytes().first() == Some(&byte);
        if is_next {
            self.at += 1;
        }
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_a_line_are_told_from_other_json() {
        for (head, by_line) in [
            ("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", true),
            ("\u{feff}{\"text\":\"a\"}\n", true),
            ("{\"text\":\"one record without a line end\"}", true),
            ("[{\"text\":\"a\"}]", false),
            ("\n  [\n", false),
            ("{\n  \"text\": \"a\"\n}\n", false),
            ("", true),
        ] {
            assert_eq!(is_by_line(head.as_bytes()), by_line, "{head:?}");
        }
    }
}
