//! JSON lines: those that stay are the bytes that came in.

use std::io::{BufRead, BufReader, Write};

use super::super::annotate::FIELD;
use super::super::field;
use super::edits::{Edit, FileEdits};
use super::{Job, MARK, Written};
use crate::error::Result;
use crate::source::raw::{self, Stream};

/// Writes lines, of which some go or change.
pub(super) fn write(job: &Job<'_>, raw: Stream<'_>, edits: &FileEdits) -> Result<Written> {
    let (compression, plain) = raw::decompressed(raw).map_err(|error| job.unread(error))?;
    let mut reader = BufReader::with_capacity(1 << 18, plain);
    let mut out = job.target(compression)?;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(|error| job.unread(error))? == 0 {
            break;
        }
        let changed = match edits.of(number) {
            None => None,
            Some(Edit::Remove) => continue,
            Some(edit) => {
                let findings = match edit {
                    Edit::Annotate(finding) => job.edits.finding(finding)?,
                    _ => String::new(),
                };
                let changed = changed(job, &line, edit, &findings);
                Some(changed.ok_or_else(|| job.not_what_was_read(number))?)
            }
        };
        let bytes = changed.as_deref().map_or(&*line, str::as_bytes);
        out.write_all(bytes).map_err(|error| job.unwritten(error))?;
    }
    job.finish(out)
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
