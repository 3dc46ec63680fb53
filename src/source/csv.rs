//! Comma-separated values (RFC 4180), with a header row.
//!
//! Records are told apart before they are parsed ([`cells`](super::cells)); only fields that matter
//! are unquoted.
//!
//! The delimiter is found by the header: of comma, semicolon and tab the one that makes the text
//! field a column; failing that, the one that makes most columns.
//!
//! Cost: two passes of byte search over the file.

use std::io::Read;
use std::ops::Range;

use super::blocks::{Block, FindEnd, InBlocks, Job};
use super::cells::{End, Passing, scan, unquoted};
use super::config::ReadConfig;
use super::decode::{self, Opened, Stream, UTF8_BOM, stream_error};
use super::pieces::Reading;
use super::place::Place;
use super::row::{DEFAULT_ID, Position, Row, fields_of};
use super::sink::Part;
use crate::document::{FieldValue, Metadata};
use crate::error::{Error, ErrorKind, Result};

/// Largest header row in bytes.
pub(crate) const HEAD: u64 = 256 << 10;

/// Delimiters that are looked for, in order of preference.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What a header row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) delimiter: u8,
    pub(crate) names: Vec<String>,
    /// Which column holds the text.
    pub(crate) text: usize,
}

impl Header {
    /// Reads the header row that `head` begins with, `whole` if nothing follows.
    pub(crate) fn parse(head: &[u8], whole: bool, config: &ReadConfig) -> Result<Self> {
        let head = head.strip_prefix(UTF8_BOM).unwrap_or(head);
        let with = |delimiter: u8| -> Option<Vec<String>> {
            let mut names = Vec::new();
            let end = scan(head, delimiter, |range| {
                let name = unquoted(&head[range]);
                names.push(name.map(|name| String::from_utf8_lossy(name.trim_ascii()).into()));
            });
            let is_whole = matches!(end, End::At(_)) || (whole && end == End::Open);
            if is_whole { names.into_iter().collect() } else { None }
        };
        let field = config.text_field.as_str();
        let mut all: Vec<(u8, Vec<String>)> =
            DELIMITERS.iter().filter_map(|&byte| Some((byte, with(byte)?))).collect();
        let has_text = |names: &[String]| names.iter().any(|name| name == field);
        // The first of the best.
        all.reverse();
        let best = all.into_iter().max_by_key(|(_, names)| (has_text(names), names.len()));
        let Some((delimiter, names)) = best else {
            return Err(Error::new(ErrorKind::Format, "no header row")
                .expected("the names of the columns in the first line of the file")
                .remedy("use --format-in text if the file is plain text"));
        };
        match names.iter().position(|name| name == field) {
            Some(text) => Ok(Self { delimiter, names, text }),
            None => Err(without_column(field, "--text-field", &names)),
        }
    }
}

/// The error for a table without a column.
pub(crate) fn without_column(field: &str, option: &str, names: &[String]) -> Error {
    let has = fields_of(names.iter().map(String::as_str));
    Error::new(ErrorKind::Field, format!("no column {field:?} (there are {has})"))
        .remedy(format!("name the right column with {option}"))
}

/// The records of a stream.
pub(crate) fn read<'a>(
    opened: Opened<'a>,
    place: Place,
    reading: Reading<'a>,
) -> Result<InBlocks<'a, Records<'a>>> {
    let Opened { reader, compressed, encoding } = opened;
    let (head, reader) =
        decode::peek(reader, HEAD).map_err(|error| stream_error(error, compressed, &place.path))?;
    let config = &reading.resolved.config;
    let header = Header::parse(&head, (head.len() as u64) < HEAD, config)
        .map_err(|error| error.at(&place.path).line(1))?;
    if let Some(field) = &config.id_field
        && !header.names.contains(field)
    {
        return Err(without_column(field, "--id-field", &header.names).at(&place.path).line(1));
    }
    let reader = without_mark(&head, reader)
        .map_err(|error| stream_error(error, compressed, &place.path))?;
    let limit = config.max_document_bytes as usize;
    let columns = Columns::new(&header, config);
    Ok(InBlocks::new(
        reader,
        compressed,
        limit,
        Records { place, reading, encoding, header, columns },
    ))
}

/// A stream without its byte-order mark: the first field may be in quotation marks.
pub(crate) fn without_mark<'a>(head: &[u8], mut reader: Stream<'a>) -> std::io::Result<Stream<'a>> {
    if head.starts_with(UTF8_BOM) {
        reader.read_exact(&mut [0; 3])?;
    }
    Ok(reader)
}

/// Which columns matter.
struct Columns {
    id: Option<usize>,
    /// The others, with their names.
    kept: Vec<(usize, String)>,
}

impl Columns {
    fn new(header: &Header, config: &ReadConfig) -> Self {
        let id_name = config.id_field.as_deref().unwrap_or(DEFAULT_ID);
        let id = header.names.iter().position(|name| name == id_name);
        let others = header.names.iter().enumerate();
        let others = others.filter(|&(column, _)| column != header.text && Some(column) != id);
        let kept = others.filter(|(_, name)| config.reads(name));
        Self { id, kept: kept.map(|(column, name)| (column, name.clone())).collect() }
    }
}

/// What parsing a block needs to know.
pub(crate) struct Records<'a> {
    place: Place,
    reading: Reading<'a>,
    encoding: Option<&'static str>,
    header: Header,
    columns: Columns,
}

impl Records<'_> {
    fn at(&self, line: u64) -> Position<'_> {
        Position { place: &self.place, line, record: line, encoding: self.encoding }
    }

    /// Makes a document of a record.
    fn parse_record(&self, record: &[u8], fields: &[Range<usize>], line: u64, part: &mut Part) {
        let at = self.at(line);
        if record.trim_ascii_end().len() > self.reading.resolved.config.max_document_bytes as usize
        {
            return part.problem(self.too_long(line));
        }
        let columns = self.header.names.len();
        if fields.len() != columns {
            let found = format!("a record of {} fields", fields.len());
            return part.problem(
                at.locate(
                    Error::new(ErrorKind::Format, found)
                        .expected(format!("{columns}, as in the header"))
                        .remedy("put quotation marks around fields that hold delimiters"),
                ),
            );
        }
        let string = |column: usize| -> Result<String> {
            let value = unquoted(&record[fields[column].clone()]).ok_or_else(|| {
                Error::new(ErrorKind::Format, "a quotation mark within a quoted field")
                    .expected("two of them, or a delimiter after it")
            })?;
            String::from_utf8(value.into_owned()).map_err(|error| {
                let found = format!(
                    "bytes that are not UTF-8 at byte {} of the field {:?}",
                    error.utf8_error().valid_up_to(),
                    self.header.names[column]
                );
                Error::new(ErrorKind::Encoding, found)
                    .remedy("state the encoding of the file with --encoding")
            })
        };
        let row = || -> Result<Row> {
            let text = string(self.header.text)?;
            let id = match self.columns.id {
                Some(id) => Some(string(id)?).filter(|id| !id.is_empty()).map(FieldValue::Text),
                None => None,
            };
            let mut metadata = Metadata::new();
            for (column, name) in &self.columns.kept {
                metadata.insert(name.clone(), value_of(string(*column)?));
            }
            Ok(Row { text, id, date: None, fields: metadata })
        };
        match row() {
            Err(error) => part.problem(at.locate(error)),
            Ok(row) => row.add_to(at, self.reading.resolved, part, |field, _| {
                Error::new(ErrorKind::Field, format!("nothing in the field {field:?}"))
                    .expected("a name in every record")
            }),
        }
    }
}

/// A value as JSON knows it: a number if it is written as one, nothing if nothing is there.
fn value_of(value: String) -> FieldValue {
    if value.is_empty() {
        return FieldValue::Null;
    }
    if !matches!(value.as_bytes()[0], b'0'..=b'9' | b'-') || value.len() > 24 {
        return FieldValue::Text(value);
    }
    match (value.parse::<i64>(), value.parse::<f64>()) {
        (Ok(number), _) if number.to_string() == value => FieldValue::Integer(number),
        (_, Ok(number)) if number.to_string() == value => FieldValue::Float(number),
        _ => FieldValue::Text(value),
    }
}

impl Job for Records<'_> {
    fn last_end(&self, bytes: &[u8], _: usize) -> Option<usize> {
        let mut at = 0;
        while let End::At(end) = scan(&bytes[at..], self.header.delimiter, |_| {}) {
            at += end;
            if at == bytes.len() {
                break;
            }
        }
        (at > 0).then_some(at)
    }

    fn end(&self) -> FindEnd<'_> {
        let mut passing = Passing::default();
        Box::new(move |bytes| passing.end(bytes, self.header.delimiter))
    }

    fn parse(&self, block: &Block) -> Part {
        let mut part = Part::default();
        let strict = self.reading.is_strict();
        let mut rest = block.buffer.bytes();
        let mut line = block.first_line;
        let mut fields = Vec::new();
        while !rest.is_empty() && (part.problems.is_empty() || !strict) {
            fields.clear();
            let end = scan(rest, self.header.delimiter, |range| fields.push(range));
            let length = if let End::At(length) = end { length } else { rest.len() };
            let (record, after) = rest.split_at(length);
            rest = after;
            let is_blank = record.trim_ascii().is_empty();
            // The first line is the header.
            if line > 1 && !is_blank && self.reading.wants(line) {
                match end {
                    // Damage, which has its own error, may have cut it off.
                    End::Open | End::Quoted if block.cut_off => {}
                    End::Quoted => part.problem(
                        self.at(line).locate(
                            Error::new(ErrorKind::Format, "a quoted field without its end")
                                .expected("a quotation mark that closes it")
                                .remedy("what follows this line was not read"),
                        ),
                    ),
                    End::At(_) | End::Open => self.parse_record(record, &fields, line, &mut part),
                }
            }
            line += memchr::memchr_iter(b'\n', record).count() as u64;
        }
        part
    }

    fn too_long(&self, line: u64) -> Error {
        let limit = self.reading.resolved.config.max_document_bytes;
        self.at(line).locate(super::too_large("record", limit))
    }

    fn path(&self) -> &str {
        &self.place.path
    }

    fn is_strict(&self) -> bool {
        self.reading.is_strict()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_delimiter() {
        let config = ReadConfig::default();
        for (head, delimiter, text) in [
            ("id,text\n", b',', 1),
            ("id;text;a,b,c,d\n", b';', 1),
            ("\u{feff}\"text\"\tid\n", b'\t', 0),
            ("text\n", b',', 0),
            ("id,\"a\nb\",text", b',', 2),
        ] {
            let header = Header::parse(head.as_bytes(), true, &config).expect(head);
            assert_eq!((header.delimiter, header.text), (delimiter, text), "{head:?}");
        }
        let error = Header::parse(b"id;body\n", true, &config).expect_err("no text");
        assert!(error.to_string().contains("there are id, body"), "{error}");
    }

    #[test]
    fn values_keep_what_is_written() {
        let text = |value: &str| FieldValue::Text(value.into());
        for (value, expected) in [
            ("", FieldValue::Null),
            ("12", FieldValue::Integer(12)),
            ("-0.5", FieldValue::Float(-0.5)),
            ("007", text("007")),
            ("1e5", text("1e5")),
            ("2023-11-15", text("2023-11-15")),
        ] {
            assert_eq!(value_of(value.into()), expected);
        }
    }
}
