//! JSON lines: those that stay are the bytes that came in.

use std::io::{BufRead, BufReader, Write};

use super::super::annotate::FIELD;
use super::super::field;
use super::edits::{Edit, FileEdits};
use super::target::Target;
use super::{Job, MARK, Written};
use crate::error::Result;
use crate::source::raw::{self, Stream};

/// Writes lines, of which some go or change.
pub(super) fn write(job: &Job<'_>, raw: Stream<'_>, edits: &FileEdits) -> Result<Written> {
    let (compression, plain) = raw::decompressed(raw).map_err(|error| job.unread(error))?;
    let mut reader = BufReader::with_capacity(1 << 18, plain);
    let mut lines = Lines { job, edits, out: job.target(compression)?, number: 1 };
    let mut line = Vec::new();
    loop {
        let ready = reader.fill_buf().map_err(|error| job.unread(error))?;
        let whole = memchr::memrchr(b'\n', ready).map_or(0, |end| end + 1);
        lines.write(&ready[..whole])?;
        reader.consume(whole);
        // The one that goes on in the next stretch.
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(|error| job.unread(error))? == 0 {
            return job.finish(lines.out);
        }
        lines.write(&line)?;
    }
}

/// Takes whole lines, and writes what is left of them.
struct Lines<'a> {
    job: &'a Job<'a>,
    edits: &'a FileEdits,
    out: Target,
    /// Number of the next line.
    number: u64,
}

impl Lines<'_> {
    /// Those that stay and stand together are written as one.
    fn write(&mut self, lines: &[u8]) -> Result<()> {
        let (mut from, mut at) = (0, 0);
        while at < lines.len() {
            let start = at;
            at += memchr::memchr(b'\n', &lines[at..]).map_or(lines.len() - at, |end| end + 1);
            if let Some(edit) = self.edits.of(self.number) {
                self.put(&lines[from..start])?;
                from = at;
                if edit != Edit::Remove {
                    let findings = match edit {
                        Edit::Annotate(finding) => self.job.edits.finding(finding)?,
                        _ => String::new(),
                    };
                    let changed = changed(self.job, &lines[start..at], edit, &findings);
                    let changed = changed.ok_or_else(|| self.job.not_what_was_read(self.number))?;
                    self.put(changed.as_bytes())?;
                }
            }
            self.number += 1;
        }
        self.put(&lines[from..])
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|error| self.job.unwritten(error))
    }
}

/// A line with another text, or with what was found.
fn changed(job: &Job<'_>, line: &[u8], edit: Edit<'_>, findings: &str) -> Option<String> {
    let (mark, json) = match line.strip_prefix(MARK) {
        Some(json) => ("\u{feff}", json),
        None => ("", line),
    };
    let json = std::str::from_utf8(json).ok()?;
    let changed = match edit {
        Edit::Remove => return None,
        Edit::Annotate(_) => field::set(json, FIELD, findings)?,
        Edit::Cut(spans) => {
            let range = field::locate(json, &job.config.text_field)?;
            let text: String = serde_json::from_str(&json[range.clone()]).ok()?;
            let text = job.edits.cut_text(&text, spans)?;
            field::replace(json, range, &serde_json::to_string(&text).ok()?)
        }
    };
    Some(format!("{mark}{changed}"))
}
