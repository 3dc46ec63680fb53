//! Collections whose answers are known, and the score of what a finder made of them.
//!
//! Tests and benchmarks of `doublet` draw their data from here. The crate does not depend on
//! `doublet`: what judges the engine shares no code with it, so an error cannot cancel itself out.
//!
//! | I need | file |
//! |---|---|
//! | a background of any size, with near-duplicates planted in it | [`corpus`] |
//! | short quotes planted into unrelated documents, with their places | [`quotes`] |
//! | recall, overlap and pieces of what was found | [`score`] |
//! | which tokens lie in exact repeats, by suffix array | [`repeats`] |
//! | inputs that break finders: giant clusters, endless repeats, shared disclaimers | [`pathological`] |
//!
//! Everything is a function of a seed: equal seeds give equal bytes on every platform. No value
//! passes through a floating-point library function (their last digits differ between systems),
//! and golden tests freeze the bytes.
//!
//! ```
//! use doublet_generate::corpus::CorpusPlan;
//!
//! let plan = CorpusPlan { seed: 7, ..CorpusPlan::default() };
//! let first: Vec<_> = plan.documents().take(3).collect();
//! let again: Vec<_> = plan.documents().take(3).collect();
//! assert_eq!(first, again);
//! ```

pub mod corpus;
pub mod edits;
mod fresh;
pub mod lexicon;
pub mod pathological;
mod places;
pub mod prose;
pub mod quotes;
pub mod random;
pub mod repeats;
pub mod score;
mod words;

pub use words::{Word, words};
