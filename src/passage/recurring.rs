//! Which anchors stand in one place only, told before they are sorted.
//!
//! Idea: two bits for each slot of a table, *seen* and *seen again*. A hash that was seen once
//! stands in one place; one that was seen again stands in several, or fell into the slot of
//! another. The table is as large as its share of memory allows: the more anchors come to a slot,
//! the more of the lone ones stay, and what they are grouped with does not change. Between a
//! reference and a corpus the two bits are *seen here* and *seen there*: what only one side has
//! leads to nothing.
//!
//! Cost: some 10 ns a hash, twice; 2 bytes a hash, or less.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::Collection;
use super::anchor::{Winnowing, for_each_anchor};
use crate::documents::store::TokenScratch;
use crate::pairing::Pairing;
use crate::stop::checkpoint;

/// Documents of one portion.
const PORTION: usize = 16;
/// Times as much room as it takes, for a reference.
const ROOM: u64 = 8;
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
        let most = most.max(64).saturating_mul(4).ilog2();
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

    /// Notes that the reference or the corpus has a hash.
    fn see_on(&self, hash: u64, in_corpus: bool) {
        let (word, once) = self.slot(hash);
        let here = once << u32::from(in_corpus);
        if word.load(Ordering::Relaxed) & here == 0 {
            word.fetch_or(here, Ordering::Relaxed);
        }
    }

    /// The anchors of a collection, in at most so many bytes.
    pub(super) fn of_collection(
        collection: &Collection<'_>,
        winnowing: Winnowing,
        most: usize,
    ) -> Self {
        let Collection { archive, pairing, .. } = *collection;
        let numbers: Vec<u32> = (0..archive.len() as u32).collect();
        let anchors = |documents: &[u32]| {
            let tokens = documents.iter().map(|&document| u64::from(archive.count(document)));
            2 * tokens.sum::<u64>() / (winnowing.window as u64 + 1)
        };
        // A small reference has room enough for a table in which few others meet its anchors.
        let wanted = match pairing.parts(&numbers, |&document| document) {
            None => anchors(&numbers),
            Some((reference, _)) => anchors(&numbers).min(ROOM * anchors(reference)),
        };
        let recurring = Self::new(wanted, most);
        numbers.par_chunks(PORTION).for_each_init(TokenScratch::default, |scratch, documents| {
            for &document in documents.iter().filter(|&&id| collection.copy_of[id as usize] == id) {
                checkpoint();
                let in_corpus = !pairing.is_reference(document);
                let across = pairing != Pairing::Everything;
                for_each_anchor(archive.read(document, scratch), winnowing, |hash, _| {
                    if across { recurring.see_on(hash, in_corpus) } else { recurring.see(hash) }
                });
            }
        });
        recurring
    }

    /// Whether a hash was seen more than once (on both sides, where there are two), or may have
    /// been.
    pub(super) fn recurs(&self, hash: u64) -> bool {
        let (word, once) = self.slot(hash);
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
