//! Comma-separated values (RFC 4180), with a header row.
//!
//! Records are told apart before they are parsed, as a quoted field may hold line breaks: a field
//! is quoted if it begins with a quotation mark, and ends at the next one that is not doubled.
//! Only fields that matter are unquoted. What stands between the fields is never normalised, so
//! that a record can be written again as it came.
//!
//! The delimiter is found by the header: of comma, semicolon and tab the one that makes the text
//! field a column; failing that, the one that makes most columns.
//!
//! Cost: two passes of byte search over the file.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

use super::blocks::{Block, InBlocks, Job};
use super::config::{ReadConfig, leads_to};
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
    pub(crate) fn next(&mut self) -> std::io::Result<Option<(&[u8], &[Range<usize>])>> {
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
fn without_mark<'a>(head: &[u8], mut reader: Stream<'a>) -> std::io::Result<Stream<'a>> {
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
        let wanted = [&config.group_by, &config.date_field];
        let is_kept = |name: &str| {
            config.keeps(name) || wanted.into_iter().flatten().any(|field| leads_to(field, name))
        };
        let others = header.names.iter().enumerate();
        let others = others.filter(|&(column, _)| column != header.text && Some(column) != id);
        let kept = others.filter(|(_, name)| is_kept(name));
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
        let value = |column: usize| match unquoted(&record[fields[column].clone()]) {
            None => Err(Error::new(ErrorKind::Format, "a quotation mark within a quoted field")
                .expected("two of them, or a delimiter after it")),
            Some(value) => match std::str::from_utf8(&value) {
                Ok(_) => Ok(value),
                Err(error) => {
                    let found = format!(
                        "bytes that are not UTF-8 at byte {} of the field {:?}",
                        error.valid_up_to(),
                        self.header.names[column]
                    );
                    Err(Error::new(ErrorKind::Encoding, found)
                        .remedy("state the encoding of the file with --encoding"))
                }
            },
        };
        let string = |column: usize| {
            Ok::<_, Error>(String::from_utf8(value(column)?.into_owned()).unwrap_or_default())
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
        fn quoting_is_undone_by_unquoting(value in "[a\",;\n\r é]{0,8}", always: bool) {
            let field = quoted(&value, b';', always);
            let back = unquoted(field.as_bytes()).expect("well formed");
            prop_assert_eq!(&*back, value.as_bytes());
            let line = format!("{field};x\n");
            prop_assert_eq!(scan(line.as_bytes(), b';', |_| {}), End::At(line.len()));
        }
    }
}
