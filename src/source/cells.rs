//! Where records and fields of separated values begin and end.
//!
//! A quoted field may hold line breaks, so records are found by their quotation marks: a field is
//! quoted if it begins with one, and ends at the next that is not doubled (RFC 4180). Nothing is
//! normalised, so that a record can be written again as it came.
//!
//! Cost: a byte search from one delimiter to the next.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

/// Where a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// After so many bytes, its line end included.
    At(usize),
    /// Not within the bytes, which end outside of quotation marks.
    Open,
    /// Not within the bytes, which end within quotation marks.
    Quoted,
}

/// Calls `field` with each field of the record that `bytes` begin with, quotation marks included
/// and without the line end, until the record ends.
pub(crate) fn scan(bytes: &[u8], delimiter: u8, mut field: impl FnMut(Range<usize>)) -> End {
    let mut start = 0;
    loop {
        let mut at = start;
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let Some(mark) = memchr::memchr(b'"', &bytes[at..]) else { return End::Quoted };
                at += mark + 1;
                if bytes.get(at) != Some(&b'"') {
                    break;
                }
                at += 1;
            }
        }
        // What follows a closing mark belongs to the field: such records are told by who unquotes.
        match memchr::memchr2(delimiter, b'\n', &bytes[at..]) {
            None => {
                field(start..bytes.len());
                return End::Open;
            }
            Some(found) => {
                let end = at + found;
                if bytes[end] == delimiter {
                    field(start..end);
                    start = end + 1;
                } else {
                    let has_return = end > start && bytes[end - 1] == b'\r';
                    field(start..end - usize::from(has_return));
                    return End::At(end + 1);
                }
            }
        }
    }
}

/// Finds where a record ends whose bytes come piece by piece, from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Passing {
    /// At the start of a field.
    #[default]
    Start,
    /// Within a field, outside of quotation marks.
    Plain,
    /// Within quotation marks.
    Quoted,
    /// After a mark that ends them, or is the first of two.
    Mark,
}

impl Passing {
    /// Takes the next bytes; where the record ends, if that is within them.
    pub(crate) fn end(&mut self, bytes: &[u8], delimiter: u8) -> Option<usize> {
        let mut at = 0;
        while let Some(&next) = bytes.get(at) {
            *self = match (*self, next) {
                (Self::Start | Self::Mark, b'"') => {
                    at += 1;
                    Self::Quoted
                }
                (Self::Quoted, _) => {
                    let mark = memchr::memchr(b'"', &bytes[at..]);
                    at = mark.map_or(bytes.len(), |mark| at + mark + 1);
                    if mark.is_some() { Self::Mark } else { Self::Quoted }
                }
                _ => match memchr::memchr2(delimiter, b'\n', &bytes[at..]) {
                    None => {
                        at = bytes.len();
                        Self::Plain
                    }
                    Some(found) => {
                        at += found + 1;
                        if bytes[at - 1] == b'\n' {
                            return Some(at);
                        }
                        Self::Start
                    }
                },
            };
        }
        None
    }
}

/// The value of a field; `None` if something other than a delimiter follows its closing mark.
pub(crate) fn unquoted(field: &[u8]) -> Option<Cow<'_, [u8]>> {
    let Some(inside) = field.strip_prefix(b"\"") else { return Some(Cow::Borrowed(field)) };
    let inside = inside.strip_suffix(b"\"")?;
    let Some(first) = memchr::memchr(b'"', inside) else { return Some(Cow::Borrowed(inside)) };
    let mut value = Vec::with_capacity(inside.len());
    let (mut rest, mut mark) = (inside, Some(first));
    while let Some(at) = mark {
        if rest.get(at + 1) != Some(&b'"') {
            return None;
        }
        value.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
        mark = memchr::memchr(b'"', rest);
    }
    value.extend_from_slice(rest);
    Some(Cow::Owned(value))
}

/// A record, and where its fields are in it.
pub(crate) type Cut<'a> = (&'a [u8], &'a [Range<usize>]);

/// Reads a table record by record.
pub(crate) struct Splitter<R> {
    reader: R,
    delimiter: u8,
    buffer: Vec<u8>,
    /// Where the next record begins in it.
    at: usize,
    at_end: bool,
    fields: Vec<Range<usize>>,
}

/// Bytes that are read at a time.
const STRETCH: usize = 256 << 10;

impl<R: Read> Splitter<R> {
    pub(crate) fn new(reader: R, delimiter: u8) -> Self {
        let (buffer, fields) = (Vec::new(), Vec::new());
        Self { reader, delimiter, buffer, at: 0, at_end: false, fields }
    }

    /// The next record with its line end, and its fields; what quotation marks leave open at the
    /// end is one record.
    pub(crate) fn next(&mut self) -> std::io::Result<Option<Cut<'_>>> {
        loop {
            self.fields.clear();
            let rest = &self.buffer[self.at..];
            let fields = &mut self.fields;
            let end = scan(rest, self.delimiter, |range| fields.push(range));
            let length = match end {
                End::At(length) => length,
                _ if self.at_end => rest.len(),
                _ => {
                    self.more()?;
                    continue;
                }
            };
            if length == 0 {
                return Ok(None);
            }
            let start = self.at;
            self.at += length;
            return Ok(Some((&self.buffer[start..self.at], &self.fields)));
        }
    }

    /// Reads on, as much again as there is when a record is long.
    fn more(&mut self) -> std::io::Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let stretch = STRETCH.max(self.buffer.len()) as u64;
        let read = self.reader.by_ref().take(stretch).read_to_end(&mut self.buffer)?;
        self.at_end = read == 0;
        Ok(())
    }
}

/// A value as a field, in quotation marks where it needs them or `always`.
pub(crate) fn quoted(value: &str, delimiter: u8, always: bool) -> String {
    let special = |byte: u8| matches!(byte, b'"' | b'\n' | b'\r') || byte == delimiter;
    if always || value.bytes().any(special) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(bytes: &[u8]) -> (Vec<&[u8]>, End) {
        let mut fields = Vec::new();
        let end = scan(bytes, b',', |range| fields.push(&bytes[range]));
        (fields, end)
    }

    #[test]
    fn records_end_outside_of_quotation_marks() {
        for (bytes, expected, end) in [
            ("a,b\nc", vec!["a", "b"], End::At(4)),
            ("a,\"b\n\",c\r\n", vec!["a", "\"b\n\"", "c"], End::At(10)),
            ("a,\"b\"\"\n\"\n", vec!["a", "\"b\"\"\n\""], End::At(9)),
            ("5\" disk,x\n", vec!["5\" disk", "x"], End::At(10)),
            ("\n", vec![""], End::At(1)),
            ("a,", vec!["a", ""], End::Open),
            ("a,\"b\n", vec!["a"], End::Quoted),
            ("\"a\"", vec!["\"a\""], End::Open),
        ] {
            let (found, found_end) = fields(bytes.as_bytes());
            let expected: Vec<&[u8]> = expected.iter().map(|field| field.as_bytes()).collect();
            assert_eq!((found, found_end), (expected, end), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_comes_back(
            table in prop::collection::vec(
                prop::collection::vec("[a\",;\n\r é]{0,6}", 3..=3), 1..6),
        ) {
            let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
            for record in &table {
                writer.write_record(record).expect("in memory");
            }
            let bytes = writer.into_inner().expect("in memory");
            let mut rest = &bytes[..];
            for record in &table {
                let mut found = Vec::new();
                let End::At(length) = scan(rest, b',', |range| {
                    let value = unquoted(&rest[range]).expect("well formed");
                    found.push(String::from_utf8(value.into_owned()).expect("UTF-8"));
                }) else { panic!("no end") };
                prop_assert_eq!(&found, record);
                rest = &rest[length..];
            }
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn records_together_are_the_table(table in "[a,\"\n\r]{0,60}") {
            let mut splitter = Splitter::new(table.as_bytes(), b',');
            let mut whole = Vec::new();
            while let Some((record, fields)) = splitter.next().expect("in memory") {
                prop_assert!(fields.iter().all(|field| field.end <= record.len()));
                whole.extend_from_slice(record);
            }
            prop_assert_eq!(&whole[..], table.as_bytes());
        }

        #[test]
        fn ends_of_records_are_found_piece_by_piece(
            table in "[a,\"\n\r]{0,60}",
            pieces in prop::collection::vec(1_usize..9, 1..9),
        ) {
            let expected = match scan(table.as_bytes(), b',', |_| {}) {
                End::At(end) => Some(end),
                End::Open | End::Quoted => None,
            };
            let (mut passing, mut at, mut found) = (Passing::default(), 0, None);
            for size in pieces.iter().cycle() {
                let piece = &table.as_bytes()[at..table.len().min(at + size)];
                if found.is_some() || piece.is_empty() {
                    break;
                }
                found = passing.end(piece, b',').map(|end| at + end);
                at += piece.len();
            }
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn quoting_is_undone_by_unquoting(value in "[a\",;\n\r é]{0,8}", always: bool) {
            let field = quoted(&value, b';', always);
            let back = unquoted(field.as_bytes()).expect("well formed");
            prop_assert_eq!(&*back, value.as_bytes());
            let line = format!("{field};x\n");
            prop_assert_eq!(scan(line.as_bytes(), b';', |_| {}), End::At(line.len()));
        }
    }
}
