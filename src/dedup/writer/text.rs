//! A text: one document.

use std::io::{Read, Write};

use super::edits::{Edit, FileEdits};
use super::{Job, Written};
use crate::error::Result;
use crate::source::raw::{self, Stream};

/// Writes a text without what is cut; nothing if it goes.
pub(super) fn write(job: &Job<'_>, raw: Stream<'_>, edits: &FileEdits) -> Result<Written> {
    let spans = match edits.of(0) {
        None => return job.copy(raw),
        Some(Edit::Remove | Edit::Annotate(_)) => return Ok(Written::default()),
        Some(Edit::Cut(spans)) => spans,
    };
    let (compression, mut plain) = raw::decompressed(raw).map_err(|error| job.unread(error))?;
    let mut text = String::new();
    plain.read_to_string(&mut text).map_err(|error| job.unread(error))?;
    let text = job.edits.cut_text(&text, spans).ok_or_else(|| job.not_what_was_read(1))?;
    let mut out = job.target(compression)?;
    out.write_all(text.as_bytes()).map_err(|error| job.unwritten(error))?;
    job.finish(out)
}
