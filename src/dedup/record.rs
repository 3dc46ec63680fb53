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

use super::plan::{Plan, Removal, Rule, longest};
use crate::document::{DocId, Document};
use crate::span::Span;

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
#[derive(Serialize)]
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

/// Writes a line for each removal of a plan, in order.
///
/// # Errors
/// Those of `out`.
pub fn write_removed(documents: &[Document], plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    plan.removals.iter().try_for_each(|removal| line(documents, removal).write(out))
}

fn line<'a>(documents: &'a [Document], removal: &Removal) -> Line<'a> {
    let text = text_of(documents, removal.document);
    let longest = longest(&removal.cuts);
    let removed = match removal.rule {
        Rule::Passage => longest.map_or(text, |cut| &text[cut.span.range()]),
        _ => text,
    };
    Line {
        place: place(documents, removal.document),
        rule: removal.rule.name(),
        score: removal.score,
        kept: Kept {
            place: place(documents, removal.kept),
            span: longest.map(|cut| ends(cut.kept_span)),
        },
        spans: removal.cuts.iter().map(|cut| ends(cut.span)).collect(),
        text: removed,
    }
}

fn place(documents: &[Document], id: DocId) -> Place<'_> {
    let document = documents.get(id.index());
    let origin = document.and_then(|document| document.origin.as_ref());
    Place {
        id: id.0,
        name: document.map_or("", |document| &document.name),
        path: origin.map(|origin| origin.path.as_str()),
        line: origin.and_then(|origin| origin.line),
    }
}

fn text_of(documents: &[Document], id: DocId) -> &str {
    documents.get(id.index()).map_or("", |document| &document.text)
}

fn ends(span: Span) -> [u32; 2] {
    [span.start, span.end]
}
