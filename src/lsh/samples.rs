//! A table of samples that can say no quickly.
//!
//! Idea: nearly all of the hashes that are looked up are no samples. A filter of two bytes a
//! sample turns most of them away within the cache; the rest find number and owner in one slot.
//!
//! Cost: 34 to 66 bytes a sample; about a nanosecond a hash that the filter turns away.

use rayon::prelude::*;

use crate::document::DocId;
use crate::documents::DocumentFeatures;

/// All samples, each with a number; finds the number by the hash.
pub(super) struct SampleTable {
    /// Number of different samples.
    len: usize,
    /// Most shingles of most documents are no sample and end here.
    filter: Filter,
    /// By hash, open addressing.
    slots: Vec<Sample>,
}

/// A slot of the table: one cache line tells all.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    hash: u64,
    /// [`SampleTable::FREE`] in a free slot.
    pub(super) number: u32,
    /// The only document that has it among its samples, or [`SampleTable::SHARED`].
    pub(super) owner: u32,
}

impl SampleTable {
    const SHARED: u32 = u32::MAX;
    const FREE: u32 = u32::MAX;

    /// From the features of documents in the order of their ranks.
    pub(super) fn new(features: &[DocumentFeatures], by_size: &[DocId]) -> Self {
        let mut all: Vec<(u64, u32)> = (0..)
            .zip(by_size)
            .flat_map(|(rank, id)| {
                features[id.index()].samples.iter().map(move |&hash| (hash, rank))
            })
            .collect();
        all.par_sort_unstable();
        let samples: Vec<Sample> = (0..)
            .zip(all.chunk_by(|a, b| a.0 == b.0))
            .map(|(number, group)| {
                let owner = if group.len() == 1 { group[0].1 } else { Self::SHARED };
                Sample { hash: group[0].0, number, owner }
            })
            .collect();
        let free = Sample { hash: 0, number: Self::FREE, owner: Self::SHARED };
        let mut slots = vec![free; (2 * samples.len()).next_power_of_two().max(2)];
        for &sample in &samples {
            let mut slot = Self::first_slot(&slots, sample.hash);
            while slots[slot].number != Self::FREE {
                slot = (slot + 1) & (slots.len() - 1);
            }
            slots[slot] = sample;
        }
        let filter = Filter::new(samples.iter().map(|sample| sample.hash));
        Self { len: samples.len(), filter, slots }
    }

    /// Number of different samples.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Whether a hash may be a sample; few others pass.
    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        self.filter.may_hold(hash)
    }

    /// Samples are small: their low bits are as good as new, their high bits are not.
    #[inline]
    fn first_slot(slots: &[Sample], hash: u64) -> usize {
        (hash >> 12) as usize & (slots.len() - 1)
    }

    /// Whether the first slot of a hash is free: then it is no sample.
    #[inline]
    pub(super) fn starts_free(&self, hash: u64) -> bool {
        self.slots[Self::first_slot(&self.slots, hash)].number == Self::FREE
    }

    #[inline]
    pub(super) fn get(&self, hash: u64) -> Option<Sample> {
        let mut slot = Self::first_slot(&self.slots, hash);
        loop {
            let sample = self.slots[slot];
            if sample.number == Self::FREE {
                return None;
            }
            if sample.hash == hash {
                return Some(sample);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// A set of hashes that errs on the side of yes: two bits a hash, sixteen bits a
/// member, one word a question.
///
/// Samples are the smallest hashes of their documents, so nearly all of them are small, while the
/// shingles that are looked up are of any size. Hashes with the same top byte have a region of
/// their own, as large as its members need: most lookups go to regions that only the shortest
/// documents fill, and stay in the cache.
struct Filter {
    words: Vec<u64>,
    /// By top byte: where the region starts, and its number of words minus one.
    regions: [(u32, u32); Filter::REGIONS],
}

impl Filter {
    const REGIONS: usize = 256;

    fn new(members: impl Iterator<Item = u64> + Clone) -> Self {
        let mut sizes = [0usize; Self::REGIONS];
        for hash in members.clone() {
            sizes[Self::region(hash)] += 1;
        }
        let mut len = 0;
        let regions = sizes.map(|members| {
            let words = (members / 4).next_power_of_two().max(1);
            len += words;
            ((len - words) as u32, words as u32 - 1)
        });
        let mut filter = Self { words: vec![0; len], regions };
        for hash in members {
            let (word, bits) = filter.place(hash);
            filter.words[word] |= bits;
        }
        filter
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

    #[inline]
    fn may_hold(&self, hash: u64) -> bool {
        let (word, bits) = self.place(hash);
        self.words[word] & bits == bits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hash::finalise;

    proptest! {
        #[test]
        fn the_filter_knows_all_members(
            members in prop::collection::vec((any::<u64>(), 0u32..64), 0..200),
        ) {
            let members: Vec<u64> = members.iter().map(|&(hash, by)| hash >> by).collect();
            let filter = Filter::new(members.iter().copied());
            prop_assert!(members.iter().all(|&hash| filter.may_hold(hash)));
        }
    }

    #[test]
    fn the_filter_stops_most_others() {
        let filter = Filter::new((0..10_000).map(|i| finalise(i) >> (i % 8)));
        let passed = (20_000..120_000).filter(|&i| filter.may_hold(finalise(i))).count();
        assert!(passed < 5_000, "{passed} of 100,000");
    }

    #[test]
    fn samples_have_numbers_in_order_and_owners_if_single() {
        let document = |samples: &[u64]| DocumentFeatures {
            content_hash: 0,
            tokens: 1,
            shingles: 1,
            sketch: crate::sketch::CompactSketch::new([]),
            band_keys: [].into(),
            samples: samples.into(),
        };
        let features = [document(&[3, 50]), document(&[]), document(&[3, 1 << 63])];
        // Ranked from last to first.
        let table = SampleTable::new(&features, &[DocId(2), DocId(1), DocId(0)]);
        assert_eq!(table.len(), 3);
        let get = |hash| table.get(hash).map(|sample| (sample.number, sample.owner));
        assert_eq!(get(3), Some((0, SampleTable::SHARED)));
        assert_eq!(get(50), Some((1, 2)));
        assert_eq!(get(1 << 63), Some((2, 0)));
        assert_eq!(get(4), None);
        assert!([3, 50, 1 << 63].iter().all(|&hash| table.may_hold(hash)));
        let none = SampleTable::new(&features, &[]);
        assert!(none.len() == 0 && none.get(3).is_none());
    }
}
