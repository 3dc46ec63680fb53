//! Which anchors stand in one place only, told before they are sorted.
//!
//! Idea: two bits for each slot of a table, *seen* and *seen again*. A hash that was seen once
//! stands in one place; one that was seen again stands in several, or fell into the slot of
//! another. The table is as large as its share of memory allows: the more anchors come to a slot,
//! the more of the lone ones stay, and what they are grouped with does not change.
//!
//! Cost: some 10 ns a hash, twice; 2 bytes a hash, or less.

use std::sync::atomic::{AtomicU64, Ordering};

/// Slots of one word.
const SLOTS: u32 = 32;

/// A table that many threads may see hashes in.
pub(super) struct Recurring {
    words: Vec<AtomicU64>,
    bits: u32,
}

impl Recurring {
    /// For about so many hashes, in at most so many bytes.
    pub(super) fn new(hashes: u64, most: usize) -> Self {
        let wanted = (8 * hashes.max(8)).next_power_of_two().ilog2();
        let most = (4 * most.max(64)).ilog2();
        let bits = wanted.min(most).clamp(SLOTS.ilog2(), 40);
        let words = (0..1u64 << (bits - SLOTS.ilog2())).map(|_| AtomicU64::new(0)).collect();
        Self { words, bits }
    }

    /// The word of a hash, and its bit for *seen*.
    fn slot(&self, hash: u64) -> (&AtomicU64, u64) {
        // Anchors are chosen by the upper half of their hashes.
        let slot = hash & ((1 << self.bits) - 1);
        let word = (slot / u64::from(SLOTS)) as usize;
        (&self.words[word], 1 << (2 * (slot % u64::from(SLOTS))))
    }

    /// Notes that a hash was seen.
    pub(super) fn see(&self, hash: u64) {
        let (word, once) = self.slot(hash);
        let twice = once << 1;
        // What many have is read and not written.
        if word.load(Ordering::Relaxed) & twice == 0
            && word.fetch_or(once, Ordering::Relaxed) & once != 0
        {
            word.fetch_or(twice, Ordering::Relaxed);
        }
    }

    /// Whether a hash was seen more than once, or may have been.
    pub(super) fn recurs(&self, hash: u64) -> bool {
        let (word, once) = self.slot(hash);
        word.load(Ordering::Relaxed) & (once << 1) != 0
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;
    use crate::hash::finalise;

    #[test]
    fn what_recurs_stays_and_most_of_the_rest_goes() {
        for (most, at_most) in [(usize::MAX, 8_000), (20_000, 60_000)] {
            let table = Recurring::new(80_000, most);
            let hash = |i: u64| finalise(if i < 20_000 { i / 2 } else { i });
            (0..60_000).into_par_iter().for_each(|i| table.see(hash(i)));
            assert!((0..20_000).all(|i| table.recurs(hash(i))));
            let lone = (20_000..60_000).filter(|&i| table.recurs(hash(i))).count();
            assert!(lone < at_most, "{lone} lone ones stay");
        }
    }
}
