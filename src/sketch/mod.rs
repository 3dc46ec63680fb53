//! Sketches: what a set of shingles looks like in a few hundred registers.
//!
//! # Which one?
//! - [`Sketcher`] makes them: *fast similarity sketching*, one pass over the shingles at almost
//!   the same cost for any number of registers, exact in expectation at any set size. There is no
//!   second kind to choose: `k` independent permutations cost `k` times as much and are less
//!   accurate; one-permutation hashing leaves empty registers on short documents and needs
//!   densification, which is less accurate too.
//! - [`Sketch`] keeps all 64 bits a register: to merge sketches of parts, or to derive band keys.
//! - [`CompactSketch`] keeps 16: to store beside a document and to estimate.
//! - The content hash tells exact copies; no sketch is needed for those.
//!
//! # How many registers?
//! The standard error of an estimate is at most [`estimate_error`]: 0.025 at similarity 0.8 and
//! the default of 256 registers, half of it at 1,024.

mod fss;
mod registers;
mod spec;

pub use fss::Sketcher;
pub(crate) use registers::estimate_stored;
pub use registers::{CompactSketch, Sketch};
pub use spec::SketchSpec;

/// Standard error of the estimate of similarity `j` (0 to 1) from `k` registers: √(j(1 − j)/k).
///
/// It holds for sets much larger than `k`. In smaller ones every shingle settles nearly equally
/// many registers, which makes the error up to √2 times lower: it is so at up to `k/2` shingles,
/// 0.75 of the full error at `k` and 0.9 at `4 k` (measured).
///
/// ```
/// assert!((doublet::sketch::estimate_error(0.8, 256) - 0.025).abs() < 1e-12);
/// ```
#[must_use]
pub fn estimate_error(j: f64, k: u32) -> f64 {
    (j * (1.0 - j) / f64::from(k)).max(0.0).sqrt()
}
