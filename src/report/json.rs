//! The report as JSON: writer, reader, and the specification of the format.
//!
//! One object holds everything; nothing in it refers to the texts' content except by offsets, so
//! a report can be kept, sent and read back alone. Offsets are **bytes** of the document's text
//! (UTF-8) and half-open; lines and columns count from 1, columns in code points.
//!
//! `schema_version` is raised whenever a field is removed or changes its meaning. Fields may be
//! added without that: a reader should ignore those that it does not know.
//!
//! Cost: linear in the report, streamed.
//!
//! # Format
//! Types are those of JSON; *integer* is a number without a fraction, never negative unless said.
//! *id* is an integer, the index of a document in `documents`. A field marked *optional* may be
//! missing. *Any* is any JSON value.
//!
//! # A reference
//! Where a corpus was compared with a reference (`compared` is "reference"), nothing within the
//! corpus and nothing within the reference was. Documents of the reference come first in
//! `documents`. Every match has its `a` in the reference and its `b` in the corpus; a document
//! cluster has one document of the reference as its representative and those of the corpus that
//! match it as its members, so a document of the corpus may be in several. The canonical member of
//! a passage stands in the reference, and each of the others was aligned with a place on the other
//! side. Coverage is by the other side: of the corpus what stands in the reference, and the other
//! way round.
//!
//! ## Report
//! | field | type | meaning |
//! |---|---|---|
//! | `schema_version` | integer | Version of this format: 1. |
//! | `run` | Run | What ran, on what, and how long it took. |
//! | `groups` | array of Group | Groups of documents, in order of first appearance. |
//! | `documents` | array of Document | All documents, in input order; the index is the id. |
//! | `matches` | array of Match | Verified pairs of documents, by first id, then second. |
//! | `document_clusters` | array of `DocumentCluster` | Versions of one document; largest first. |
//! | `passages` | array of Passage | What stands more than once: reuse, then boilerplate. |
//! | `coverage` | Coverage | How much of everything stands elsewhere. |
//! | `suppressed` | Suppressed | What each rule left out. |
//! | `skipped` | array of Skipped | Inputs that could not be read, in input order. |
//!
//! ## Run
//! | field | type | meaning |
//! |---|---|---|
//! | `version` | string | Version of doublet. |
//! | `parameters` | Parameters | Every option that decides a result, resolved. |
//! | `documents` | integer | Number of documents. |
//! | `bytes` | integer | Bytes of text. |
//! | `tokens` | integer | Tokens: words, or graphemes of scripts without spaces. |
//! | `times` | array of Time | Time by stage; all that differs between equal runs. |
//! | `text_field` | string or null | Field that the texts of records were read from, if known. |
//!
//! ## Time
//! | field | type | meaning |
//! |---|---|---|
//! | `stage` | string | Name of the stage. |
//! | `seconds` | number | Wall-clock seconds. |
//!
//! ## Parameters
//! | field | type | meaning |
//! |---|---|---|
//! | `scope` | one of "both", "documents", "passages" | Which halves ran. |
//! | `compared` | one of "everything", "reference" | All with all, or a corpus with a reference. |
//! | `sketch_spec` | string | Stable id of everything that decides a hash. |
//! | `shingle_size` | integer | Words a shingle. |
//! | `sketch_size` | integer | Registers a sketch. |
//! | `threshold` | number | Lowest Jaccard similarity of a near-duplicate. |
//! | `containment` | number | Lowest containment of a contained document. |
//! | `bands` | integer | Bands of the sketch. |
//! | `rows` | integer | Registers a band. |
//! | `linkage` | one of "star", "single" | How matches became clusters. |
//! | `keep` | string | The keep policy, as on the command line. |
//! | `min_words` | integer | Fewest words a passage. |
//! | `sensitivity` | one of "fast", "balanced", "high" | The sensitivity that ran. |
//! | `min_identity` | number | Lowest identity of a member with its canonical passage. |
//! | `min_distinctiveness` | number | Lowest distinctiveness of reuse; below it, boilerplate. |
//!
//! ## Group
//! | field | type | meaning |
//! |---|---|---|
//! | `name` | string | Its name: an outlet, a crawl, a folder. |
//! | `reference` | boolean | Whether its documents belong to the reference. |
//! | `documents` | integer | Number of documents in it. |
//! | `bytes` | integer | Bytes of text in it. |
//! | `tokens` | integer | Tokens in it. |
//!
//! ## Document
//! | field | type | meaning |
//! |---|---|---|
//! | `name` | string | A file's path, a record's id; need not be unique. |
//! | `reference` | boolean | Whether it belongs to the reference; those come first. |
//! | `group` | integer | Index of its group in `groups`. |
//! | `date` | string or null | Its date as it was written. |
//! | `origin` | Origin or null | Where it was read from. |
//! | `bytes` | integer | Bytes of text. |
//! | `tokens` | integer | Tokens. |
//! | `content_hash` | string | 32 hexadecimal digits; equal for exact copies. |
//! | `metadata` | map of any | Further fields of the record. |
//!
//! ## Origin
//! | field | type | meaning |
//! |---|---|---|
//! | `source` | string | The source as it was named; `-` is standard input. |
//! | `path` | string | The file inside it; the source itself if that is a file. |
//! | `line` | integer or null | Line of the record, from 1. |
//! | `encoding` | string or null | The encoding it was decoded from, unless UTF-8. |
//!
//! ## Match
//! | field | type | meaning |
//! |---|---|---|
//! | `a` | id | The lower id. |
//! | `b` | id | The higher id. |
//! | `kind` | one of "exact", "near", "contained" | Why they match. |
//! | `similarity` | number | Exact Jaccard similarity of the shingle sets, 0 to 1. |
//! | `a_in_b` | number | Share of `a`'s shingles that `b` holds, 0 to 1. |
//! | `b_in_a` | number | Share of `b`'s shingles that `a` holds, 0 to 1. |
//!
//! ## `DocumentCluster`
//! | field | type | meaning |
//! |---|---|---|
//! | `representative` | id | The version to keep. |
//! | `members` | array of `DocumentMember` | The other versions, by id. |
//! | `lowest_score` | number | Lowest score of a member with the representative, 0 to 1. |
//!
//! ## `DocumentMember`
//! | field | type | meaning |
//! |---|---|---|
//! | `document` | id | Which document. |
//! | `kind` | one of "exact", "near", "contained" | Why it is here. |
//! | `similarity` | number | Exact Jaccard similarity to the representative, 0 to 1. |
//! | `containment` | number | Share of its shingles that the representative holds, 0 to 1. |
//! | `contains` | number | Share of the representative's shingles that it holds, 0 to 1. |
//!
//! ## Passage
//! | field | type | meaning |
//! |---|---|---|
//! | `kind` | one of "reuse", "boilerplate" | A borrowing, or formulaic prose. |
//! | `text` | string | The canonical passage, word for word. |
//! | `words` | integer | Its words. |
//! | `documents` | integer | Number of different documents among the members. |
//! | `distinctiveness` | number | 0 to 1; 1: its words-in-a-row stand nowhere else. |
//! | `canonical` | integer | Index of the canonical passage in `members`. |
//! | `members` | array of Member | Every place it stands; by date, document, start. |
//!
//! ## Member
//! | field | type | meaning |
//! |---|---|---|
//! | `document` | id | In which document. |
//! | `span` | Span | Where, in bytes of its text. |
//! | `lines` | Lines | Where, in lines and columns. |
//! | `tokens` | Span | Where, in tokens. |
//! | `identity` | number | Share of the aligned words that are equal, 0 to 1. |
//! | `operations` | array of Operation | What turns the canonical passage into this one. |
//!
//! ## Span
//! | field | type | meaning |
//! |---|---|---|
//! | `start` | integer | First position inside. |
//! | `end` | integer | First position after. |
//!
//! ## Lines
//! | field | type | meaning |
//! |---|---|---|
//! | `start_line` | integer | Line of the first byte, from 1. |
//! | `start_column` | integer | Column of the first byte, in code points from 1. |
//! | `end_line` | integer | Line of the end, from 1. |
//! | `end_column` | integer | Column of the code point after the last, from 1. |
//!
//! ## Operation
//! | field | type | meaning |
//! |---|---|---|
//! | `operation` | one of "equal", "replace", "insert", "delete" | What is done. |
//! | `change` | optional one of "contraction", "form", "wording" | How words were replaced. |
//! | `canonical_tokens` | Span | The canonical document's tokens; empty for an insertion. |
//! | `tokens` | Span | The member's tokens; empty for a deletion. |
//! | `canonical_span` | Span | The canonical document's bytes. |
//! | `span` | Span | The member's bytes. |
//! | `canonical_text` | optional string | The canonical words that were replaced or deleted. |
//! | `text` | optional string | The member's words that were put in. |
//!
//! ## Coverage
//! | field | type | meaning |
//! |---|---|---|
//! | `total` | Share | The whole collection. |
//! | `groups` | array of Share | By group, in the order of `groups`. |
//! | `documents` | array of Share | By document, in the order of `documents`. |
//! | `between` | array of array of integer | `[i][j]`: tokens of group i that stand in group j. |
//!
//! ## Share
//! | field | type | meaning |
//! |---|---|---|
//! | `tokens` | integer | All tokens. |
//! | `reuse` | integer | Those in reused passages. |
//! | `boilerplate` | integer | Those in boilerplate and not in reused passages. |
//!
//! ## Suppressed
//! | field | type | meaning |
//! |---|---|---|
//! | `empty_documents` | integer | Documents without a token. |
//! | `thinned_buckets` | integer | Buckets too large to pair every member with every other. |
//! | `rejected_candidates` | integer | Candidates that fell short of the threshold. |
//! | `clustered_links` | integer | Links that a link to the representative stands for. |
//! | `weak_links` | integer | Links with too few equal words around them. |
//! | `short_alignments` | integer | Alignments below the fewest words. |
//! | `dissimilar_alignments` | integer | Alignments below the lowest identity. |
//! | `nested_members` | integer | Members that members of a larger passage tell already. |
//! | `boilerplate_passages` | integer | Passages reported as boilerplate. |
//!
//! ## Skipped
//! | field | type | meaning |
//! |---|---|---|
//! | `path` | string | The file. |
//! | `line` | integer or null | The line, from 1. |
//! | `message` | string | What was found, what was expected, what to do. |

mod lines;

use std::io::Read;

use serde::Deserialize;

pub use self::lines::{write, write_pretty};
use super::model::{Report, SCHEMA_VERSION};
use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};

#[derive(Deserialize)]
struct Head {
    schema_version: u64,
}

/// Reads a report, checks its version and that what it refers to exists.
///
/// # Errors
/// [`ErrorKind::Io`] of the reader; [`ErrorKind::Format`] for what is no JSON, no report, a
/// report of another version, or one that contradicts itself.
pub fn read(mut input: impl Read) -> Result<Report> {
    let mut text = Vec::new();
    input.read_to_end(&mut text).map_err(|error| {
        Error::new(ErrorKind::Io, format!("that reading failed ({error})")).because(error)
    })?;
    let head: Head = serde_json::from_slice(&text).map_err(|error| {
        let found = if error.is_data() {
            "JSON that is no report of doublet".to_owned()
        } else {
            format!("text that is no JSON ({error})")
        };
        Error::new(ErrorKind::Format, found)
            .expected("an object with a schema_version")
            .remedy("make one with `doublet find PATH --format json`")
            .because(error)
    })?;
    check_version(head.schema_version)?;
    let report: Report = serde_json::from_slice(&text).map_err(|error| {
        Error::new(ErrorKind::Format, format!("a report that breaks the format ({error})"))
            .expected(format!("what schema_version {SCHEMA_VERSION} specifies"))
            .because(error)
    })?;
    check_references(&report)?;
    Ok(report)
}

/// Refuses versions that this program does not know.
pub(super) fn check_version(version: u64) -> Result<()> {
    if version == u64::from(SCHEMA_VERSION) {
        return Ok(());
    }
    let remedy = if version > u64::from(SCHEMA_VERSION) {
        "a newer doublet wrote it: update this one"
    } else {
        "an older doublet wrote it: make the report again"
    };
    Err(Error::new(ErrorKind::Format, format!("a report with schema_version {version}"))
        .expected(format!("schema_version {SCHEMA_VERSION}"))
        .remedy(remedy))
}

/// Checks that every document, group and member that is referred to exists.
pub(super) fn check_references(report: &Report) -> Result<()> {
    let documents = report.documents.len();
    let document =
        |id: DocId, place: &dyn Fn() -> String| within(id.index(), documents, "document", place);
    for (i, entry) in report.documents.iter().enumerate() {
        within(entry.group as usize, report.groups.len(), "group", &|| format!("documents[{i}]"))?;
    }
    for (i, pair) in report.matches.iter().enumerate() {
        document(pair.a, &|| format!("matches[{i}]"))?;
        document(pair.b, &|| format!("matches[{i}]"))?;
    }
    for (i, cluster) in report.document_clusters.iter().enumerate() {
        let place = || format!("document_clusters[{i}]");
        document(cluster.representative, &place)?;
        for member in &cluster.members {
            document(member.document, &place)?;
        }
    }
    for (i, cluster) in report.passages.iter().enumerate() {
        let place = || format!("passages[{i}]");
        within(cluster.canonical as usize, cluster.members.len(), "member", &place)?;
        for member in &cluster.members {
            document(member.document, &place)?;
            if member.span.start > member.span.end || member.tokens.start > member.tokens.end {
                return Err(Error::new(
                    ErrorKind::Format,
                    format!("a span that ends before it starts in {}", place()),
                )
                .expected("a half-open range"));
            }
        }
    }
    Ok(())
}

fn within(index: usize, count: usize, what: &str, place: &dyn Fn() -> String) -> Result<()> {
    if index < count {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Format, format!("{what} {index} in {}", place()))
        .expected(format!("one of the report's {count} ({what} numbers start at 0)")))
}
