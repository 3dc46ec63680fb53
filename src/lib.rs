//! `doublet` finds near-duplicate documents and the passages that documents share, and says where:
//! spans of bytes in the originals, aligned word by word.
//!
//! ```
//! use doublet::{Document, Doublet};
//! let documents = [
//!     Document::new("Herald", "She said: “They are not building any military alliances today.”"),
//!     Document::new("Courier", "In short, they aren’t building any military alliances today!"),
//! ];
//! let report = Doublet::new().find(&documents)?;
//! let passage = &report.passages[0];
//! for member in &passage.members {
//!     let document = &documents[member.document.index()];
//!     println!("{}: {}", document.name, &document.text[member.span.range()]);
//! }
//! assert_eq!(passage.members[1].identity, 1.0);
//! # Ok::<(), doublet::Error>(())
//! ```
//!
//! # The way of a text
//! ```text
//! sources → documents → tokens ─┬→ content hash ──────────────┐
//!                               ├→ shingles → sketch → bands ─┼→ candidates → verified matches → clusters
//!                               └→ anchors → links → alignments → passages → coverage → report
//! ```
//! Two rules hold everywhere. The result does not depend on the number of threads, on the budget of
//! memory or on the order in which work finishes. And offsets are exact: a span, sliced out of the
//! text that was given, is the passage, and it never cuts a character.
//!
//! # Which part do I need?
//! | you have | and want | take |
//! |---|---|---|
//! | documents in memory | everything that repeats | [`Doublet::find`] |
//! | files, folders, JSON lines, Parquet, archives | the same | [`read`], then [`Doublet::find`] |
//! | an evaluation set, an earlier crawl | what of it stands in others | [`Doublet::find_against`] |
//! | more documents than memory | copies and near-copies | [`source::stream`] into [`Doublet::gather`] |
//! | a collection | the same without what repeats | [`dedup`]: [`dedup::Scan`], or [`dedup::Plan`] of a report |
//! | two texts | what they share, word by word | [`align`] |
//! | two texts | how alike they are | [`verify::exact_scores`], or two [`sketch`]es and their estimate |
//! | a threshold | the bands to index sketches by | [`lsh::Banding`] |
//! | a text | its words with their places | [`text::tokenize`] |
//! | a report | JSON, CSV, a page, text for a terminal | [`report`] |
//! | something of your own to read from | documents of it | [`Source`] |
//!
//! Every stage can be used by itself, on a batch, with ids of your own; none prints, and none
//! panics on any input. Values are [`serde`]-able; the JSON report is specified in
//! [`report::json`].
//!
//! # What counts as the same
//! Words do: case, quotation marks, dashes, line breaks, ligatures and soft hyphens make no
//! difference, *aren't* is *are not*, and a word that differs by its inflection matches in part
//! ([`text`]). Documents are near-duplicates from a Jaccard similarity of their word 5-grams of 0.8
//! on, contained from nine tenths of the one in the other; each reported score has been counted, not
//! estimated. A passage has at least eight matched words ([`PassageConfig`]).
//!
//! # Features
//! `cli` (default) builds the program; `parquet` (default) reads and writes Parquet. A library
//! without both: `default-features = false`.

pub mod cluster;
pub mod config;
pub mod dedup;
pub mod document;
pub mod documents;
pub mod error;
mod find;
mod hash;
pub mod lsh;
mod pairing;
mod passage;
pub mod report;
pub mod shingle;
mod sift;
pub mod sketch;
pub mod source;
pub mod span;
pub mod spill;
mod stop;
pub mod text;
mod threads;
pub mod verify;

pub use config::{Config, DocumentConfig, Keep, Linkage, PassageConfig, Scope, Sensitivity};
pub use document::{DocId, Document, FieldValue, Metadata, Origin, Timestamp};
pub use error::{Error, ErrorKind, Result};
pub use find::{Builder, Doublet, Event, Gathering, Stage};
pub use passage::two::{AlignedPart, align};
pub use report::model::Report;

pub use source::{Collection, Input, ReadConfig, Source, read};
pub use span::{Span, TokenRange};
pub use stop::Stop;
pub use threads::on_threads;
