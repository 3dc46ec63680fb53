//! Tables of separated values: records that stay are the bytes that came in.

use std::borrow::Cow;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

use super::columns::{Findings, NAMES};
use super::edits::{Edit, FileEdits};
use super::{Job, MARK, Written};
use crate::error::Result;
use crate::source::ReadConfig;
use crate::source::cells::{Splitter, quoted, unquoted};
use crate::source::csv::{HEAD, Header, without_mark};
use crate::source::raw::{self, Stream};

/// Writes records, of which some go or change.
pub(super) fn write(job: &Job<'_>, raw: Stream<'_>, edits: &FileEdits) -> Result<Written> {
    let (compression, plain) = raw::decompressed(raw).map_err(|error| job.unread(error))?;
    let (head, plain) = raw::peek(plain, HEAD).map_err(|error| job.unread(error))?;
    let mut out = job.target(compression)?;
    let is_whole = (head.len() as u64) < HEAD;
    let Ok(header) = Header::parse(&head, is_whole, job.config) else {
        return Err(job.not_what_was_read(1));
    };
    // The first field may be in quotation marks.
    let plain = without_mark(&head, plain).map_err(|error| job.unread(error))?;
    if head.starts_with(MARK) {
        out.write_all(MARK).map_err(|error| job.unwritten(error))?;
    }
    let mut records = Splitter::new(plain, header.delimiter);
    let mut line = 1;
    while let Some((record, fields)) = records.next().map_err(|error| job.unread(error))? {
        let edit = edits.of(line);
        let changed = match edit {
            Some(Edit::Remove) => Some(Vec::new()),
            Some(Edit::Cut(spans)) => {
                let cut = || {
                    let field = fields.get(header.text)?.clone();
                    let text = unquoted(&record[field.clone()])?;
                    let text = job.edits.cut_text(std::str::from_utf8(&text).ok()?, spans)?;
                    let is_quoted = record.get(field.start) == Some(&b'"');
                    let text = quoted(&text, header.delimiter, is_quoted);
                    Some([&record[..field.start], text.as_bytes(), &record[field.end..]].concat())
                };
                Some(cut().ok_or_else(|| job.not_what_was_read(line))?)
            }
            _ if job.edits.annotates() => {
                let json = match edit {
                    Some(Edit::Annotate(finding)) => Some(job.edits.finding(finding)?),
                    _ => None,
                };
                let findings = json.as_deref().map_or(Some(Findings::default()), Findings::parse);
                let findings = findings.ok_or_else(|| job.not_what_was_read(line))?;
                let values = if line == 1 { NAMES.map(String::from) } else { findings.as_text() };
                annotated(record, fields, &header, &values)
            }
            _ => None,
        };
        let bytes = changed.as_deref().unwrap_or(record);
        out.write_all(bytes).map_err(|error| job.unwritten(error))?;
        line += memchr::memchr_iter(b'\n', record).count() as u64;
    }
    job.finish(out)
}

/// A record with further fields in place of those of an earlier run; `None` if it is none, and
/// stays as it is.
fn annotated(
    record: &[u8],
    fields: &[Range<usize>],
    header: &Header,
    values: &[String],
) -> Option<Vec<u8>> {
    if fields.len() != header.names.len() || record.trim_ascii().is_empty() {
        return None;
    }
    let named = fields.iter().zip(&header.names);
    let stay = named.filter(|(_, name)| !NAMES.contains(&name.as_str()));
    let stay = stay.map(|(field, _)| Cow::Borrowed(&record[field.clone()]));
    let added = values.iter().map(|value| quoted(value, header.delimiter, false).into_bytes());
    let all: Vec<Cow<'_, [u8]>> = stay.chain(added.map(Cow::Owned)).collect();
    let mut bytes = all.join(&header.delimiter);
    bytes.extend_from_slice(&record[fields.last()?.end..]);
    Some(bytes)
}

/// Whether a file has a header row with the text field in it.
pub(super) fn has_header(path: &Path, config: &ReadConfig) -> bool {
    let head = || {
        let (_, plain) = raw::decompressed(Box::new(File::open(path)?))?;
        raw::peek(plain, HEAD)
    };
    head().is_ok_and(|(head, _)| Header::parse(&head, (head.len() as u64) < HEAD, config).is_ok())
}
