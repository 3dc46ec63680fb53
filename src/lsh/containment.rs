//! Candidates for containment: short documents inside long ones.
//!
//! Idea: every document is represented by the [`SAMPLES`] smallest of its shingle hashes, a
//! uniform sample of its shingle set. All documents' shingles then stream past a table of these
//! samples, which yields for each sample the list of documents that hold it. If a document holds
//! a share `c` of another's shingles, it holds each sample with probability `c`; with as many
//! hits as such a document has in `recall` of all cases it becomes a candidate. So many hits
//! leave few misses, therefore only the shortest lists of each document need be read
//! (prefix filtering), and phrases that everyone uses cost nothing.
//!
//! What is guaranteed: a pair at containment `c` becomes a candidate with the wanted probability
//! (at the defaults, 5 hits of 8: 0.995 at 0.9, always at 1) if one of the lists read holds at
//! most [`WHOLE_LIST`] documents. In longer lists, where the document has dozens of possible
//! containers, each is linked to the largest document and to its next two larger ones, so the
//! work stays linear. A document lighter than one shingle is its own only shingle and is
//! contained in nothing but equals.
//!
//! Cost: some 3 ns a shingle for the stream, 16 bytes a sample, 8 bytes a hit.
//!
//! Source: prefix filtering after Chaudhuri, Ganti, Kaushik, *A Primitive Operator for Similarity
//! Joins*, ICDE 2006; samples by smallest hash after Broder 1997.

use rayon::prelude::*;

use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::documents::{DocumentFeatures, TokenLookup};
use crate::lsh::Candidates;
use crate::shingle::for_each_document_shingle;

/// Shingles that represent a document.
pub const SAMPLES: usize = 8;

/// Longest list of documents that is read whole.
pub const WHOLE_LIST: usize = 64;

/// The pairs among `documents` (ascending ids into `features`) of which one may hold at least
/// the configured share of the other's shingles.
///
/// The result depends on the documents alone, not on the number of threads.
pub fn candidates(
    features: &[DocumentFeatures],
    documents: &[DocId],
    tokens: TokenLookup<'_>,
    config: &DocumentConfig,
) -> Candidates {
    let by_size = by_size(features, documents);
    let table = SampleTable::new(features, &by_size);
    let lists = Lists::new(&table, &by_size, tokens, config.shingle_size);
    let needed = needed_hits(config.containment, config.recall);
    let (mut pairs, thinned) = (0..by_size.len() as u32)
        .into_par_iter()
        .map_init(Vec::new, |scratch, rank| {
            let samples = &features[by_size[rank as usize].index()].samples;
            lists.containers(rank, samples, &table, &needed, scratch)
        })
        .fold(
            || (Vec::new(), 0),
            |(mut pairs, thinned), (containers, thin)| {
                pairs.extend(containers.into_iter().map(|(contained, container)| {
                    let (a, b) = (by_size[contained as usize], by_size[container as usize]);
                    (a.min(b), a.max(b))
                }));
                (pairs, thinned + u64::from(thin))
            },
        )
        .reduce(
            || (Vec::new(), 0),
            |(mut pairs, thinned), (more, thin)| {
                pairs.extend(more);
                (pairs, thinned + thin)
            },
        );
    pairs.par_sort_unstable();
    pairs.dedup();
    Candidates { pairs, thinned }
}

/// By number of samples: the hits that a document at containment `c` reaches with probability
/// `recall`.
pub(crate) fn needed_hits(c: f64, recall: f64) -> [u32; SAMPLES + 1] {
    let mut needed = [0; SAMPLES + 1];
    for (samples, needed) in needed.iter_mut().enumerate().skip(1) {
        // Fewer shingles than samples: the samples are the whole set and nothing is left to
        // chance. The margin keeps 0.9 × 10 from becoming 10.
        *needed = if samples < SAMPLES {
            (c * samples as f64 - 1e-9).ceil() as u32
        } else {
            let mut tail = 0.0;
            (1..=samples as u32)
                .rev()
                .find(|&hits| {
                    tail += binomial(samples as u32, hits, c);
                    tail >= recall
                })
                .unwrap_or(1)
        }
        .max(1);
    }
    needed
}

/// Probability of `hits` among `n` at probability `p` each.
fn binomial(n: u32, hits: u32, p: f64) -> f64 {
    let ways = (0..hits).fold(1.0, |ways, i| ways * f64::from(n - i) / f64::from(i + 1));
    ways * p.powi(hits as i32) * (1.0 - p).powi((n - hits) as i32)
}

/// Documents by number of shingles, then id. From here on a document is its rank in this order.
fn by_size(features: &[DocumentFeatures], documents: &[DocId]) -> Vec<DocId> {
    let mut order = documents.to_vec();
    order.par_sort_unstable_by_key(|&id| (features[id.index()].shingles, id));
    order
}

/// All samples, each with a number; finds the number by the hash.
struct SampleTable {
    /// Different samples, sorted; the position is the number.
    samples: Vec<u64>,
    /// The only document with this sample among its own, or [`SampleTable::SHARED`].
    owners: Vec<u32>,
    /// One bit a hash: most shingles of most documents are no sample and end here.
    filter: Vec<u64>,
    /// Numbers by hash, open addressing; [`SampleTable::FREE`] where none is.
    slots: Vec<u32>,
}

impl SampleTable {
    const SHARED: u32 = u32::MAX;
    const FREE: u32 = u32::MAX;

    fn new(features: &[DocumentFeatures], by_size: &[DocId]) -> Self {
        let mut all: Vec<(u64, u32)> = (0..)
            .zip(by_size)
            .flat_map(|(rank, id)| {
                features[id.index()].samples.iter().map(move |&hash| (hash, rank))
            })
            .collect();
        all.par_sort_unstable();
        let (mut samples, mut owners) = (Vec::new(), Vec::new());
        for group in all.chunk_by(|a, b| a.0 == b.0) {
            samples.push(group[0].0);
            owners.push(if group.len() == 1 { group[0].1 } else { Self::SHARED });
        }
        let mut filter = vec![0; (samples.len() / 4).next_power_of_two().max(1)];
        let mut slots = vec![Self::FREE; (2 * samples.len()).next_power_of_two().max(2)];
        for (number, &hash) in (0..).zip(&samples) {
            let (word, bit) = Self::filter_place(&filter, hash);
            filter[word] |= bit;
            // Samples are small: their low bits are as good as new, their high bits are not.
            let mut slot = hash as usize & (slots.len() - 1);
            while slots[slot] != Self::FREE {
                slot = (slot + 1) & (slots.len() - 1);
            }
            slots[slot] = number;
        }
        Self { samples, owners, filter, slots }
    }

    #[inline(always)]
    fn filter_place(filter: &[u64], hash: u64) -> (usize, u64) {
        ((hash >> 6) as usize & (filter.len() - 1), 1 << (hash & 63))
    }

    #[inline(always)]
    fn may_hold(&self, hash: u64) -> bool {
        let (word, bit) = Self::filter_place(&self.filter, hash);
        self.filter[word] & bit != 0
    }

    /// The number of a sample.
    fn number(&self, hash: u64) -> Option<u32> {
        let mut slot = hash as usize & (self.slots.len() - 1);
        loop {
            let number = self.slots[slot];
            if number == Self::FREE {
                return None;
            }
            if self.samples[number as usize] == hash {
                return Some(number);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// For each sample the documents that hold it, by rank.
struct Lists {
    starts: Vec<usize>,
    ranks: Vec<u32>,
}

impl Lists {
    fn new(
        table: &SampleTable,
        by_size: &[DocId],
        tokens: TokenLookup<'_>,
        shingle_size: u32,
    ) -> Self {
        let mut hits: Vec<u64> = by_size
            .par_iter()
            .enumerate()
            .fold(Vec::new, |mut hits, (rank, &id)| {
                let first = hits.len();
                for_each_document_shingle(tokens(id), shingle_size, |hash, _, _| {
                    if table.may_hold(hash)
                        && let Some(number) = table.number(hash)
                        && table.owners[number as usize] != rank as u32
                    {
                        hits.push(u64::from(number) << 32 | rank as u64);
                    }
                });
                // A document that repeats itself counts once.
                hits[first..].sort_unstable();
                dedup_from(&mut hits, first);
                hits
            })
            .reduce(Vec::new, |mut hits, more| {
                hits.extend(more);
                hits
            });
        hits.par_sort_unstable();
        let mut starts = vec![0usize; table.samples.len() + 1];
        for &hit in &hits {
            starts[(hit >> 32) as usize + 1] += 1;
        }
        for number in 1..starts.len() {
            starts[number] += starts[number - 1];
        }
        Self { starts, ranks: hits.into_iter().map(|hit| hit as u32).collect() }
    }

    /// Documents that hold a sample, in order of size; only its owner does not count if no other
    /// document has it as a sample.
    fn list(&self, number: u32) -> &[u32] {
        let number = number as usize;
        &self.ranks[self.starts[number]..self.starts[number + 1]]
    }

    /// Pairs of a document and those that may contain it, and whether a list was too long to be
    /// read whole.
    fn containers(
        &self,
        rank: u32,
        samples: &[u64],
        table: &SampleTable,
        needed: &[u32; SAMPLES + 1],
        scratch: &mut Vec<u32>,
    ) -> (Vec<(u32, u32)>, bool) {
        let mut lists: Vec<&[u32]> = samples
            .iter()
            .filter_map(|&hash| table.number(hash))
            .map(|number| self.list(number))
            .collect();
        lists.sort_by_key(|list| list.len());
        let needed = needed[lists.len()] as usize;
        // Whoever holds `needed` of the samples misses too few to miss all of these.
        let read = (lists.len() + 1).saturating_sub(needed).min(lists.len());
        let mut thinned = false;
        scratch.clear();
        for list in &lists[..read] {
            if list.len() <= WHOLE_LIST {
                scratch.extend_from_slice(list);
            } else {
                thinned = true;
                let larger = list.partition_point(|&other| other <= rank);
                scratch.extend(list[larger..].iter().take(2));
                scratch.extend(list.last());
            }
        }
        scratch.sort_unstable();
        scratch.dedup();
        let holds_enough = |other: &u32| {
            *other != rank
                && lists.iter().filter(|list| list.binary_search(other).is_ok()).count() >= needed
        };
        let containers = scratch
            .iter()
            .filter(|other| holds_enough(other))
            .map(|&other| (rank, other))
            .collect();
        (containers, thinned)
    }
}

/// Removes repetitions from position `first` on.
fn dedup_from(hits: &mut Vec<u64>, first: usize) {
    let mut kept = first;
    for next in first..hits.len() {
        if kept == first || hits[next] != hits[kept - 1] {
            hits[kept] = hits[next];
            kept += 1;
        }
    }
    hits.truncate(kept);
}
