//! `removed.jsonl`: one line for everything that went, with its evidence.
//!
//! | field | meaning |
//! |---|---|
//! | `id` | number of the document from 0: reference, then protected ones, then in input order |
//! | `name` | its name: the record's id, or the file |
//! | `path`, `line` | where it stood; `line` is `null` for a text file |
//! | `rule` | `exact`, `near`, `contained`, `passage` or `short` |
//! | `score` | similarity, containment or identity by the rule; for `short` the share cut |
//! | `kept` | what stands for it: `id`, `name`, `path`, `line`, and for passages `span` |
//! | `spans` | what was cut, `[start, end]` in bytes of the text; none if it matched as a whole |
//! | `text` | what went: the passage, or the whole text |
//!
//! Cost: the bytes of what went.

use std::io::{self, Write};

use serde::Serialize;

/// One removal, as it is written.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    #[serde(flatten)]
    pub(super) place: Place<'a>,
    pub(super) rule: &'static str,
    pub(super) score: f64,
    pub(super) kept: Kept<'a>,
    pub(super) spans: Vec<[u32; 2]>,
    pub(super) text: &'a str,
}

impl Line<'_> {
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// A document and where it stands.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Place<'a> {
    pub(super) id: u32,
    pub(super) name: &'a str,
    pub(super) path: Option<&'a str>,
    pub(super) line: Option<u64>,
}

/// What stands for a removal.
#[derive(Serialize)]
pub(super) struct Kept<'a> {
    #[serde(flatten)]
    pub(super) place: Place<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) span: Option<[u32; 2]>,
}
