//! Which keys several have, told before they are sorted.
//!
//! Idea: two bits for each slot of a table, *seen* and *seen again*. A key that was seen once is
//! alone; one that was seen again is not, or fell into the slot of another. The table is as large
//! as its share of memory allows: the more keys come to a slot, the more of the lone ones stay, and
//! what they are grouped with does not change. Between a reference and a corpus the two bits are
//! *seen here* and *seen there*: what only one side has leads to nothing.
//!
//! Cost: some 10 ns a key, twice; 2 to 4 bytes a key, or less.

use std::sync::atomic::{AtomicU64, Ordering};

/// Slots of one word.
const SLOTS: u64 = 32;

/// A table that many threads may see keys in.
pub(crate) struct Recurring {
    words: Vec<AtomicU64>,
    slots: u64,
}

/// Bits of a key that choose its slot.
const CHOOSING: u32 = 40;

impl Recurring {
    /// For about so many keys, in at most so many bytes. The lower bits of the keys must be mixed
    /// well.
    pub(crate) fn new(keys: u64, most: usize) -> Self {
        // With eight slots a key, of keys that all differ one in nine stays.
        let slots =
            (8 * keys.max(8)).min((most.max(64) as u64).saturating_mul(4)).min(1 << CHOOSING);
        let words = (0..slots.div_ceil(SLOTS)).map(|_| AtomicU64::new(0)).collect();
        Self { words, slots }
    }

    /// The word of a key, and its bit for *seen*.
    fn slot(&self, key: u64) -> (&AtomicU64, u64) {
        let chosen = u128::from(key & ((1 << CHOOSING) - 1)) * u128::from(self.slots);
        let slot = (chosen >> CHOOSING) as u64;
        (&self.words[(slot / SLOTS) as usize], 1 << (2 * (slot % SLOTS)))
    }

    /// Has the slots of keys brought from memory, all at a time, before they are asked for.
    pub(crate) fn fetch(&self, keys: &[u64]) {
        let read =
            |sum: u64, &key: &u64| sum.wrapping_add(self.slot(key).0.load(Ordering::Relaxed));
        std::hint::black_box(keys.iter().fold(0, read));
    }

    /// Notes that a key was seen.
    pub(crate) fn see(&self, key: u64) {
        let (word, once) = self.slot(key);
        let twice = once << 1;
        // What many have is read and not written.
        if word.load(Ordering::Relaxed) & twice == 0
            && word.fetch_or(once, Ordering::Relaxed) & once != 0
        {
            word.fetch_or(twice, Ordering::Relaxed);
        }
    }

    /// Notes that the reference or the corpus has a key: then only what both have recurs.
    pub(crate) fn see_in(&self, key: u64, in_corpus: bool) {
        let (word, once) = self.slot(key);
        let here = once << u32::from(in_corpus);
        if word.load(Ordering::Relaxed) & here == 0 {
            word.fetch_or(here, Ordering::Relaxed);
        }
    }

    /// Whether a key was seen more than once (on both sides, where there are two), or may have
    /// been.
    pub(crate) fn recurs(&self, key: u64) -> bool {
        let (word, once) = self.slot(key);
        let both = once | once << 1;
        word.load(Ordering::Relaxed) & both == both
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
