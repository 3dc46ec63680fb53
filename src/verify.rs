//! Verification: from candidates to matches with exact scores.
//!
//! Idea: the shingles of one document go into a table once; the shingles of all its candidates
//! stream past it. A stamp a slot keeps repeated shingles from counting twice. A pair that the
//! bands proposed is given up without that when its sketch estimate lies more than four standard
//! errors below the threshold; whatever is reported has been counted.
//!
//! The table belongs to the first document of a pair, or to the second where that is more than
//! twice as long: a hundred short documents inside a long one cost a hundred short streams.
//!
//! Cost: about 2 ns a shingle put into a table or streamed past one; per thread 32 to 64 bytes a
//! shingle of the longest document.

mod table;

use rayon::prelude::*;

use crate::cluster::star::Verdict;
use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::documents::store::{FeatureScratch, Pair, Store, TokenScratch, Tokens, TokensAt};
use crate::documents::{DocumentFeatures, TokenLookup};
use crate::error::Result;
use crate::lsh::containment::{SAMPLES, needed_hits};
use crate::report::model::{Match, MatchKind};
use crate::shingle::for_each_document_shingle;
use crate::sketch::estimate_error;
use crate::spill::{Sorted, Work, record};
use crate::text::TokenHash;
use crate::verify::table::{ShingleTable, Visit};

/// Candidates that one load of a table serves at most, so that threads share a large group.
const GROUP: usize = 256;

/// Pairs that are in memory while threads work on them.
const AHEAD: usize = 1 << 16;

/// Exact scores of two documents; of shingle sets, each counted once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Jaccard similarity, 0 to 1: shared shingles over all shingles.
    pub similarity: f64,
    /// Share of the first document's shingles that the second holds, 0 to 1.
    pub a_in_b: f64,
    /// Share of the second document's shingles that the first holds, 0 to 1.
    pub b_in_a: f64,
}

impl Scores {
    /// Scores of documents of the same tokens.
    pub const EQUAL: Self = Self { similarity: 1.0, a_in_b: 1.0, b_in_a: 1.0 };

    /// From the sizes of two sets and of their intersection. An empty set is contained in
    /// everything, and equal to the empty set.
    pub(crate) fn from_counts(a: u32, b: u32, common: u32) -> Self {
        let share =
            |whole: u32| if whole == 0 { 1.0 } else { f64::from(common) / f64::from(whole) };
        Self { similarity: share(a + b - common), a_in_b: share(a), b_in_a: share(b) }
    }

    /// The same scores with the documents exchanged.
    #[must_use]
    pub const fn swapped(self) -> Self {
        Self { similarity: self.similarity, a_in_b: self.b_in_a, b_in_a: self.a_in_b }
    }
}

/// Exact scores of two documents' shingles of `shingle_size` words (1 to 64).
///
/// ```
/// use doublet::text::TokenHash;
/// use doublet::verify::exact_scores;
/// let words = |range: std::ops::Range<u32>| -> Vec<TokenHash> {
///     range.map(|i| TokenHash(2 * i)).collect()
/// };
/// // 96 shingles and 46; the second is part of the first.
/// let scores = exact_scores(&words(0..100), &words(20..70), 5);
/// assert_eq!((scores.similarity, scores.a_in_b, scores.b_in_a), (46.0 / 96.0, 46.0 / 96.0, 1.0));
/// ```
pub fn exact_scores(a: &[TokenHash], b: &[TokenHash], shingle_size: u32) -> Scores {
    let mut scorer = Scorer::new(shingle_size);
    scorer.load(a);
    scorer.score(b)
}

/// What counts as a match.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatchRule {
    /// Lowest Jaccard similarity.
    pub threshold: f64,
    /// Lowest containment, of either in the other.
    pub containment: f64,
}

impl MatchRule {
    /// The rule that a configuration asks for.
    pub const fn from_config(config: &DocumentConfig) -> Self {
        Self { threshold: config.threshold, containment: config.containment }
    }

    /// Why two documents of different tokens with these scores match, if they do.
    pub fn kind(&self, scores: &Scores) -> Option<MatchKind> {
        if scores.similarity >= self.threshold {
            Some(MatchKind::Near)
        } else if scores.a_in_b.max(scores.b_in_a) >= self.containment {
            Some(MatchKind::Contained)
        } else {
            None
        }
    }

    /// Whether a representative takes the second of two documents, itself being the first.
    pub fn takes(&self, scores: &Scores) -> bool {
        scores.similarity >= self.threshold || scores.b_in_a >= self.containment
    }
}

/// Outcome of a verification.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verified {
    /// Matches by first id, then second.
    pub matches: Vec<Match>,
    /// Candidates that are none.
    pub rejected: u64,
}

/// Verifies candidates: `near` from [`crate::lsh::candidates`], `contained` from
/// [`crate::lsh::containment::candidates`], in any order.
///
/// The result does not depend on the number of threads.
///
/// # Errors
/// None: everything is in memory.
pub fn verify(
    features: &[DocumentFeatures],
    tokens: TokenLookup<'_>,
    near: &[(DocId, DocId)],
    contained: &[(DocId, DocId)],
    config: &DocumentConfig,
) -> Result<Verified> {
    let work = Work::in_memory();
    let sorted = |pairs: &[(DocId, DocId)]| {
        let mut sorter = work.sorter("pairs", 50).unique();
        pairs.iter().try_for_each(|&(a, b)| sorter.push(Pair::of(a, b)))?;
        sorter.finish(false)
    };
    let (near, contained) = (sorted(near)?, sorted(contained)?);
    let found = verify_pairs(&Store::of(features)?, &TokensAt(tokens), &near, &contained, config)?;
    Ok(Verified {
        matches: found.collect(&MatchRule::from_config(config))?,
        rejected: found.rejected,
    })
}

record! {
    /// A verified pair, the lower id first: different shingles of each and of both.
    Counted { a: u32, b: u32, a_shingles: u32, b_shingles: u32, common: u32 }
    key(counted) = u64::from(counted.a) << 32 | u64::from(counted.b)
}

impl Counted {
    /// The scores of (a, b).
    pub(crate) fn scores(&self) -> Scores {
        Scores::from_counts(self.a_shingles, self.b_shingles, self.common)
    }
}

/// Matches as they lie in a sorter.
pub(crate) struct Matches {
    pub(crate) counted: Sorted<Counted>,
    pub(crate) rejected: u64,
}

impl Matches {
    /// The same in memory.
    pub(crate) fn collect(&self, rule: &MatchRule) -> Result<Vec<Match>> {
        let mut matches = Vec::new();
        let mut cursor = self.counted.all()?;
        while let Some(counted) = cursor.next()? {
            let scores = counted.scores();
            let kind = rule.kind(&scores).unwrap_or(MatchKind::Near);
            matches.push(oriented(DocId(counted.a), DocId(counted.b), kind, scores));
        }
        Ok(matches)
    }
}

/// Verifies candidates of a store.
///
/// Pairs are sorted by the document whose table serves them, so that tokens are read once for
/// each table and otherwise in order.
pub(crate) fn verify_pairs(
    store: &Store,
    tokens: &dyn Tokens,
    near: &Sorted<Pair>,
    contained: &Sorted<Pair>,
    config: &DocumentConfig,
) -> Result<Matches> {
    let work = store.work();
    let (owned, candidates) = hopeful(store, near, contained, config)?;
    let rule = MatchRule::from_config(config);
    let mut matches = work.sorter("matches", 15);
    let (mut cursor, mut group) = (owned.all()?, Vec::new());
    let (mut pairs, mut ends) = (Vec::new(), Vec::new());
    let mut count = 0;
    loop {
        let more = cursor.group(&mut group, |pair| pair.owner)?;
        if !more || pairs.len() + group.len() > AHEAD {
            let found = count_groups(&pairs, &ends, tokens, config.shingle_size, &rule)?;
            count += found.len() as u64;
            matches.extend(&found)?;
            pairs.clear();
            ends.clear();
        }
        if !more {
            break;
        }
        for part in group.chunks(GROUP) {
            pairs.extend_from_slice(part);
            ends.push(pairs.len());
        }
    }
    Ok(Matches { counted: matches.finish(false)?, rejected: candidates - count })
}

record! {
    /// A pair to count: the document whose shingles go into the table, and the one that streams.
    Owned { owner: u32, other: u32 }
    key(pair) = u64::from(pair.owner)
}

/// The candidates that an estimate does not settle, and how many there were.
fn hopeful(
    store: &Store,
    near: &Sorted<Pair>,
    contained: &Sorted<Pair>,
    config: &DocumentConfig,
) -> Result<(Sorted<Owned>, u64)> {
    let floor = similarity_floor(config);
    let shingles = |id: u32| u64::from(store.briefs[id as usize].shingles);
    let owned = |Pair { a, b }: Pair| {
        if shingles(b) > 2 * shingles(a) {
            Owned { owner: b, other: a }
        } else {
            Owned { owner: a, other: b }
        }
    };
    let mut all = store.work().sorter("owned", 15);
    let (mut near, mut contained) = (near.all()?, contained.all()?);
    let (mut one, mut other) = (near.next()?, contained.next()?);
    let (mut candidates, mut portion) = (0, Vec::new());
    loop {
        // The lower of both streams' next pairs; whether containment proposed it.
        let next = match (one, other) {
            (Some(a), Some(b)) => Some((a.min(b), b <= a)),
            (Some(a), None) => Some((a, false)),
            (None, Some(b)) => Some((b, true)),
            (None, None) => None,
        };
        if next.is_none() || portion.len() == AHEAD {
            let kept: Vec<Option<Owned>> = portion
                .par_iter()
                .with_min_len(64)
                .map_init(FeatureScratch::default, |scratch, &(pair, is_certain): &(Pair, bool)| {
                    let estimate = |scratch| store.estimate(DocId(pair.a), DocId(pair.b), scratch);
                    let stays = is_certain || estimate(scratch)? >= floor;
                    Ok(stays.then(|| owned(pair)))
                })
                .collect::<Result<_>>()?;
            kept.into_iter().flatten().try_for_each(|pair| all.push(pair))?;
            portion.clear();
        }
        let Some((pair, is_certain)) = next else { break };
        candidates += 1;
        portion.push((pair, is_certain));
        if one == Some(pair) {
            one = near.next()?;
        }
        if other == Some(pair) {
            other = contained.next()?;
        }
    }
    Ok((all.finish(false)?, candidates))
}

/// Counts pairs in groups of one owner, which end at `ends`; those that match.
fn count_groups(
    pairs: &[Owned],
    ends: &[usize],
    tokens: &dyn Tokens,
    shingle_size: u32,
    rule: &MatchRule,
) -> Result<Vec<Counted>> {
    let count = |(scorer, scratch): &mut (Scorer, TokenScratch), number: usize| {
        let start = number.checked_sub(1).map_or(0, |before| ends[before]);
        let group = &pairs[start..ends[number]];
        let owner = group[0].owner;
        scorer.load(tokens.read(DocId(owner), scratch)?);
        let mut found = Vec::new();
        for pair in group {
            let (ours, theirs, common) = scorer.count(tokens.read(DocId(pair.other), scratch)?);
            if rule.kind(&Scores::from_counts(ours, theirs, common)).is_some() {
                let (a, b, a_shingles, b_shingles) = if owner < pair.other {
                    (owner, pair.other, ours, theirs)
                } else {
                    (pair.other, owner, theirs, ours)
                };
                found.push(Counted { a, b, a_shingles, b_shingles, common });
            }
        }
        Ok(found)
    };
    let found: Vec<Vec<Counted>> = (0..ends.len())
        .into_par_iter()
        .map_init(|| (Scorer::new(shingle_size), TokenScratch::default()), count)
        .collect::<Result<_>>()?;
    Ok(found.concat())
}

/// A match with the lower id first; `scores` are those of `x` and `y` in this order.
pub(crate) fn oriented(x: DocId, y: DocId, kind: MatchKind, scores: Scores) -> Match {
    let (a, b, scores) = if x <= y { (x, y, scores) } else { (y, x, scores.swapped()) };
    Match {
        a,
        b,
        kind,
        similarity: scores.similarity,
        a_in_b: scores.a_in_b,
        b_in_a: scores.b_in_a,
    }
}

/// The sketch estimate below which a pair at the threshold lies once in 30,000 pairs.
fn similarity_floor(config: &DocumentConfig) -> f64 {
    config.threshold - 4.0 * estimate_error(config.threshold, config.sketch_size)
}

/// Scores documents against one, after the fact: pairs that were no candidates.
pub(crate) struct Comparison<'s> {
    store: &'s Store,
    tokens: &'s dyn Tokens,
    rule: MatchRule,
    floor: f64,
    needed: [u32; SAMPLES + 1],
    scorer: Scorer,
    loaded: Option<DocId>,
    scratch: TokenScratch,
    features: FeatureScratch,
}

impl<'s> Comparison<'s> {
    pub(crate) fn new(store: &'s Store, tokens: &'s dyn Tokens, config: &DocumentConfig) -> Self {
        Self {
            store,
            tokens,
            rule: MatchRule::from_config(config),
            floor: similarity_floor(config),
            needed: needed_hits(config.containment, config.recall),
            scorer: Scorer::new(config.shingle_size),
            loaded: None,
            scratch: TokenScratch::default(),
            features: FeatureScratch::default(),
        }
    }

    /// Exact scores of `a` and `b`.
    pub(crate) fn scores(&mut self, a: DocId, b: DocId) -> Result<Scores> {
        self.load(a)?;
        let (ours, theirs, common) = self.scorer.count(self.tokens.read(b, &mut self.scratch)?);
        Ok(Scores::from_counts(ours, theirs, common))
    }

    /// Whether `b` is similar to `a` or contained in it. Sketches, then samples settle most pairs
    /// that are neither.
    pub(crate) fn judge(&mut self, a: DocId, b: DocId) -> Result<Verdict> {
        if self.store.estimate(a, b, &mut self.features)? < self.floor {
            self.load(a)?;
            let (mut hits, mut samples) = (0, 0);
            let table = &self.scorer.table;
            self.store.each_sample(b, &mut self.features, |sample| {
                samples += 1;
                hits += u32::from(table.holds(sample));
            })?;
            if hits < self.needed[samples] {
                return Ok(Verdict::Unlike);
            }
        }
        let scores = self.scores(a, b)?;
        let takes = self.rule.takes(&scores);
        Ok(if takes { Verdict::Member(scores) } else { Verdict::Stranger })
    }

    fn load(&mut self, id: DocId) -> Result<()> {
        if self.loaded != Some(id) {
            self.scorer.load(self.tokens.read(id, &mut self.scratch)?);
            self.loaded = Some(id);
        }
        Ok(())
    }
}

/// A loaded document and the scratch to score others against it.
#[derive(Debug)]
struct Scorer {
    shingle_size: u32,
    table: ShingleTable,
    /// Shingles of the streamed document that the loaded one lacks.
    missed: ShingleTable,
}

impl Scorer {
    fn new(shingle_size: u32) -> Self {
        Self { shingle_size, table: ShingleTable::default(), missed: ShingleTable::default() }
    }

    fn load(&mut self, tokens: &[TokenHash]) {
        self.table.clear(tokens.len());
        for_each_document_shingle(tokens, self.shingle_size, |hash, _, _| self.table.insert(hash));
    }

    /// Different shingles of the loaded document, of this one, and of both.
    fn count(&mut self, tokens: &[TokenHash]) -> (u32, u32, u32) {
        self.table.begin_visits();
        self.missed.clear(tokens.len());
        let mut common = 0;
        for_each_document_shingle(tokens, self.shingle_size, |hash, _, _| {
            match self.table.visit(hash) {
                Visit::First => common += 1,
                Visit::Again => {}
                Visit::Absent => self.missed.insert(hash),
            }
        });
        (self.table.len(), common + self.missed.len(), common)
    }

    fn score(&mut self, tokens: &[TokenHash]) -> Scores {
        let (ours, theirs, common) = self.count(tokens);
        Scores::from_counts(ours, theirs, common)
    }
}

#[cfg(test)]
mod tests {
    // Scores are quotients of the same whole numbers.
    #![allow(clippy::float_cmp)]

    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::documents::FeatureMaker;
    use crate::hash::finalise;

    fn words(ids: impl IntoIterator<Item = u64>) -> Vec<TokenHash> {
        ids.into_iter().map(|id| TokenHash(finalise(id) as u32 & !1)).collect()
    }

    fn naive(a: &[TokenHash], b: &[TokenHash], size: u32) -> Scores {
        let set = |tokens: &[TokenHash]| {
            let mut set = BTreeSet::new();
            for_each_document_shingle(tokens, size, |hash, _, _| {
                set.insert(hash);
            });
            set
        };
        let (a, b) = (set(a), set(b));
        let common = a.intersection(&b).count() as f64;
        let over = |whole: usize| if whole == 0 { 1.0 } else { common / whole as f64 };
        Scores {
            similarity: over(a.union(&b).count()),
            a_in_b: over(a.len()),
            b_in_a: over(b.len()),
        }
    }

    proptest! {
        #[test]
        fn scores_equal_the_naive_ones(
            texts in prop::collection::vec(prop::collection::vec(0u64..5, 0..120), 1..6),
            size in 1u32..=6,
        ) {
            // Few different words: shingles repeat within and between documents.
            let texts: Vec<_> = texts.into_iter().map(words).collect();
            let mut scorer = Scorer::new(size);
            for a in &texts {
                scorer.load(a);
                for b in &texts {
                    prop_assert_eq!(scorer.score(b), naive(a, b, size));
                }
            }
        }
    }

    #[test]
    fn tables_grow_with_different_shingles_only() {
        let long = words(0..40_000);
        let repeated = words((0..2_000_000).map(|i| i % 12));
        let mut scorer = Scorer::new(5);
        scorer.load(&repeated);
        assert_eq!(scorer.score(&long), naive(&repeated, &long, 5));
        assert_eq!(scorer.table.len(), 12);
        scorer.load(&long);
        assert_eq!(scorer.score(&repeated), naive(&long, &repeated, 5));
        assert_eq!(scorer.score(&long[10_000..]), naive(&long, &long[10_000..], 5));
        scorer.load(&long[..100]);
        assert_eq!(scorer.score(&long[50..150]), naive(&long[..100], &long[50..150], 5));
    }

    #[test]
    fn matches_are_exact_and_rejections_are_counted() {
        let texts =
            [words(0..1000), words(50..1000), words(5000..6000), words(0..100), words(500..1500)];
        let config = DocumentConfig::default();
        let mut maker = FeatureMaker::new(&config).expect("valid");
        let features: Vec<_> = texts.iter().map(|text| maker.features(text)).collect();
        let all: Vec<(DocId, DocId)> =
            (0..5).flat_map(|a| (a + 1..5).map(move |b| (DocId(a), DocId(b)))).collect();
        let lookup = |id: DocId| &texts[id.index()][..];
        let verified =
            verify(&features, &lookup, &all, &[(DocId(0), DocId(3))], &config).expect("in memory");
        let kinds: Vec<_> = verified.matches.iter().map(|m| (m.a.0, m.b.0, m.kind)).collect();
        assert_eq!(kinds, [(0, 1, MatchKind::Near), (0, 3, MatchKind::Contained)]);
        assert_eq!(verified.rejected, 8);
        let scores = exact_scores(&texts[0], &texts[1], 5);
        assert_eq!(scores, naive(&texts[0], &texts[1], 5));
        assert_eq!(verified.matches[0].similarity, scores.similarity);
        assert_eq!((verified.matches[1].a_in_b, verified.matches[1].b_in_a), (96.0 / 996.0, 1.0));
    }

    #[test]
    fn scores_on_demand_find_members_only() {
        let texts =
            [words(0..1000), words(20..1000), words(0..100), words(500..1500), words(0..9000)];
        let config = DocumentConfig::default();
        let mut maker = FeatureMaker::new(&config).expect("valid");
        let features: Vec<_> = texts.iter().map(|text| maker.features(text)).collect();
        let lookup = |id: DocId| &texts[id.index()][..];
        let (store, tokens) = (Store::of(&features).expect("in memory"), TokensAt(&lookup));
        let mut comparison = Comparison::new(&store, &tokens, &config);
        for (other, is_member) in [(1, true), (2, true), (3, false), (4, false)] {
            let verdict = comparison.judge(DocId(0), DocId(other)).expect("in memory");
            let exact = naive(&texts[0], &texts[other as usize], 5);
            let expected = if is_member { Verdict::Member(exact) } else { Verdict::Unlike };
            assert_eq!(verdict, expected, "document {other}");
            let scores = comparison.scores(DocId(0), DocId(other)).expect("in memory");
            assert_eq!(scores, exact);
        }
        let verdict = comparison.judge(DocId(4), DocId(0)).expect("in memory");
        assert!(matches!(verdict, Verdict::Member(_)));
    }
}
