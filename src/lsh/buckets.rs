//! Buckets: the documents that share a band's key, and the candidates they make.
//!
//! Idea: one band at a time, drop the keys that occur once (two bits a slot tell), sort the rest
//! and read the runs. A small bucket pairs all of its members. A large one (a template, thousands
//! of near-copies) gives each member three partners: the bucket's lowest id, around which the
//! cluster will form, and its two neighbours in sketch order, where close relatives stand side by
//! side; so candidates stay linear in the documents.
//!
//! Cost: some 30 ns a key; 16 bytes a document and thread of scratch beside the keys themselves,
//! 8 bytes a candidate.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::document::DocId;
use crate::documents::DocumentFeatures;

/// Largest bucket that pairs every member with every other.
pub(crate) const WHOLE_BUCKET: usize = 64;

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
    let thinned = AtomicU64::new(0);
    let batch = rayon::current_num_threads().max(1);
    let mut pairs = Vec::new();
    for first in (0..bands).step_by(batch) {
        // As many bands at a time as there are threads: memory holds one batch of scratch.
        let found: Vec<Vec<(DocId, DocId)>> = (first..bands.min(first + batch))
            .into_par_iter()
            .map(|band| {
                let mut found = Vec::new();
                let keys = recurring_keys(features, documents, band);
                for bucket in keys.chunk_by(|a, b| a.0 == b.0).filter(|bucket| bucket.len() > 1) {
                    if bucket.len() > WHOLE_BUCKET {
                        thinned.fetch_add(1, Ordering::Relaxed);
                    }
                    pair_up(bucket, &order, &mut found);
                }
                found.sort_unstable();
                found.dedup();
                found
            })
            .collect();
        for more in found {
            pairs = union(pairs, more);
        }
    }
    Candidates { pairs, thinned: thinned.into_inner() }
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

/// Pairs of one bucket, whose members are in order of id.
fn pair_up(bucket: &[(u64, DocId)], order: &SketchOrder<'_>, pairs: &mut Vec<(DocId, DocId)>) {
    if bucket.len() <= WHOLE_BUCKET {
        for (i, &(_, a)) in bucket.iter().enumerate() {
            pairs.extend(bucket[i + 1..].iter().map(|&(_, b)| (a, b)));
        }
        return;
    }
    let lowest = bucket[0].1;
    pairs.extend(bucket[1..].iter().map(|&(_, id)| (lowest, id)));
    let ranks = order.ranks();
    let mut members: Vec<(u32, DocId)> =
        bucket.iter().map(|&(_, id)| (ranks[id.index()], id)).collect();
    members.sort_unstable();
    for distance in [1, 2] {
        let neighbours = members.iter().zip(&members[distance..]);
        pairs.extend(neighbours.map(|(&(_, a), &(_, b))| (a.min(b), a.max(b))));
    }
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
