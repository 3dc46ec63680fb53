//! Buckets: the documents that share a band's key, and the candidates they make.
//!
//! Idea: sort all bands' keys and read the runs of equal ones. A small bucket pairs all of its
//! members. In a large one (a template, thousands of near-copies) each member proposes three
//! partners: the bucket's lowest id, around which the cluster will form, and the next two in
//! sketch order, where close relatives stand side by side. Of all its proposals a document keeps
//! [`PARTNERS`], those of the smallest buckets, for they are the most specific; so candidates stay
//! linear in the documents. Where a corpus is compared with a reference, partners are those of the
//! other side: its lowest id, and the next one to either side in sketch order.
//!
//! Cost: some 40 ns a key; 12 bytes a key in the sorter and 8 bytes a pair and bucket; where there
//! are large buckets 136 bytes a document besides, once.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::document::DocId;
use crate::documents::DocumentFeatures;
use crate::documents::store::{BandKey, FeatureScratch, Pair, Store};
use crate::error::Result;
use crate::pairing::{Pairing, nearest_across};
use crate::spill::{Fields, Portion, Sorted, into_inner, record};

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

/// The candidates among `documents` (ids into `features`) by their band keys.
///
/// The result depends on the documents alone, not on the number of threads.
///
/// # Errors
/// None: everything is in memory.
pub fn candidates(features: &[DocumentFeatures], documents: &[DocId]) -> Result<Candidates> {
    let mut takes_part = vec![false; features.len()];
    for id in documents {
        takes_part[id.index()] = true;
    }
    search(&Store::of(features)?, Pairing::Everything, &|id| takes_part[id as usize])?.collect()
}

/// Candidates as they lie in a sorter.
pub(crate) struct Found {
    pub(crate) pairs: Sorted<Pair>,
    pub(crate) thinned: u64,
}

impl Found {
    /// No candidates.
    pub(crate) fn none(store: &Store) -> Result<Self> {
        Ok(Self { pairs: store.work().sorter("none", 0).finish(false)?, thinned: 0 })
    }

    /// The same in memory.
    pub(crate) fn collect(&self) -> Result<Candidates> {
        let mut pairs = Vec::new();
        let mut cursor = self.pairs.all()?;
        while let Some(Pair { a, b }) = cursor.next()? {
            pairs.push((DocId(a), DocId(b)));
        }
        Ok(Candidates { pairs, thinned: self.thinned })
    }
}

/// The candidates among those documents of a store that take part.
pub(crate) fn search(
    store: &Store,
    pairing: Pairing,
    takes_part: &(dyn Fn(u32) -> bool + Sync),
) -> Result<Found> {
    let work = store.work();
    let pairs = Mutex::new(work.sorter::<Pair>("near", 15).unique());
    let large = Mutex::new(work.sorter::<BandKey>("large", 8));
    let ranges = store.bands.split(4 * rayon::current_num_threads());
    let counts = ranges.into_par_iter().map(|range| {
        let (mut pairs, mut large) = (Portion::new(&pairs), Portion::new(&large));
        let (mut thinned, mut bucket) = (0u64, Vec::new());
        let mut keys = store.bands.range(range)?;
        while keys.group(&mut bucket, |band| band.key)? {
            if bucket.len() > 1 {
                bucket.retain(|band| takes_part(band.document));
                // Should keys of two bands ever be equal, nobody is paired with itself.
                bucket.dedup();
            }
            if is_small(&bucket, pairing) {
                for (i, one) in bucket.iter().enumerate() {
                    let others = match pairing.parts(&bucket, |band| band.document) {
                        None => &bucket[i + 1..],
                        Some((reference, corpus)) if i < reference.len() => corpus,
                        Some(_) => break,
                    };
                    for other in others {
                        pairs.push(Pair { a: one.document, b: other.document })?;
                    }
                }
            } else {
                thinned += 1;
                large.extend(&bucket)?;
            }
        }
        pairs.flush()?;
        large.flush()?;
        Ok(thinned)
    });
    let thinned = counts.try_reduce(|| 0, |a, b| Ok(a + b))?;
    if thinned > 0 {
        let large = into_inner(large).finish(false)?;
        propose(store, &large, pairing, takes_part, &pairs)?;
    }
    Ok(Found { pairs: into_inner(pairs).finish(false)?, thinned })
}

/// Whether all pairs of a bucket that are compared stay few, or linear in its members.
fn is_small(bucket: &[BandKey], pairing: Pairing) -> bool {
    let parts = pairing.parts(bucket, |band| band.document);
    bucket.len() <= WHOLE_BUCKET
        || parts
            .is_some_and(|(reference, corpus)| Pairing::is_linear(reference.len(), corpus.len()))
}

record! {
    /// A partner that a document would like from a large bucket; in order of document, then
    /// preference.
    Proposal { by: u32, bucket: u32, partner: u32 }
    key(proposal) = u64::from(proposal.by)
}

/// Pairs from large buckets.
fn propose(
    store: &Store,
    large: &Sorted<BandKey>,
    pairing: Pairing,
    takes_part: &(dyn Fn(u32) -> bool + Sync),
    pairs: &Mutex<crate::spill::Sorter<Pair>>,
) -> Result<()> {
    let ranks = sketch_order(store, takes_part)?;
    let proposals = Mutex::new(store.work().sorter::<Proposal>("proposals", 8).unique());
    let ranges = large.split(4 * rayon::current_num_threads());
    ranges.into_par_iter().try_for_each(|range| {
        let mut proposals = Portion::new(&proposals);
        let (mut bucket, mut members) = (Vec::new(), Vec::new());
        let mut keys = large.range(range)?;
        while keys.group(&mut bucket, |band| band.key)? {
            members.clear();
            members
                .extend(bucket.iter().map(|band| (ranks[band.document as usize], band.document)));
            members.sort_unstable();
            let size = bucket.len() as u32;
            let propose = |(by, partner)| proposals.push(Proposal { by, bucket: size, partner });
            match pairing.parts(&bucket, |band| band.document) {
                None => wanted_within(&bucket, &members).try_for_each(propose)?,
                Some(parts) => {
                    wanted_across(parts, &members, pairing).into_iter().try_for_each(propose)?;
                }
            }
        }
        proposals.flush()
    })?;
    let proposals = into_inner(proposals).finish(false)?;
    let (mut own, mut pairs) = (Vec::new(), Portion::new(pairs));
    let mut cursor = proposals.all()?;
    while cursor.group(&mut own, |proposal| proposal.by)? {
        keep_best(&mut own);
        for proposal in &own {
            pairs.push(Pair::of(DocId(proposal.by), DocId(proposal.partner)))?;
        }
    }
    pairs.flush()
}

/// The partners that each member of a large bucket would like; `members` are those of the bucket
/// in sketch order.
fn wanted_within<'b>(
    bucket: &'b [BandKey],
    members: &'b [(u32, u32)],
) -> impl Iterator<Item = (u32, u32)> + 'b {
    let lowest = bucket[0].document;
    let next = [1, 2].into_iter().flat_map(|distance| {
        let pairs = members.iter().zip(&members[distance..]);
        pairs.map(|(&(_, by), &(_, partner))| (by, partner))
    });
    bucket[1..].iter().map(move |member| (member.document, lowest)).chain(next)
}

/// The same where the bucket has a reference and a corpus.
fn wanted_across(
    (reference, corpus): (&[BandKey], &[BandKey]),
    members: &[(u32, u32)],
    pairing: Pairing,
) -> Vec<(u32, u32)> {
    let mut wanted = Vec::new();
    for (own, other) in [(reference, corpus), (corpus, reference)] {
        wanted.extend(own.iter().map(|member| (member.document, other[0].document)));
    }
    let side: Vec<bool> = members.iter().map(|&(_, id)| pairing.is_reference(id)).collect();
    nearest_across(&side, |at, other| wanted.push((members[at].1, members[other].1)));
    wanted
}

/// Keeps the first [`PARTNERS`] different partners among a document's proposals, which are in
/// order of preference.
fn keep_best(proposals: &mut Vec<Proposal>) {
    let mut kept = 0;
    for next in 0..proposals.len() {
        let proposal = proposals[next];
        let own = &proposals[..kept];
        if kept < PARTNERS && own.iter().all(|other| other.partner != proposal.partner) {
            proposals[kept] = proposal;
            kept += 1;
        }
    }
    proposals.truncate(kept);
}

/// Words of 64 bits that begin a sketch.
const START: usize = 16;

record! {
    /// The first 64 registers of a sketch, which decide its place among others.
    SketchStart { registers: [u64; START], document: u32 }
    key(start) = start.registers[0]
}

impl Fields for [u64; START] {
    const SIZE: usize = 8 * START;

    fn put<'b>(&self, bytes: &'b mut [u8]) -> &'b mut [u8] {
        self.iter().fold(bytes, |bytes, word| word.put(bytes))
    }

    fn get(bytes: &mut &[u8]) -> Self {
        std::array::from_fn(|_| Fields::get(bytes))
    }
}

/// Rank by id of those that take part, in the order of the beginnings of their sketches.
fn sketch_order(store: &Store, takes_part: &dyn Fn(u32) -> bool) -> Result<Vec<u32>> {
    let mut starts = store.work().sorter("sketches", 15);
    let mut scratch = FeatureScratch::default();
    for document in (0..store.len() as u32).filter(|&document| takes_part(document)) {
        let registers = store.sketch(DocId(document), &mut scratch, |sketch| {
            let mut words = [0; START];
            for (word, four) in words.iter_mut().zip(sketch.chunks(8)) {
                let registers =
                    four.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]]));
                *word = registers.fold(0, |word, register| word << 16 | u64::from(register));
            }
            words
        })?;
        starts.push(SketchStart { registers, document })?;
    }
    let starts = starts.finish(false)?;
    let mut ranks = vec![0; store.len()];
    let (mut cursor, mut rank) = (starts.all()?, 0);
    while let Some(start) = cursor.next()? {
        ranks[start.document as usize] = rank;
        rank += 1;
    }
    Ok(ranks)
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
            band_keys: (0..).zip(band_keys).map(|(band, key)| band << 32 | key).collect(),
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
            let found = candidates(&features, &documents).expect("in memory");
            prop_assert_eq!(found.pairs, expected.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(found.thinned, 0);
        }
    }

    #[test]
    fn large_buckets_stay_linear_and_connected() {
        let len = 5000;
        let features: Vec<_> =
            (0..len as u64).map(|i| document(&[7, i.wrapping_mul(0x9e37) % 5003])).collect();
        let found = candidates(&features, &ids(len)).expect("in memory");
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
        let found = candidates(&features, &ids(len)).expect("in memory");
        assert_eq!(found.thinned, 3);
        assert!(found.pairs.len() <= PARTNERS * len);
        // Sketches put the hundred side by side, and each finds its next in its own bucket.
        let next = |id: u32| (DocId(id), DocId(id + 1));
        assert!((0..99).all(|id| found.pairs.binary_search(&next(id)).is_ok()));
    }

    proptest! {
        #[test]
        fn the_best_partners_are_those_of_the_smallest_buckets(
            proposals in prop::collection::vec((65u32..80, 0u32..12), 0..80),
        ) {
            let mut found: Vec<Proposal> = proposals
                .iter()
                .map(|&(bucket, partner)| Proposal { by: 1, bucket, partner })
                .collect();
            found.sort_unstable();
            keep_best(&mut found);
            // By definition: each partner at its smallest bucket, the best six.
            let mut best = std::collections::BTreeMap::new();
            for &(bucket, partner) in &proposals {
                let smallest = best.entry(partner).or_insert(bucket);
                *smallest = bucket.min(*smallest);
            }
            let mut expected: Vec<(u32, u32)> =
                best.into_iter().map(|(partner, bucket)| (bucket, partner)).collect();
            expected.sort_unstable();
            expected.truncate(PARTNERS);
            let kept: Vec<_> = found.iter().map(|p| (p.bucket, p.partner)).collect();
            prop_assert_eq!(kept, expected);
        }
    }

    #[test]
    fn what_is_found_does_not_depend_on_the_budget() {
        let features: Vec<_> = (0..700u64)
            .map(|i| document(&[i % 5, i / 3, i.wrapping_mul(0x9e37) % 97, i % 41]))
            .collect();
        let expected = candidates(&features, &ids(700)).expect("in memory");
        assert!(expected.thinned > 0);
        for memory in [0, 3000, 30_000] {
            let work = crate::spill::Work::tiny(memory, 100, 3);
            let mut builder = crate::documents::store::StoreBuilder::new(&work, 4);
            for features in &features {
                builder.add(features).expect("room");
            }
            let store = builder.finish(false).expect("room");
            let found = search(&store, Pairing::Everything, &|_| true).expect("room");
            let found = found.collect().expect("whole");
            assert_eq!(found, expected, "{memory} bytes");
            assert!(work.spilled() > 0);
        }
    }

    #[test]
    fn a_bucket_of_64_is_small_and_of_65_is_large() {
        let features: Vec<_> = (0..65).map(|_| document(&[1])).collect();
        let whole = candidates(&features, &ids(64)).expect("in memory");
        assert_eq!((whole.pairs.len(), whole.thinned), (64 * 63 / 2, 0));
        let thinned = candidates(&features, &ids(65)).expect("in memory");
        assert!(thinned.pairs.len() < 3 * 65);
        assert_eq!(thinned.thinned, 1);
    }
}
