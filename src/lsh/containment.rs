//! Candidates for containment: short documents inside long ones.
//!
//! Idea: every document is represented by the [`SAMPLES`] smallest of its shingle hashes, a
//! uniform sample of its shingle set. All documents' shingles then stream past a filter that knows
//! all samples; what passes is sorted by hash beside the samples themselves, which yields for each
//! sample the list of documents that hold it. If a document holds a share `c` of another's
//! shingles, it holds each sample with probability `c`; with as many hits as such a document has
//! in `recall` of all cases it becomes a candidate. So many hits leave few misses, therefore only
//! the shortest lists of each document need be read (prefix filtering), and phrases that everyone
//! uses cost nothing.
//!
//! What is guaranteed: a pair at containment `c` becomes a candidate with the wanted probability
//! (at the defaults, 5 hits of 8: 0.995 at 0.9, always at 1) if one of the lists read holds at
//! most [`WHOLE_LIST`] documents. In longer lists, where the document has dozens of possible
//! containers, each is linked to the largest document and to its next two larger ones, so the
//! work stays linear. A document lighter than one shingle is its own only shingle and is
//! contained in nothing but equals.
//!
//! A corpus and a reference are searched for each other one way at a time: the samples of the one
//! in the documents of the other. There a sample that few documents have is looked up in all that
//! hold it, however many those are.
//!
//! Cost: some 3 ns a shingle for the stream; in memory 8 bytes a document and 2 to 4 a sample; 12
//! bytes a sample and a shingle that passes in sorters, 4 bytes a document of a list.
//!
//! Source: prefix filtering after Chaudhuri, Ganti, Kaushik, *A Primitive Operator for Similarity
//! Joins*, ICDE 2006; samples by smallest hash after Broder 1997.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::documents::store::{Pair, Store, TokenScratch, Tokens, TokensAt};
use crate::documents::{DocumentFeatures, TokenLookup};
use crate::error::Result;
use crate::lsh::buckets::{Candidates, Found};
use crate::lsh::filter::Filter;
use crate::lsh::lists::{Hit, Holding, Holdings, Reader};
use crate::pairing::{FEW, Pairing};
use crate::shingle::for_each_document_shingle;
use crate::spill::{Portion, Sorted, Sorter, into_inner};
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
///
/// # Errors
/// None: everything is in memory.
pub fn candidates(
    features: &[DocumentFeatures],
    documents: &[DocId],
    tokens: TokenLookup<'_>,
    config: &DocumentConfig,
) -> Result<Candidates> {
    search(&Store::of(features)?, Pairing::Everything, documents, &TokensAt(tokens), config)?
        .collect()
}

/// The same among `documents` of a store.
pub(crate) fn search(
    store: &Store,
    pairing: Pairing,
    documents: &[DocId],
    tokens: &dyn Tokens,
    config: &DocumentConfig,
) -> Result<Found> {
    let order = BySize::new(store, documents);
    let pairs = Mutex::new(store.work().sorter::<Pair>("contained", 15).unique());
    let takes_part = |document: u32| order.ranks[document as usize] != BySize::NONE;
    let look = |way: Way<'_>| way.look(store, &order, tokens, config, &pairs);
    let thinned = match pairing.parts(documents, |id| id.0) {
        None => look(Way { is_part: &takes_part, wholes: documents, few: 0 })?,
        Some((reference, corpus)) => {
            let refers = |document| takes_part(document) && pairing.is_reference(document);
            let is_new = |document| takes_part(document) && !pairing.is_reference(document);
            look(Way { is_part: &refers, wholes: corpus, few: FEW })?
                + look(Way { is_part: &is_new, wholes: reference, few: FEW })?
        }
    };
    Ok(Found { pairs: into_inner(pairs).finish(false)?, thinned })
}

/// Which documents are looked for in which others.
#[derive(Clone, Copy)]
struct Way<'d> {
    /// Whether the samples of a document are looked up.
    is_part: &'d (dyn Fn(u32) -> bool + Sync),
    /// What they are looked up in.
    wholes: &'d [DocId],
    /// A sample that at most so many documents have is looked up in all that hold it.
    few: usize,
}

impl Way<'_> {
    /// Adds the pairs; counts the documents for which a list was too long to be read whole.
    fn look(
        self,
        store: &Store,
        order: &BySize,
        tokens: &dyn Tokens,
        config: &DocumentConfig,
        pairs: &Mutex<Sorter<Pair>>,
    ) -> Result<u64> {
        let hits = self.hits(store, order, tokens, config.shingle_size)?;
        let holdings = Holdings::new(store, &order.ranks, self.is_part, &hits, self.few)?;
        drop(hits);
        let needed = needed_hits(config.containment, config.recall);
        let ranges = holdings.split(4 * rayon::current_num_threads());
        let counts = ranges.into_par_iter().map(|range| {
            let mut pairs = Portion::new(pairs);
            let (mut own, mut found, mut thinned) = (Vec::new(), Containers::default(), 0u64);
            let mut reader = holdings.reader();
            let mut cursor = holdings.range(range)?;
            while cursor.group(&mut own, |holding| holding.rank)? {
                let document = order.by_size[own[0].rank as usize];
                let samples = usize::from(store.sample_counts[document.index()]);
                let needed = needed[samples.min(SAMPLES)] as usize;
                thinned += u64::from(found.search(&own, samples, needed, &mut reader)?);
                for &container in &found.ranks {
                    pairs.push(Pair::of(document, order.by_size[container as usize]))?;
                }
            }
            pairs.flush()?;
            Ok(thinned)
        });
        counts.try_reduce(|| 0, |a, b| Ok(a + b))
    }

    /// Streams the shingles of the wholes past a filter of all samples of parts. Hits of a hash
    /// that is no sample are among what passes.
    fn hits(
        self,
        store: &Store,
        order: &BySize,
        tokens: &dyn Tokens,
        shingle_size: u32,
    ) -> Result<Sorted<Hit>> {
        let filter = Filter::of_samples(&store.samples, self.is_part)?;
        let all: Mutex<Sorter<Hit>> = Mutex::new(store.work().sorter("hits", 20));
        self.wholes.par_chunks(PORTION).try_for_each_init(
            || (TokenScratch::default(), Vec::new()),
            |(scratch, hashes), documents| {
                let mut found = Portion::new(&all);
                for &id in documents {
                    passing(tokens.read(id, scratch)?, shingle_size, &filter, hashes);
                    let rank = order.ranks[id.index()];
                    hashes.iter().try_for_each(|&hash| found.push(Hit { hash, rank }))?;
                }
                found.flush()
            },
        )?;
        into_inner(all).finish(false)
    }
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
struct BySize {
    by_size: Vec<DocId>,
    /// Rank by id; [`BySize::NONE`] for documents that take no part.
    ranks: Vec<u32>,
}

impl BySize {
    const NONE: u32 = u32::MAX;

    fn new(store: &Store, documents: &[DocId]) -> Self {
        let mut by_size = documents.to_vec();
        by_size.par_sort_unstable_by_key(|&id| (store.briefs[id.index()].shingles, id));
        let mut ranks = vec![Self::NONE; store.len()];
        for (rank, id) in (0..).zip(&by_size) {
            ranks[id.index()] = rank;
        }
        Self { by_size, ranks }
    }
}

/// The different shingles of a document that a filter lets pass.
fn passing(tokens: &[TokenHash], shingle_size: u32, filter: &Filter, hashes: &mut Vec<u64>) {
    // A sieve over one buffer, each hash written always and counted if passed. Without branches
    // and in a loop this short, the loads that miss the cache wait side by side.
    hashes.clear();
    hashes.reserve(tokens.len());
    for_each_document_shingle(tokens, shingle_size, |hash, _, _| hashes.push(hash));
    let mut kept = 0;
    let all = &mut hashes[..];
    for i in 0..all.len() {
        let hash = all[i];
        all[kept] = hash;
        kept += usize::from(filter.may_hold(hash));
    }
    hashes.truncate(kept);
    // A document that repeats itself counts once.
    hashes.sort_unstable();
    hashes.dedup();
}

/// Who may contain a document.
#[derive(Default)]
struct Containers {
    ranks: Vec<u32>,
    /// How many samples each of them holds.
    held: Vec<u8>,
    list: Vec<u32>,
}

impl Containers {
    /// Finds the documents that may contain the one whose samples are in the lists of `own`,
    /// shortest first; of its `samples` the others are held by nobody else. Whether a list was too
    /// long to be read whole.
    fn search(
        &mut self,
        own: &[Holding],
        samples: usize,
        needed: usize,
        reader: &mut Reader<'_>,
    ) -> Result<bool> {
        let Self { ranks, held, list: all } = self;
        ranks.clear();
        // Whoever holds `needed` of the samples misses too few to miss all of these.
        let read = (samples + 1).saturating_sub(needed).min(samples);
        let read = &own[..read.saturating_sub(samples - own.len()).min(own.len())];
        let thinned = read.iter().any(|list| list.is_whole == 0);
        if own.len() < needed {
            return Ok(thinned);
        }
        let rank = own[0].rank;
        for list in read {
            if list.is_whole > 0 {
                reader.whole(list, ranks)?;
            } else {
                let larger = reader.count_to(list, rank)?;
                for at in [larger, larger + 1, list.length - 1] {
                    if at < list.length {
                        ranks.push(reader.get(list, at)?);
                    }
                }
            }
        }
        ranks.sort_unstable();
        ranks.dedup();
        ranks.retain(|&other| other != rank);
        held.clear();
        held.resize(ranks.len(), 0);
        for list in own {
            if list.is_whole > 0 {
                all.clear();
                reader.whole(list, all)?;
                count_common(ranks, all, held);
            } else {
                for (&other, held) in ranks.iter().zip(&mut *held) {
                    *held += u8::from(reader.holds(list, other)?);
                }
            }
        }
        let mut held = held.iter();
        ranks.retain(|_| held.next().is_some_and(|&held| usize::from(held) >= needed));
        Ok(thinned)
    }
}

/// Adds one for each of `some` that is among `all`; both are in order.
fn count_common(some: &[u32], mut all: &[u32], counts: &mut [u8]) {
    for (one, count) in some.iter().zip(counts) {
        all = &all[all.partition_point(|other| other < one)..];
        *count += u8::from(all.first() == Some(one));
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
        candidates(&features, &documents, &|id| &texts[id.index()], config).expect("in memory")
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

    #[test]
    fn what_is_found_does_not_depend_on_the_budget() {
        // Parts of a long text, parts with a start that all share, and a text that nobody holds.
        let shared: Vec<u64> = (0..60).collect();
        let texts: Vec<Vec<TokenHash>> = (0..300u64)
            .map(|i| {
                let from = 1000 + 40 * (i % 90);
                words(shared.iter().copied().filter(|_| i % 3 == 0).chain(from..from + 30 + i))
            })
            .chain([words(1000..9000), words(90_000..90_100)])
            .collect();
        let config = DocumentConfig::default();
        let expected = search(&texts, &config);
        assert!(expected.thinned > 0 && expected.pairs.len() > 300);
        let mut maker = FeatureMaker::new(&config).expect("a valid configuration");
        let documents: Vec<DocId> = (0..texts.len() as u32).map(DocId).collect();
        for memory in [0, 20_000] {
            let work = crate::spill::Work::tiny(memory, 200, 3);
            let mut builder = crate::documents::store::StoreBuilder::new(&work, 256);
            let mut tokens = crate::documents::store::TokenRows::new(&work);
            for text in &texts {
                builder.add(&maker.features(text)).expect("room");
                tokens.add(&crate::documents::store::TokenRow::of(text)).expect("room");
            }
            tokens.seal(false).expect("room");
            let store = builder.finish(false).expect("room");
            let everything = Pairing::Everything;
            let found =
                super::search(&store, everything, &documents, &tokens, &config).expect("room");
            assert_eq!(found.collect().expect("whole"), expected, "{memory} bytes");
        }
    }
}
