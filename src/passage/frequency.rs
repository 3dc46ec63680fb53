//! In how many documents of a collection some 3-grams stand.
//!
//! Idea: what is asked for is sorted; a table of its upper bits says where a gram would lie, and a
//! filter of bits keeps nearly all others of the collection from being looked up at all.
//!
//! Cost: one pass over the tokens of the collection, some 5 ns each; [`GRAM_BYTES`] for each gram
//! asked for, whatever the number of threads.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::Collection;
use crate::documents::store::TokenScratch;
use crate::hash::combine;
use crate::sift::sift;
use crate::stop::checkpoint;
use crate::text::TokenHash;

/// Tokens a gram: shorter ones say too little, longer ones miss what lies between edits.
pub(super) const GRAM: usize = 3;
/// Most bytes of memory for each gram asked for.
pub(super) const GRAM_BYTES: usize = 20;
/// Documents that a thread goes through, one after the other.
const PORTION: usize = 64;

/// The 3-gram of three tokens.
#[inline]
pub(super) fn gram(tokens: &[TokenHash]) -> u64 {
    let state = combine(u64::from(tokens[0].0), u64::from(tokens[1].0));
    combine(state, u64::from(tokens[2].0))
}

/// The 3-grams of some tokens, by where they start.
pub(super) fn grams(tokens: &[TokenHash]) -> impl Iterator<Item = u64> + '_ {
    tokens.windows(GRAM).map(gram)
}

/// The number of documents that hold each of `asked`, which are sorted and different.
pub(super) fn document_frequencies(collection: &Collection<'_>, asked: &[u64]) -> Vec<u32> {
    let index = Index::new(asked);
    let counts: Vec<AtomicU32> = asked.iter().map(|_| AtomicU32::new(0)).collect();
    let documents: Vec<u32> = (0..collection.archive.len() as u32).collect();
    documents.par_chunks(PORTION).for_each_init(
        || (TokenScratch::default(), Vec::new(), Vec::new()),
        |(scratch, passed, found), documents| {
            for &document in documents {
                checkpoint();
                let tokens = collection.archive.read(document, scratch);
                // Looked up together, so that the look-ups wait for memory together.
                passed.clear();
                passed.extend(grams(tokens));
                sift(passed, |&gram| index.may_hold(gram));
                found.clear();
                found.extend(passed.iter().filter_map(|&gram| index.number(gram)));
                found.sort_unstable();
                found.dedup();
                for &number in &*found {
                    counts[number].fetch_add(1, Ordering::Relaxed);
                }
            }
        },
    );
    counts.into_iter().map(AtomicU32::into_inner).collect()
}

/// Finds grams among those asked for.
struct Index<'a> {
    asked: &'a [u64],
    /// Where the grams of each value of the upper bits begin; one more for the end.
    firsts: Vec<u32>,
    /// The lowest gram: the bits are those of the distance to it.
    least: u64,
    shift: u32,
    filter: Vec<u64>,
}

impl<'a> Index<'a> {
    fn new(asked: &'a [u64]) -> Self {
        let least = asked.first().copied().unwrap_or(0);
        let range = asked.last().map_or(0, |&most| most - least);
        // Two to four grams for each value, if they are spread evenly.
        let bits = (asked.len() / 2).max(1).ilog2();
        let shift = (u64::BITS - range.leading_zeros()).saturating_sub(bits).min(u64::BITS - 1);
        let values = (range >> shift) as usize + 1;
        let mut firsts = vec![0u32; values + 1];
        for &gram in asked {
            firsts[((gram - least) >> shift) as usize + 1] += 1;
        }
        let mut first = 0;
        for count in &mut firsts {
            first += *count;
            *count = first;
        }
        let words = (asked.len() * 6).div_ceil(64).next_power_of_two();
        let mut index = Self { asked, firsts, least, shift, filter: vec![0; words] };
        for &gram in asked {
            let (word, bit) = index.bit(gram);
            index.filter[word] |= bit;
        }
        index
    }

    /// The place of a gram in the filter, by its lower bits.
    #[inline]
    fn bit(&self, gram: u64) -> (usize, u64) {
        let word = (gram >> 6) as usize & (self.filter.len() - 1);
        (word, 1 << (gram & 63))
    }

    /// Whether a gram may be among those asked for.
    #[inline]
    fn may_hold(&self, gram: u64) -> bool {
        let (word, bit) = self.bit(gram);
        self.filter[word] & bit != 0
    }

    /// The number of a gram, if it was asked for.
    #[inline]
    fn number(&self, gram: u64) -> Option<usize> {
        let value = (gram.checked_sub(self.least)? >> self.shift) as usize;
        let (first, end) = (*self.firsts.get(value)?, *self.firsts.get(value + 1)?);
        let near = &self.asked[first as usize..end as usize];
        near.iter().position(|&asked| asked == gram).map(|at| first as usize + at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::passage::few::Few;

    proptest! {
        #[test]
        fn a_gram_is_found_where_it_lies(
            asked in prop::collection::btree_set(any::<u64>(), 0..200),
            low_bits in 0u32..60,
            others in prop::collection::vec(any::<u64>(), 0..50),
        ) {
            // Some of them close together, as in a pass over a few of many.
            let near = |gram: u64| gram >> low_bits;
            let asked: BTreeSet<u64> = asked.into_iter().map(near).collect();
            let asked: Vec<u64> = asked.into_iter().collect();
            let index = Index::new(&asked);
            for gram in others.into_iter().flat_map(|gram| [gram, near(gram)]).chain(asked.clone()) {
                let expected = asked.binary_search(&gram).ok();
                prop_assert_eq!(index.number(gram), expected);
                prop_assert!(expected.is_none() || index.may_hold(gram));
            }
        }

        #[test]
        fn documents_are_counted_once_each(
            texts in prop::collection::vec(
                prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 0..30),
                0..20,
            ),
            every in 1usize..4,
        ) {
            let texts = Few::new(texts.iter().map(|words| words.join(" ")));
            let mut expected: BTreeMap<u64, u32> = BTreeMap::new();
            for index in texts.tokens() {
                let own: BTreeSet<u64> = grams(index.hashes()).collect();
                for gram in own {
                    *expected.entry(gram).or_default() += 1;
                }
            }
            let (asked, counts): (Vec<u64>, Vec<u32>) = expected.into_iter().step_by(every).unzip();
            prop_assert_eq!(document_frequencies(&texts.collection(), &asked), counts);
        }
    }
}
