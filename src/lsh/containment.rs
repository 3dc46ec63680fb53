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
use crate::lsh::samples::SampleTable;
use crate::shingle::for_each_document_shingle;
use crate::text::TokenHash;

/// Shingles that represent a document.
pub const SAMPLES: usize = 8;

/// Longest list of documents that is read whole.
pub const WHOLE_LIST: usize = 64;

/// Documents whose shingles are looked up by one thread in a row.
const PORTION: usize = 256;

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
    ways * p.powf(hits.into()) * (1.0 - p).powf((n - hits).into())
}

/// Documents by number of shingles, then id. From here on a document is its rank in this order.
fn by_size(features: &[DocumentFeatures], documents: &[DocId]) -> Vec<DocId> {
    let mut order = documents.to_vec();
    order.par_sort_unstable_by_key(|&id| (features[id.index()].shingles, id));
    order
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
        // By rank within and across the portions, so that each list comes out in order.
        let portions: Vec<Vec<u64>> = by_size
            .par_chunks(PORTION)
            .enumerate()
            .map_init(Hits::default, |hits, (portion, ids)| {
                hits.found.clear();
                for (&id, rank) in ids.iter().zip((portion * PORTION) as u32..) {
                    hits.add(rank, tokens(id), shingle_size, table);
                }
                hits.found.clone()
            })
            .collect();
        let number = |hit: u64| (hit >> 32) as usize;
        let mut starts = vec![0usize; table.len() + 1];
        portions.iter().flatten().for_each(|&hit| starts[number(hit) + 1] += 1);
        for number in 1..starts.len() {
            starts[number] += starts[number - 1];
        }
        let mut next = starts.clone();
        let mut ranks = vec![0; starts.last().copied().unwrap_or_default()];
        for hit in portions.into_iter().flatten() {
            let place = &mut next[number(hit)];
            ranks[*place] = hit as u32;
            *place += 1;
        }
        Self { starts, ranks }
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
            .filter_map(|&hash| table.get(hash))
            .map(|sample| self.list(sample.number))
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

/// Keeps the hashes that pass, in order.
#[inline]
fn sieve(hashes: &mut Vec<u64>, passes: impl Fn(u64) -> bool) {
    let mut kept = 0;
    let all = &mut hashes[..];
    for i in 0..all.len() {
        let hash = all[i];
        all[kept] = hash;
        kept += usize::from(passes(hash));
    }
    hashes.truncate(kept);
}

/// Which documents hold which samples, as they are found.
#[derive(Default)]
struct Hits {
    /// Number of the sample in the upper half, rank of the document in the lower.
    found: Vec<u64>,
    /// Shingles of one document.
    hashes: Vec<u64>,
}

impl Hits {
    fn add(&mut self, rank: u32, tokens: &[TokenHash], shingle_size: u32, table: &SampleTable) {
        // Two sieves over one buffer, each hash written always and counted if passed. Without branches
        // and in loops this short, the loads that miss the cache wait side by side.
        self.hashes.clear();
        self.hashes.reserve(tokens.len());
        for_each_document_shingle(tokens, shingle_size, |hash, _, _| self.hashes.push(hash));
        sieve(&mut self.hashes, |hash| table.may_hold(hash));
        sieve(&mut self.hashes, |hash| !table.starts_free(hash));
        let first = self.found.len();
        let samples = self.hashes.iter().filter_map(|&hash| table.get(hash));
        let shared = samples.filter(|sample| sample.owner != rank);
        self.found.extend(shared.map(|sample| u64::from(sample.number) << 32 | u64::from(rank)));
        // A document that repeats itself counts once.
        let own = &mut self.found[first..];
        own.sort_unstable();
        let mut different = 0;
        for next in 0..own.len() {
            if different == 0 || own[next] != own[different - 1] {
                own[different] = own[next];
                different += 1;
            }
        }
        self.found.truncate(first + different);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::FeatureMaker;
    use crate::hash::finalise;

    fn words(ids: impl IntoIterator<Item = u64>) -> Vec<TokenHash> {
        ids.into_iter().map(|id| TokenHash(finalise(id) as u32 & !1)).collect()
    }

    fn search(texts: &[Vec<TokenHash>], config: &DocumentConfig) -> Candidates {
        let mut maker = FeatureMaker::new(config).expect("a valid configuration");
        let features: Vec<_> = texts.iter().map(|text| maker.features(text)).collect();
        let documents: Vec<DocId> = (0..texts.len() as u32).map(DocId).collect();
        candidates(&features, &documents, &|id| &texts[id.index()], config)
    }

    #[test]
    fn hits_follow_the_binomial_law() {
        let needed = needed_hits(0.9, 0.99);
        assert_eq!(needed[8], 5);
        // All shingles of a tiny document are samples: nine of ten of them must be there.
        assert_eq!(needed[1..8], [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(needed_hits(1.0, 0.99)[8], 8);
        assert_eq!(needed_hits(0.5, 0.99)[8], 1);
        assert_eq!(needed_hits(0.5, 0.99)[1..8], [1, 1, 2, 2, 3, 3, 4]);
        let total: f64 = (0..=8).map(|hits| binomial(8, hits, 0.3)).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn whole_parts_of_any_size_are_found() {
        let mut texts = vec![words(0..20_000)];
        // Parts of 5 words (one shingle) to 3,000, and as many texts that are no parts.
        let sizes: Vec<u64> = (5..40).chain([64, 100, 500, 3000]).collect();
        for (i, &size) in (0..).zip(&sizes) {
            texts.push(words(i * 300..i * 300 + size));
            texts.push(words(1_000_000 + i * 5000..1_000_000 + i * 5000 + size));
        }
        let found = search(&texts, &DocumentConfig::default());
        let expected: Vec<(DocId, DocId)> =
            (0..sizes.len() as u32).map(|i| (DocId(0), DocId(2 * i + 1))).collect();
        let others = found.pairs.iter().filter(|(a, _)| *a != DocId(0)).count();
        // Parts may overlap or contain one another; nothing else is proposed.
        assert!(expected.iter().all(|pair| found.pairs.binary_search(pair).is_ok()));
        assert_eq!(found.pairs.len() - others, expected.len());
        assert!(found.pairs.iter().all(|(a, b)| (a.0 == 0 || a.0 % 2 == 1) && b.0 % 2 == 1));
    }

    #[test]
    fn parts_with_edits_are_found_at_the_promised_rate() {
        // Every fiftieth word is replaced: 176 of 196 shingles are left, hardly less than 0.9.
        let mut texts = vec![words(0..100_000)];
        let parts = 400;
        for part in 0..parts {
            let from = part * 240;
            texts.push(words(
                (from..from + 200).map(|id| if id % 50 == 20 { id + 10_000_000 } else { id }),
            ));
        }
        let found = search(&texts, &DocumentConfig::default());
        let found = found.pairs.iter().filter(|(a, _)| *a == DocId(0)).count();
        assert!(found as f64 >= 0.985 * parts as f64, "{found} of {parts}");
    }

    #[test]
    fn a_text_that_all_share_stays_linear() {
        let texts: Vec<Vec<TokenHash>> = (0..2000u64)
            .map(|i| words((0..300).chain(10_000 * (i + 1)..10_000 * (i + 1) + 5 + i % 30)))
            .collect();
        let found = search(&texts, &DocumentConfig::default());
        assert!(found.thinned > 0);
        assert!(found.pairs.len() < 20 * texts.len(), "{} pairs", found.pairs.len());
        // Everyone contains nearly all of everyone: each still gets a partner.
        let paired: std::collections::BTreeSet<u32> =
            found.pairs.iter().flat_map(|(a, b)| [a.0, b.0]).collect();
        assert!(paired.len() as f64 > 0.98 * texts.len() as f64, "{}", paired.len());
    }

    #[test]
    fn repetitions_count_once() {
        let repeated = words((0..30_000).map(|i| i % 40));
        let texts = [repeated, words(0..30), words(100..130)];
        let found = search(&texts, &DocumentConfig::default());
        assert_eq!(found.pairs, [(DocId(0), DocId(1))]);
    }
}
