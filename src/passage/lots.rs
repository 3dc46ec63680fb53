//! Lots: the anchors of a pass, thrown into parts that fit the processor's cache.
//!
//! Idea: some documents at a time, a thread throws their anchors into parts by their hash. A part is
//! then gathered from all lots and thrown into small buckets, in which equal anchors are side by
//! side. Both keep the order of documents and positions.
//!
//! Cost: two counting sorts, 16 bytes an anchor, and 4 bytes a part in each lot.

use rayon::prelude::*;

use super::Collection;
use super::anchor::{Winnowing, for_each_anchor};
use crate::spill::Recurring;
use crate::stop::checkpoint;
use crate::text::TokenIndex;

/// Documents whose anchors are sorted into parts together: at least so many, and so many more
/// that there are at most [`LOTS`].
const LOT_DOCUMENTS: usize = 512;
/// Every lot keeps the end of every part: more lots than this would cost the square of the input.
const LOTS: usize = 256;
/// Bits of a hash by which the anchors of a part are thrown into buckets: some sixteen for each.
const BUCKET_BITS: u32 = 12;

/// An anchor and where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) hash: u64,
    pub(super) document: u32,
    pub(super) position: u32,
}

/// Which anchors are handled together: those of a pass, in parts. By the lower half of the hash:
/// winnowing prefers hashes whose upper half is small.
#[derive(Clone, Copy)]
pub(super) struct Share {
    pub(super) pass: u64,
    pub(super) passes: u64,
    pub(super) parts: u64,
}

impl Share {
    /// The part that a hash belongs to, if it is in the pass.
    #[inline]
    fn part(self, hash: u64) -> Option<usize> {
        let part = ((hash & 0xffff_ffff) * (self.passes * self.parts)) >> 32;
        let part = part.wrapping_sub(self.pass * self.parts);
        (part < self.parts).then_some(part as usize)
    }

    /// The bucket of a hash within its part.
    #[inline]
    fn bucket(self, hash: u64) -> usize {
        let place = (hash & 0xffff_ffff) * (self.passes * self.parts);
        (place >> (32 - BUCKET_BITS)) as usize & ((1 << BUCKET_BITS) - 1)
    }
}

/// Anchors of some documents, by part.
pub(super) struct Lot {
    anchors: Box<[Anchor]>,
    /// Where each part ends.
    ends: Box<[u32]>,
}

impl Lot {
    fn new(anchors: &[Anchor], share: Share) -> Self {
        let part = |anchor: &Anchor| share.part(anchor.hash).unwrap_or_default();
        let mut sorted = Vec::new();
        let ends = throw(anchors.iter(), share.parts as usize, part, &mut sorted);
        Self { anchors: sorted.into(), ends: ends.into() }
    }

    fn part(&self, part: usize) -> &[Anchor] {
        let start = part.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.anchors[start as usize..self.ends[part] as usize]
    }
}

/// Throws anchors into buckets, which lie one after another in `thrown`, and keeps their order in
/// each; where each bucket ends.
fn throw<'a>(
    anchors: impl Iterator<Item = &'a Anchor> + Clone,
    buckets: usize,
    bucket: impl Fn(&Anchor) -> usize,
    thrown: &mut Vec<Anchor>,
) -> Vec<u32> {
    let mut ends = vec![0u32; buckets];
    for anchor in anchors.clone() {
        ends[bucket(anchor)] += 1;
    }
    let mut len = 0;
    for end in &mut ends {
        len += std::mem::replace(end, len);
    }
    thrown.clear();
    thrown.resize(len as usize, Anchor::default());
    for anchor in anchors {
        // What was the start of the bucket moves on to its end.
        let place = &mut ends[bucket(anchor)];
        thrown[*place as usize] = *anchor;
        *place += 1;
    }
    ends
}

/// Puts the anchors of a part into `anchors`, equal ones side by side, by document and position.
///
/// They come by document and position, and every step keeps that order.
pub(super) fn gather_part(lots: &[Lot], part: usize, share: Share, anchors: &mut Vec<Anchor>) {
    let in_part = lots.iter().flat_map(|lot| lot.part(part));
    let ends = throw(in_part, 1 << BUCKET_BITS, |anchor| share.bucket(anchor.hash), anchors);
    let mut rest = &mut anchors[..];
    let mut start = 0;
    for end in ends {
        let (bucket, later) = rest.split_at_mut((end - start) as usize);
        bucket.sort_by_key(|anchor| anchor.hash);
        (rest, start) = (later, end);
    }
}

/// The anchors of one pass, document by document and part by part.
pub(super) fn anchors_of_pass(
    collection: &Collection<'_>,
    indexes: &[TokenIndex],
    winnowing: Winnowing,
    share: Share,
    known: Option<&Recurring>,
) -> Vec<Lot> {
    let documents: Vec<usize> = (0..indexes.len()).collect();
    documents
        .par_chunks(documents.len().div_ceil(LOTS).max(LOT_DOCUMENTS))
        .map_init(Vec::new, |anchors: &mut Vec<Anchor>, documents| {
            anchors.clear();
            for &document in documents {
                checkpoint();
                if collection.copy_of[document] as usize != document {
                    continue;
                }
                for_each_anchor(indexes[document].hashes(), winnowing, |hash, position| {
                    let leads_on = known.is_none_or(|known| known.recurs(hash));
                    if leads_on && share.part(hash).is_some() {
                        anchors.push(Anchor { hash, document: document as u32, position });
                    }
                });
            }
            Lot::new(anchors, share)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parts_hold_all_anchors_equal_ones_together_and_in_order(
            places in prop::collection::vec((0u64..40, any::<bool>()), 0..400),
            cuts in prop::collection::vec(0usize..400, 0..5),
            passes in 1u64..4,
            parts in 1u64..6,
        ) {
            let anchors: Vec<Anchor> = places.iter().zip(0u32..).map(|(&(hash, wide), position)| {
                let hash = crate::hash::finalise(hash) & if wide { u64::MAX } else { 0xffff_fff0 };
                Anchor { hash, document: position / 7, position }
            }).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(anchors.len())).collect();
            cuts.extend([0, anchors.len()]);
            cuts.sort_unstable();
            let mut found = Vec::new();
            for pass in 0..passes {
                let share = Share { pass, passes, parts };
                let lot = |cut: &[usize]| {
                    let own = anchors[cut[0]..cut[1]].iter().copied();
                    let of_pass = own.filter(|anchor| share.part(anchor.hash).is_some());
                    Lot::new(&of_pass.collect::<Vec<_>>(), share)
                };
                let lots: Vec<Lot> = cuts.windows(2).map(lot).collect();
                let mut part_anchors = Vec::new();
                for part in 0..parts as usize {
                    gather_part(&lots, part, share, &mut part_anchors);
                    found.extend(part_anchors.chunk_by(|x, y| x.hash == y.hash).map(<[_]>::to_vec));
                }
            }
            found.sort_by_key(|group| group[0].hash);
            let mut expected = anchors;
            expected.sort_by_key(|anchor| (anchor.hash, anchor.position));
            let expected: Vec<Vec<Anchor>> =
                expected.chunk_by(|x, y| x.hash == y.hash).map(<[_]>::to_vec).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
