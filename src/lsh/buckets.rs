//! Buckets: the documents that share a band's key, and the candidates they make.
//!
//! Idea: one band at a time, drop the keys that occur once (two bits a slot tell), sort the rest
//! and read the runs. A small bucket pairs all of its members. In a large one (a template,
//! thousands of near-copies) each member proposes three partners: the bucket's lowest id, around
//! which the cluster will form, and the next two in sketch order, where close relatives stand side
//! by side. Of all its proposals a document keeps [`PARTNERS`], those of the smallest buckets, for
//! they are the most specific; so candidates stay linear in the documents.
//!
//! Cost: some 30 ns a key; 16 bytes a document and thread of scratch beside the keys themselves,
//! 8 bytes a candidate.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::document::DocId;
use crate::documents::DocumentFeatures;

/// Largest bucket that pairs every member with every other.
pub(crate) const WHOLE_BUCKET: usize = 64;

/// Candidates that a document keeps from large buckets.
const PARTNERS: usize = 6;

/// Pairs to verify.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Different pairs, lower id first, in order.
    pub pairs: Vec<(DocId, DocId)>,
    /// Buckets too large to pair every member with every other.
    pub thinned: u64,
}

/// The candidates among `documents` (ascending ids into `features`) by their band keys.
///
/// The result depends on the documents alone, not on the number of threads.
pub fn candidates(features: &[DocumentFeatures], documents: &[DocId]) -> Candidates {
    let bands = documents.first().map_or(0, |&id| features[id.index()].band_keys.len());
    let order = SketchOrder::new(features, documents);
    let found = (0..bands)
        .into_par_iter()
        .map(|band| {
            let keys = recurring_keys(features, documents, band);
            let mut found = Found::default();
            for bucket in keys.chunk_by(|a, b| a.0 == b.0).filter(|bucket| bucket.len() > 1) {
                found.add(bucket, &order);
            }
            found.sorted()
        })
        .reduce(Found::default, Found::merge);
    let mut kept: Vec<(DocId, DocId)> = found
        .proposals
        .into_iter()
        .map(|proposal| {
            let (a, b) = (proposal.by, proposal.partner);
            (a.min(b), a.max(b))
        })
        .collect();
    kept.par_sort_unstable();
    kept.dedup();
    Candidates { pairs: union(found.pairs, kept), thinned: found.thinned }
}

/// What some of the bands yield, sorted.
#[derive(Default)]
struct Found {
    pairs: Vec<(DocId, DocId)>,
    proposals: Vec<Proposal>,
    thinned: u64,
}

/// A partner that a document would like from a large bucket; ordered by document, then
/// preference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Proposal {
    by: DocId,
    bucket: u32,
    partner: DocId,
}

impl Found {
    /// Pairs of one bucket, whose members are in order of id.
    fn add(&mut self, bucket: &[(u64, DocId)], order: &SketchOrder<'_>) {
        if bucket.len() <= WHOLE_BUCKET {
            for (i, &(_, a)) in bucket.iter().enumerate() {
                self.pairs.extend(bucket[i + 1..].iter().map(|&(_, b)| (a, b)));
            }
            return;
        }
        self.thinned += 1;
        let mut propose = |by, partner| {
            self.proposals.push(Proposal { by, bucket: bucket.len() as u32, partner });
        };
        let lowest = bucket[0].1;
        bucket[1..].iter().for_each(|&(_, id)| propose(id, lowest));
        let ranks = order.ranks();
        let mut members: Vec<(u32, DocId)> =
            bucket.iter().map(|&(_, id)| (ranks[id.index()], id)).collect();
        members.sort_unstable();
        for distance in [1, 2] {
            members.iter().zip(&members[distance..]).for_each(|(&(_, a), &(_, b))| propose(a, b));
        }
    }

    fn sorted(mut self) -> Self {
        self.pairs.sort_unstable();
        self.pairs.dedup();
        self.proposals.sort_unstable();
        self
    }

    fn merge(self, other: Self) -> Self {
        let mut proposals = union(self.proposals, other.proposals);
        keep_best(&mut proposals);
        let pairs = union(self.pairs, other.pairs);
        Self { pairs, proposals, thinned: self.thinned + other.thinned }
    }
}

/// Keeps each document's first [`PARTNERS`] different partners. What is kept of a whole is kept of
/// its parts, so the order of merging does not matter.
fn keep_best(proposals: &mut Vec<Proposal>) {
    let mut kept = 0;
    let mut first = 0;
    for next in 0..proposals.len() {
        let proposal = proposals[next];
        if kept == first || proposals[first].by != proposal.by {
            first = kept;
        }
        let own = &proposals[first..kept];
        if own.len() < PARTNERS && own.iter().all(|other| other.partner != proposal.partner) {
            proposals[kept] = proposal;
            kept += 1;
        }
    }
    proposals.truncate(kept);
}

/// Keys of one band with their documents, sorted, without most of those that occur only once.
fn recurring_keys(
    features: &[DocumentFeatures],
    documents: &[DocId],
    band: usize,
) -> Vec<(u64, DocId)> {
    let key = |id: DocId| features[id.index()].band_keys[band];
    // Eight slots a document: seven of eight single keys meet nobody in theirs.
    let slots = (8 * documents.len()).next_power_of_two().max(64);
    let place = |key: u64| (key as usize & (slots - 1), key as usize & 63);
    let mut once = vec![0u64; slots / 64];
    let mut again = vec![0u64; slots / 64];
    for &id in documents {
        let (slot, bit) = place(key(id));
        again[slot / 64] |= once[slot / 64] & (1 << bit);
        once[slot / 64] |= 1 << bit;
    }
    let mut keys: Vec<(u64, DocId)> = documents
        .iter()
        .map(|&id| (key(id), id))
        .filter(|&(key, _)| {
            let (slot, bit) = place(key);
            again[slot / 64] >> bit & 1 == 1
        })
        .collect();
    keys.sort_unstable();
    keys
}

/// Both sorted lists as one, without repetitions.
pub(crate) fn union<T: Copy + Ord>(ours: Vec<T>, theirs: Vec<T>) -> Vec<T> {
    if ours.is_empty() || theirs.is_empty() {
        return if ours.is_empty() { theirs } else { ours };
    }
    let mut all = Vec::with_capacity(ours.len() + theirs.len());
    let (mut ours, mut theirs) = (ours.into_iter().peekable(), theirs.into_iter().peekable());
    while let (Some(&a), Some(&b)) = (ours.peek(), theirs.peek()) {
        all.push(a.min(b));
        ours.next_if_eq(&a.min(b));
        theirs.next_if_eq(&a.min(b));
    }
    all.extend(ours);
    all.extend(theirs);
    all
}

/// Documents in lexicographic order of their sketches; made when the first large bucket asks.
struct SketchOrder<'a> {
    features: &'a [DocumentFeatures],
    documents: &'a [DocId],
    ranks: OnceLock<Vec<u32>>,
}

impl<'a> SketchOrder<'a> {
    const fn new(features: &'a [DocumentFeatures], documents: &'a [DocId]) -> Self {
        Self { features, documents, ranks: OnceLock::new() }
    }

    /// Rank by id; ids that take no part have none.
    fn ranks(&self) -> &[u32] {
        self.ranks.get_or_init(|| {
            let mut order = self.documents.to_vec();
            // Not in parallel: other threads may wait for this cell inside the same pool.
            order.sort_unstable_by(|a, b| {
                let sketch = |id: &DocId| &self.features[id.index()].sketch;
                sketch(a).cmp(sketch(b)).then(a.cmp(b))
            });
            let mut ranks = vec![0; self.features.len()];
            for (rank, id) in (0..).zip(order) {
                ranks[id.index()] = rank;
            }
            ranks
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::sketch::CompactSketch;

    fn document(band_keys: &[u64]) -> DocumentFeatures {
        DocumentFeatures {
            content_hash: 0,
            tokens: 1,
            shingles: 1,
            sketch: CompactSketch::new(band_keys.iter().map(|&key| key as u16).collect::<Vec<_>>()),
            band_keys: band_keys.into(),
            samples: [].into(),
        }
    }

    fn ids(len: usize) -> Vec<DocId> {
        (0..len as u32).map(DocId).collect()
    }

    proptest! {
        #[test]
        fn small_buckets_pair_everyone(
            keys in prop::collection::vec(prop::collection::vec(0u64..40, 3), 0..60),
            absent in 0u32..60,
        ) {
            let features: Vec<_> = keys.iter().map(|keys| document(keys)).collect();
            let mut documents = ids(features.len());
            documents.retain(|id| id.0 != absent);
            let mut expected = BTreeSet::new();
            for (i, &a) in documents.iter().enumerate() {
                for &b in &documents[i + 1..] {
                    let (ours, theirs) = (&keys[a.index()], &keys[b.index()]);
                    if ours.iter().zip(theirs).any(|(x, y)| x == y) {
                        expected.insert((a, b));
                    }
                }
            }
            let found = candidates(&features, &documents);
            prop_assert_eq!(found.pairs, expected.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(found.thinned, 0);
        }

        #[test]
        fn union_of_sorted_lists(
            ours in prop::collection::btree_set(0u32..50, 0..30),
            theirs in prop::collection::btree_set(0u32..50, 0..30),
        ) {
            let expected: Vec<u32> = ours.union(&theirs).copied().collect();
            prop_assert_eq!(union(ours.into_iter().collect(), theirs.into_iter().collect()), expected);
        }
    }

    #[test]
    fn large_buckets_stay_linear_and_connected() {
        let len = 5000;
        let features: Vec<_> =
            (0..len as u64).map(|i| document(&[7, i.wrapping_mul(0x9e37) % 5003])).collect();
        let found = candidates(&features, &ids(len));
        assert_eq!(found.thinned, 1);
        assert!(found.pairs.len() <= 3 * len);
        assert!(
            (1..len as u32).all(|id| found.pairs.binary_search(&(DocId(0), DocId(id))).is_ok())
        );
        let partners = |id: u32| found.pairs.iter().filter(|(a, b)| a.0 == id || b.0 == id).count();
        assert!((100..200).all(|id| partners(id) >= 3));
    }

    #[test]
    fn proposals_of_small_buckets_come_first() {
        // All documents share two keys; the first hundred share a third besides.
        let len = 400;
        let features: Vec<_> = (0..len as u64)
            .map(|i| document(&[7, 8, if i < 100 { 9 } else { 1000 + i }]))
            .collect();
        let found = candidates(&features, &ids(len));
        assert_eq!(found.thinned, 3);
        assert!(found.pairs.len() <= PARTNERS * len);
        // Sketches put the hundred side by side, and each finds its next in its own bucket.
        let next = |id: u32| (DocId(id), DocId(id + 1));
        assert!((0..99).all(|id| found.pairs.binary_search(&next(id)).is_ok()));
    }

    proptest! {
        #[test]
        fn merging_keeps_what_the_whole_keeps(
            proposals in prop::collection::vec((0u32..3, 65u32..80, 0u32..12), 0..80),
            cut in 0usize..80,
        ) {
            let sorted = |part: &[(u32, u32, u32)]| {
                let mut proposals: Vec<Proposal> = part
                    .iter()
                    .map(|&(by, bucket, partner)| {
                        Proposal { by: DocId(by), bucket, partner: DocId(partner) }
                    })
                    .collect();
                proposals.sort_unstable();
                Found { proposals, ..Found::default() }
            };
            let (left, right) = proposals.split_at(cut.min(proposals.len()));
            let merged = sorted(left).merge(Found::default()).merge(sorted(right));
            // By definition: each partner at its smallest bucket, the best six of each document.
            let mut best = std::collections::BTreeMap::new();
            for &(by, bucket, partner) in &proposals {
                let smallest = best.entry((by, partner)).or_insert(bucket);
                *smallest = bucket.min(*smallest);
            }
            let mut expected = Vec::new();
            for document in 0..3 {
                let mut own: Vec<(u32, u32, u32)> = best
                    .iter()
                    .filter(|((by, _), _)| *by == document)
                    .map(|(&(by, partner), &bucket)| (by, bucket, partner))
                    .collect();
                own.sort_unstable();
                expected.extend(own.into_iter().take(PARTNERS));
            }
            let kept: Vec<_> =
                merged.proposals.iter().map(|p| (p.by.0, p.bucket, p.partner.0)).collect();
            prop_assert_eq!(kept, expected);
        }
    }

    #[test]
    fn a_bucket_of_64_is_small_and_of_65_is_large() {
        let features: Vec<_> = (0..65).map(|_| document(&[1])).collect();
        let whole = candidates(&features, &ids(64));
        assert_eq!((whole.pairs.len(), whole.thinned), (64 * 63 / 2, 0));
        let thinned = candidates(&features, &ids(65));
        assert!(thinned.pairs.len() < 3 * 65);
        assert_eq!(thinned.thinned, 1);
    }
}
