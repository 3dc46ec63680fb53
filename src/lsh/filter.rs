//! A filter of samples: it says no quickly, and says yes to a few too many.
//!
//! Idea: nearly all of the hashes that are looked up are no samples. Two bytes a sample turn most
//! of them away within the cache.
//!
//! Cost: 2 to 4 bytes a sample; about a nanosecond a hash that is turned away.
//!
//! Source: B. Bloom 1970, in the blocked form of F. Putze, P. Sanders, J. Singler, *Cache-, Hash-
//! and Space-Efficient Bloom Filters*, 2007.

use crate::documents::store::SampleOf;
use crate::error::Result;
use crate::spill::Sorted;

/// A set of hashes that errs on the side of yes: two bits a hash, sixteen bits a
/// member, one word a question.
///
/// Samples are the smallest hashes of their documents, so nearly all of them are small, while the
/// shingles that are looked up are of any size. Hashes with the same top byte have a region of
/// their own, as large as its members need: most lookups go to regions that only the shortest
/// documents fill, and stay in the cache.
pub(super) struct Filter {
    words: Vec<u64>,
    /// By top byte: where the region starts, and its number of words minus one.
    regions: [(u32, u32); Filter::REGIONS],
}

impl Filter {
    const REGIONS: usize = 256;

    /// Of the samples of all documents that take part.
    pub(super) fn of_samples(
        samples: &Sorted<SampleOf>,
        takes_part: &dyn Fn(u32) -> bool,
    ) -> Result<Self> {
        Self::new(|show| {
            let mut cursor = samples.all()?;
            let mut last = None;
            while let Some(sample) = cursor.next()? {
                if takes_part(sample.document) && last != Some(sample.hash) {
                    last = Some(sample.hash);
                    show(sample.hash);
                }
            }
            Ok(())
        })
    }

    /// Of the members that `each` shows; it is called twice.
    fn new(each: impl Fn(&mut dyn FnMut(u64)) -> Result<()>) -> Result<Self> {
        let mut sizes = [0usize; Self::REGIONS];
        each(&mut |hash| sizes[Self::region(hash)] += 1)?;
        let mut len = 0;
        let regions = sizes.map(|members| {
            let words = (members / 4).next_power_of_two().max(1);
            len += words;
            ((len - words) as u32, words as u32 - 1)
        });
        let mut filter = Self { words: vec![0; len], regions };
        each(&mut |hash| {
            let (word, bits) = filter.place(hash);
            filter.words[word] |= bits;
        })?;
        Ok(filter)
    }

    #[inline]
    const fn region(hash: u64) -> usize {
        (hash >> 56) as usize
    }

    #[inline]
    fn place(&self, hash: u64) -> (usize, u64) {
        let (start, mask) = self.regions[Self::region(hash)];
        let word = start + ((hash >> 12) as u32 & mask);
        (word as usize, 1 << (hash & 63) | 1 << (hash >> 6 & 63))
    }

    /// Whether a hash may be a member; few others pass.
    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let (word, bits) = self.place(hash);
        self.words[word] & bits == bits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hash::finalise;

    fn filter(members: &[u64]) -> Filter {
        let each = |show: &mut dyn FnMut(u64)| {
            members.iter().copied().for_each(show);
            Ok(())
        };
        Filter::new(each).expect("in memory")
    }

    proptest! {
        #[test]
        fn the_filter_knows_all_members(
            members in prop::collection::vec((any::<u64>(), 0u32..64), 0..200),
        ) {
            let members: Vec<u64> = members.iter().map(|&(hash, by)| hash >> by).collect();
            let filter = filter(&members);
            prop_assert!(members.iter().all(|&hash| filter.may_hold(hash)));
        }
    }

    #[test]
    fn the_filter_stops_most_others() {
        let members: Vec<u64> = (0..10_000).map(|i| finalise(i) >> (i % 8)).collect();
        let filter = filter(&members);
        let passed = (20_000..120_000).filter(|&i| filter.may_hold(finalise(i))).count();
        assert!(passed < 5_000, "{passed} of 100,000");
    }
}
