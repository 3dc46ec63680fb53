//! JSON records, one a line.

use super::blocks::{Block, FindEnd, InBlocks, Job};
use super::decode::Opened;
use super::pieces::Reading;
use super::place::Place;
use super::record;
use super::row::Position;
use super::sink::Part;
use crate::error::{Error, ErrorKind};

/// The records of a stream.
pub(crate) fn read<'a>(
    opened: Opened<'a>,
    place: Place,
    reading: Reading<'a>,
) -> InBlocks<'a, Lines<'a>> {
    let Opened { reader, compressed, encoding } = opened;
    let limit = reading.resolved.config.max_document_bytes as usize;
    InBlocks::new(reader, compressed, limit, Lines { place, reading, encoding })
}

/// What parsing a block needs to know.
pub(crate) struct Lines<'a> {
    place: Place,
    reading: Reading<'a>,
    encoding: Option<&'static str>,
}

impl Lines<'_> {
    fn at(&self, line: u64) -> Position<'_> {
        Position { place: &self.place, line, record: line, encoding: self.encoding }
    }

    /// Parses one line. Of a line that damage may have cut off only what is whole counts.
    fn parse_line(&self, line: &[u8], number: u64, cut_off: bool, part: &mut Part) {
        let at = self.at(number);
        if line.len() > self.reading.resolved.config.max_document_bytes as usize {
            return part.problem(self.too_long(number));
        }
        match std::str::from_utf8(line) {
            Ok(_) | Err(_) if cut_off && !is_json(line) => {}
            Ok(json) => record::add(json, at, self.reading.resolved, part),
            Err(error) => {
                let byte = error.valid_up_to();
                let found = format!("bytes that are not UTF-8 at byte {byte} of the line");
                part.problem(
                    at.locate(
                        Error::new(ErrorKind::Encoding, found)
                            .remedy("state the encoding of the file with --encoding"),
                    ),
                );
            }
        }
    }
}

impl Job for Lines<'_> {
    fn last_end(&self, bytes: &[u8], searched: usize) -> Option<usize> {
        memchr::memrchr(b'\n', &bytes[searched..]).map(|end| searched + end + 1)
    }

    fn end(&self) -> FindEnd<'_> {
        Box::new(|bytes| memchr::memchr(b'\n', bytes).map(|end| end + 1))
    }

    fn too_long(&self, line: u64) -> Error {
        self.at(line)
            .locate(super::too_large("record", self.reading.resolved.config.max_document_bytes))
    }

    fn parse(&self, block: &Block) -> Part {
        let mut part = Part::default();
        let mut rest = block.buffer.bytes();
        let mut number = block.first_line;
        let strict = self.reading.is_strict();
        while !rest.is_empty() && (part.problems.is_empty() || !strict) {
            let end = memchr::memchr(b'\n', rest);
            let line = &rest[..end.unwrap_or(rest.len())];
            rest = end.map_or(&[], |end| &rest[end + 1..]);
            let line = line.trim_ascii();
            if !line.is_empty() && self.reading.wants(number) {
                let cut_off = block.cut_off && rest.is_empty();
                self.parse_line(line, number, cut_off, &mut part);
            }
            number += 1;
        }
        part
    }

    fn path(&self) -> &str {
        &self.place.path
    }

    fn is_strict(&self) -> bool {
        self.reading.is_strict()
    }
}

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}
