//! Web archives: WARC files (ISO 28500), and Common Crawl's WET files of extracted text.
//!
//! A record is a head of named fields, an empty line, a body of `Content-Length` bytes and two
//! line ends. Documents are the bodies of records that hold plain text: `conversion` and
//! `resource` records of type `text/plain`, and `response` records whose HTTP answer is of that
//! type. All others are passed over. The name of a document is its `WARC-Target-URI`, its date
//! its `WARC-Date`; the head's fields and `host` are its metadata.
//!
//! Records are numbered from 1, those that are no documents included.
//!
//! Cost: one pass, on one thread a file; archives come as many files.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{Encoding, UTF_8};

use super::decode::{Opened, Stream, stream_error};
use super::pieces::{Pieces, Reading};
use super::place::Place;
use super::row::{Position, Row};
use super::sink::Part;
use crate::document::{FieldValue, Metadata};
use crate::error::{Error, ErrorKind};

/// Largest head of a record, and of an HTTP answer, in bytes.
const LONGEST_HEAD: u64 = 1 << 20;

/// The field of the length of a body.
pub(crate) const LENGTH: &str = "Content-Length";

/// Named fields, as they stand at the head of a record or of an HTTP answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The lines as they are, the empty one included.
    pub(crate) bytes: Vec<u8>,
    fields: Vec<(String, String)>,
}

impl Head {
    /// Reads lines up to an empty one; `None` at the end of the stream.
    fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut head = Self::default();
        let mut lines = reader.take(LONGEST_HEAD);
        loop {
            let start = head.bytes.len();
            if lines.read_until(b'\n', &mut head.bytes)? == 0 {
                return if head.bytes.is_empty() { Ok(None) } else { Err(Broken::CutShort.into()) };
            }
            let line = head.bytes[start..].trim_ascii_end();
            if line.is_empty() {
                return Ok(Some(head));
            }
            if let Some(colon) = memchr::memchr(b':', line).filter(|_| start > 0) {
                let part = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
                let field = (part(&line[..colon]), part(&line[colon + 1..]));
                head.fields.push(field);
            }
        }
    }

    /// The value of the field of this name, in any case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The head with another length, and without fields whose name ends in `-Digest`: they would
    /// be wrong.
    pub(crate) fn with_length(&self, length: usize) -> Vec<u8> {
        let mut changed = Vec::with_capacity(self.bytes.len());
        for line in self.bytes.split_inclusive(|&byte| byte == b'\n') {
            let name = memchr::memchr(b':', line).map_or(&b""[..], |colon| &line[..colon]);
            let ends = |ending: &str| {
                let start = name.len().checked_sub(ending.len());
                start.is_some_and(|start| name[start..].eq_ignore_ascii_case(ending.as_bytes()))
            };
            if name.trim_ascii().eq_ignore_ascii_case(LENGTH.as_bytes()) {
                changed.extend_from_slice(format!("{LENGTH}: {length}\r\n").as_bytes());
            } else if !ends("-Digest") {
                changed.extend_from_slice(line);
            }
        }
        changed
    }
}

/// A record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
    /// What stands after the body: two line ends.
    pub(crate) end: Vec<u8>,
}

/// Why bytes are no web archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    CutShort,
    NoRecord,
    NoLength,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CutShort => "the file ends within a record",
            Self::NoRecord => "no WARC record",
            Self::NoLength => "a record without its length",
        })
    }
}

impl std::error::Error for Broken {}

impl From<Broken> for io::Error {
    fn from(broken: Broken) -> Self {
        let kind = match broken {
            Broken::CutShort => io::ErrorKind::UnexpectedEof,
            Broken::NoRecord | Broken::NoLength => io::ErrorKind::InvalidData,
        };
        Self::new(kind, broken)
    }
}

/// What a failure to read a record means, by the record's number.
pub(crate) fn failure(error: io::Error, compressed: bool, path: &str, number: u64) -> Error {
    let broken = error.get_ref().and_then(|inner| inner.downcast_ref::<Broken>());
    let Some(broken) = broken else {
        return stream_error(error, compressed, path).line(number);
    };
    Error::new(ErrorKind::Format, broken.to_string())
        .expected("a head that begins with WARC/, and a body of its Content-Length")
        .remedy("what follows this record was not read")
        .at(path)
        .line(number)
}

impl Record {
    /// Reads the next record; `None` at the end. A body of more than `limit` bytes is passed over
    /// and comes empty, as the second of the pair says.
    pub(crate) fn read(reader: &mut impl BufRead, limit: u64) -> io::Result<Option<(Self, bool)>> {
        let Some(head) = Head::read(reader)? else { return Ok(None) };
        if !head.bytes.starts_with(b"WARC/") {
            return Err(Broken::NoRecord.into());
        }
        let length = head.get(LENGTH).and_then(|length| length.parse::<u64>().ok());
        let Some(length) = length else { return Err(Broken::NoLength.into()) };
        let mut record = Self { head, ..Self::default() };
        let is_too_large = length > limit;
        let found = if is_too_large {
            io::copy(&mut reader.take(length), &mut io::sink())?
        } else {
            reader.take(length).read_to_end(&mut record.body)? as u64
        };
        if found < length {
            return Err(Broken::CutShort.into());
        }
        // Some writers end a record with one line end, or none at the end of the file.
        while record.end.len() < 4 {
            match reader.fill_buf()?.first() {
                Some(&byte @ (b'\r' | b'\n')) => {
                    record.end.push(byte);
                    reader.consume(1);
                }
                _ => break,
            }
        }
        Ok(Some((record, is_too_large)))
    }

    /// Where in the body its plain text is, and the head of the HTTP answer it is in; `None` if
    /// the record holds none.
    pub(crate) fn text(&self) -> Option<(usize, Option<Head>)> {
        let is_plain = |head: &Head| {
            let kind = head.get("Content-Type").unwrap_or_default();
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("text/plain")
        };
        match self.head.get("WARC-Type")? {
            "conversion" | "resource" => is_plain(&self.head).then_some((0, None)),
            "response" => {
                let head = Head::read(&mut &self.body[..]).ok()??;
                let is_http = head.bytes.starts_with(b"HTTP/");
                // Encoded bodies are rare: archives store what was decoded.
                let is_encoded = ["Content-Encoding", "Transfer-Encoding"].iter().any(|name| {
                    head.get(name).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
                });
                let start = head.bytes.len();
                (is_http && !is_encoded && is_plain(&head)).then_some((start, Some(head)))
            }
            _ => None,
        }
    }

    /// The encoding that it states, if that is not UTF-8.
    fn encoding(&self, answer: Option<&Head>) -> Option<&'static Encoding> {
        let kind = answer.unwrap_or(&self.head).get("Content-Type")?;
        let (_, label) = kind.split_once("charset=")?;
        let label = label.split(';').next()?.trim_matches([' ', '"', '\'']);
        Encoding::for_label_no_replacement(label.as_bytes()).filter(|&found| found != UTF_8)
    }

    /// The record with another text, in UTF-8.
    pub(crate) fn with_text(&self, start: usize, answer: Option<&Head>, text: &str) -> Vec<u8> {
        let mut body = match answer {
            Some(answer) => answer.with_length(text.len()),
            None => self.body[..start].to_vec(),
        };
        body.extend_from_slice(text.as_bytes());
        let mut bytes = self.head.with_length(body.len());
        bytes.append(&mut body);
        bytes.extend_from_slice(&self.end);
        bytes
    }

    /// The record as it is.
    pub(crate) fn parts(&self) -> [&[u8]; 3] {
        [&self.head.bytes, &self.body, &self.end]
    }
}

/// The records of a stream.
pub(crate) struct Records<'a> {
    reader: BufReader<Stream<'a>>,
    compressed: bool,
    place: Place,
    reading: Reading<'a>,
    /// Number of the last record.
    number: u64,
    over: bool,
}

impl<'a> Records<'a> {
    pub(crate) fn new(opened: Opened<'a>, place: Place, reading: Reading<'a>) -> Self {
        let Opened { reader, compressed, .. } = opened;
        let reader = BufReader::with_capacity(256 << 10, reader);
        Self { reader, compressed, place, reading, number: 0, over: false }
    }

    /// Adds the document of a record, if it is one.
    fn add(&self, record: &Record, part: &mut Part) {
        let Some((start, answer)) = record.text() else { return };
        let number = self.number;
        let mut at = Position { place: &self.place, line: number, record: number, encoding: None };
        let bytes = &record.body[start..];
        let stated = record.encoding(answer.as_ref());
        let text = match (std::str::from_utf8(bytes), stated) {
            (Ok(text), _) => Cow::Borrowed(text),
            (Err(_), Some(encoding)) => {
                at.encoding = Some(encoding.name());
                match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
                    Some(text) => text,
                    None => return part.problem(at.locate(not_text(encoding.name()))),
                }
            }
            (Err(_), None) => return part.problem(at.locate(not_text("UTF-8"))),
        };
        let config = self.reading.resolved.config;
        let uri = record.head.get("WARC-Target-URI").unwrap_or_default();
        // The standard's own grammar puts the address in angle brackets.
        let uri = uri.strip_prefix('<').and_then(|uri| uri.strip_suffix('>')).unwrap_or(uri);
        let mut fields = Metadata::new();
        for (name, value) in &record.head.fields {
            fields.insert(name.clone(), FieldValue::Text(value.clone()));
        }
        fields.insert("host".into(), host(uri).map_or(FieldValue::Null, FieldValue::Text));
        let id = match &config.id_field {
            None => Some(uri).filter(|uri| !uri.is_empty()).map(|uri| FieldValue::Text(uri.into())),
            Some(field) => fields.get(field).cloned(),
        };
        let date = record.head.get("WARC-Date").map(str::to_owned);
        let row = Row { text: text.into_owned(), id, date, fields };
        row.add_to(at, self.reading.resolved, part, |field, option| {
            Error::new(ErrorKind::Field, format!("a record without the field {field:?}"))
                .remedy(format!("name a field of the records' heads with {option}"))
        });
    }
}

fn not_text(encoding: &str) -> Error {
    Error::new(ErrorKind::Encoding, format!("a record that is not {encoding}"))
        .expected("text in the encoding that its Content-Type states, or UTF-8")
}

/// The host of an address.
fn host(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

impl Pieces for Records<'_> {
    fn next(&mut self, want: usize) -> Option<Part> {
        if self.over {
            return None;
        }
        let limit = u64::from(self.reading.resolved.config.max_document_bytes);
        let mut part = Part::default();
        while part.bytes < want {
            self.number += 1;
            match Record::read(&mut self.reader, limit) {
                Ok(Some((_, true))) => {
                    let error = super::too_large("record", limit as u32);
                    part.problem(error.at(&self.place.path).line(self.number));
                }
                Ok(Some((record, false))) => {
                    if self.reading.wants(self.number) {
                        self.add(&record, &mut part);
                    }
                }
                Ok(None) => {
                    self.over = true;
                    break;
                }
                Err(error) => {
                    let (compressed, path) = (self.compressed, &self.place.path);
                    part.problem(failure(error, compressed, path, self.number));
                    self.over = true;
                    break;
                }
            }
            if self.reading.is_strict() && !part.problems.is_empty() {
                self.over = true;
                break;
            }
        }
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: &str, content: &str, body: &str) -> String {
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://x.org:80/a\r\n\
             WARC-Block-Digest: sha1:A\r\nContent-Type: {content}\r\n\
             Content-Length: {}\r\n\r\n{body}\r\n\r\n",
            body.len()
        )
    }

    #[test]
    fn plain_text_is_found_where_it_is() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\n\r\nhello";
        for (bytes, text) in [
            (record("conversion", "text/plain", "hello"), Some("hello")),
            (record("resource", "text/plain; charset=utf-8", "hello"), Some("hello")),
            (record("response", "application/http", answer), Some("hello")),
            (record("response", "application/http", &answer.replace("plain", "html")), None),
            (record("warcinfo", "application/warc-fields", "hello"), None),
            (record("metadata", "text/plain", "hello"), None),
        ] {
            let (found, _) =
                Record::read(&mut bytes.as_bytes(), 1000).expect("reads").expect("one");
            let start = found.text().map(|(start, _)| start);
            let found_text = start.map(|start| std::str::from_utf8(&found.body[start..]));
            assert_eq!(found_text, text.map(Ok), "{bytes}");
            assert_eq!(found.parts().concat(), bytes.as_bytes());
        }
    }

    #[test]
    fn another_text_has_its_length_and_no_digest() {
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
        for bytes in [
            record("conversion", "text/plain", "hello"),
            record("response", "application/http", answer),
        ] {
            let (found, _) =
                Record::read(&mut bytes.as_bytes(), 1000).expect("reads").expect("one");
            let (start, answer) = found.text().expect("plain");
            let changed = found.with_text(start, answer.as_ref(), "good-bye");
            let (changed, _) = Record::read(&mut &changed[..], 1000).expect("reads").expect("one");
            let (start, answer) = changed.text().expect("plain");
            assert_eq!(&changed.body[start..], b"good-bye");
            assert_eq!(changed.head.get("WARC-Block-Digest"), None);
            assert!(answer.is_none_or(|answer| answer.get(LENGTH) == Some("8")));
        }
    }

    #[test]
    fn damage_is_told_from_the_end() {
        let whole = record("conversion", "text/plain", "hello");
        let read = |bytes: &str| Record::read(&mut bytes.as_bytes(), 1000).map(|one| one.is_some());
        assert!(read(&whole).expect("whole"));
        assert!(!read("").expect("the end"));
        for cut in [10, 100, whole.len() - 6] {
            let error = read(&whole[..cut]).expect_err("cut short");
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{cut}");
        }
        assert_eq!(read("hello\r\n\r\n").expect_err("other").kind(), io::ErrorKind::InvalidData);
        let (large, passed) = Record::read(&mut whole.as_bytes(), 2).expect("reads").expect("one");
        assert!(passed && large.body.is_empty());
    }

    #[test]
    fn hosts_are_taken_out_of_addresses() {
        for (uri, expected) in [
            ("http://X.org/a?b", Some("x.org")),
            ("https://u:p@x.org:8080", Some("x.org")),
            ("urn:uuid:1", None),
        ] {
            assert_eq!(host(uri).as_deref(), expected, "{uri}");
        }
    }
}
