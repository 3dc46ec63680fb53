//! `removed.jsonl`: one line for everything that went, with its evidence.
//!
//! | field | meaning |
//! |---|---|
//! | `id` | number of the document, protected ones first, then in input order, from 0 |
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

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    rule: &'static str,
    score: f64,
    kept: Kept<'a>,
    spans: Vec<[u32; 2]>,
    text: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    id: u32,
    name: &'a str,
    path: Option<&'a str>,
    line: Option<u64>,
}

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<[u32; 2]>,
}

/// Writes a line for each removal of a plan, in order.
///
/// # Errors
/// Those of `out`.
pub fn write_removed(documents: &[Document], plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    for removal in &plan.removals {
        serde_json::to_writer(&mut *out, &line(documents, removal))?;
        out.write_all(b"\n")?;
    }
    Ok(())
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
