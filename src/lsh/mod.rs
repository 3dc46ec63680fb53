//! Candidates: pairs that are worth comparing, without comparing all pairs.
//!
//! Two searches, since two questions need different samples:
//! - [`bands`](Banding) and [`candidates`]: *are they near-duplicates?* Sketches are cut into
//!   bands; documents that agree in a whole band are candidates. The number of rows follows from
//!   the threshold and the wanted recall.
//! - [`containment`]: *does one hold the other?* A short document inside a long one has a low
//!   Jaccard similarity, which no banding finds. Its few smallest shingles are looked up in every
//!   other document instead.
//!
//! Every candidate is verified afterwards: a false one costs time, never precision.

mod bands;
pub(crate) mod buckets;
pub mod containment;
mod filter;
mod lists;

pub use bands::Banding;
pub use buckets::{Candidates, candidates};
