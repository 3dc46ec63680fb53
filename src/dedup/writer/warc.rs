//! Web archives: records that stay are the bytes that came in, compressed as they are.
//!
//! A `.warc.gz` is a chain of gzip members, by the standard one a record, so that a record is
//! found by its place in the file. Members of records that stay are copied without being
//! compressed again; a record that changes becomes a member of its own, as does each record whose
//! ends are not those of members. Digests of a text that was cut would be wrong and are left out.
//!
//! Memory: one record, and its compressed bytes.

use std::io::{self, BufRead, BufReader, Write};

use flate2::write::GzEncoder;

use super::edits::{Edit, FileEdits};
use super::members::Members;
use super::target::Target;
use super::{Job, Written};
use crate::error::Result;
use crate::source::raw::{self, Compression, Stream};
use crate::source::warc::{Record, failure};

/// Writes records, of which some go or change.
pub(super) fn write(job: &Job<'_>, raw: Stream<'_>, edits: &FileEdits) -> Result<Written> {
    let (head, raw) = raw::peek(raw, 4).map_err(|error| job.unread(error))?;
    let mut writer = Writer { job, edits, number: 0 };
    if Compression::of(&head) == Some(Compression::Gzip) {
        return writer.members(raw);
    }
    let (compression, plain) = raw::decompressed(raw).map_err(|error| job.unread(error))?;
    let mut plain = BufReader::with_capacity(1 << 18, plain);
    let mut out = job.target(compression)?;
    while let Some(record) = writer.next(&mut plain)? {
        match writer.edited(&record)? {
            Edited::Same => record.parts().iter().try_for_each(|part| out.write_all(part)),
            Edited::Changed(bytes) => out.write_all(&bytes),
            Edited::Gone => Ok(()),
        }
        .map_err(|error| job.unwritten(error))?;
    }
    job.finish(out)
}

/// What becomes of a record.
enum Edited {
    Same,
    Changed(Vec<u8>),
    Gone,
}

struct Writer<'a> {
    job: &'a Job<'a>,
    edits: &'a FileEdits,
    /// Number of the last record.
    number: u64,
}

impl Writer<'_> {
    fn next(&mut self, reader: &mut impl BufRead) -> Result<Option<Record>> {
        self.number += 1;
        let record = Record::read(reader, u64::MAX).map_err(|error| {
            failure(error, true, &self.job.laid.name().to_string_lossy(), self.number)
        })?;
        Ok(record.map(|(record, _)| record))
    }

    fn edited(&self, record: &Record) -> Result<Edited> {
        let spans = match self.edits.of(self.number) {
            None | Some(Edit::Annotate(_)) => return Ok(Edited::Same),
            Some(Edit::Remove) => return Ok(Edited::Gone),
            Some(Edit::Cut(spans)) => spans,
        };
        let cut = || {
            let (start, answer) = record.text()?;
            let text = std::str::from_utf8(&record.body[start..]).ok()?;
            let text = self.job.edits.cut_text(text, spans)?;
            Some(record.with_text(start, answer.as_ref(), &text))
        };
        cut().map(Edited::Changed).ok_or_else(|| self.job.not_what_was_read(self.number))
    }

    /// Goes through the members of a gzip file.
    fn members(&mut self, raw: Stream<'_>) -> Result<Written> {
        let job = self.job;
        let unread = |error| job.unread(error);
        let mut out = job.target(None)?;
        let mut source = Members::new(BufReader::with_capacity(1 << 18, raw));
        loop {
            source.begin().map_err(unread)?;
            let record = self.next(&mut source)?;
            let whole = source.whole().map_err(unread)?;
            let write = match &record {
                // Members that hold nothing, as `bgzip` ends files.
                None => out.write_all(whole.unwrap_or_default()),
                Some(record) => match (self.edited(record)?, whole) {
                    (Edited::Same, Some(whole)) => out.write_all(whole),
                    (Edited::Same, None) => member(&mut out, &record.parts()),
                    (Edited::Changed(bytes), _) => member(&mut out, &[&bytes]),
                    (Edited::Gone, _) => Ok(()),
                },
            };
            write.map_err(|error| job.unwritten(error))?;
            if record.is_none() {
                return job.finish(out);
            }
        }
    }
}

/// Writes a member of a gzip file.
fn member(out: &mut Target, parts: &[&[u8]]) -> io::Result<()> {
    let mut encoder = GzEncoder::new(out, flate2::Compression::default());
    for part in parts {
        encoder.write_all(part)?;
    }
    encoder.finish()?;
    Ok(())
}
