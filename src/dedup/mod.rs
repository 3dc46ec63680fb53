//! Cleaning a collection: which documents go, which spans are cut, and files without them.
//!
//! ```text
//! batches ─ scan: stores and sorters ─ decide ─┬─ documents: who stands for whom ─┐
//!                                              └─ passages:  what is cut where ───┴→ verdicts
//! verdicts ─┬─ writer: files as they came in
//!           └─ inputs again ─ removed.jsonl
//! ```
//!
//! [`Scan`] takes a collection batch by batch and decides within a budget of memory. [`Layout`]
//! says which files the inputs are made of and where each goes, and [`Layout::write`] copies them
//! without what goes. [`Plan::new`] decides the same as a pure function of a report, the texts and
//! the options.
//!
//! # Promises
//! 1. What stands for something that goes is never removed itself, and the passage that stands
//!    for one that is cut is never cut: one step leads from a removal to text that stays.
//! 2. Every removal has its evidence in the report: the same words, an exact score, or an aligned
//!    passage. Scores are those of the texts as they came in.
//! 3. Protected documents are never touched and always stand for the others. With a reference only
//!    its documents stand for others, and those that are protected stay all the same.
//! 4. A file that nothing is taken from is copied byte for byte; a record that stays is the line
//!    that came in.

mod annotate;
mod bounds;
mod catalogue;
mod cuts;
mod decide;
mod documents;
mod field;
mod judge;
mod layout;
mod passages;
mod plan;
mod record;
mod scan;
mod verdicts;
mod writer;

pub use self::bounds::Bounds;
pub use self::layout::{Layout, REMOVED, files_of, from_start, stamp};
pub use self::passages::cut_out;
pub use self::plan::{Cut, Options, Plan, Removal, Rule, Rules};
pub use self::scan::{SavedScan, Scan, Scanned};
pub use self::verdicts::{CutAmount, Removed, SavedVerdicts, Verdicts};
pub use self::writer::{Edits, Written};
