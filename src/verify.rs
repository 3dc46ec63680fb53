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

use rayon::prelude::*;

use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::documents::{DocumentFeatures, TokenLookup};
use crate::lsh::containment::{SAMPLES, needed_hits};
use crate::report::model::{Match, MatchKind};
use crate::shingle::for_each_document_shingle;
use crate::sketch::estimate_error;
use crate::text::TokenHash;

/// Candidates that one load of a table serves at most, so that threads share a large group.
const GROUP: usize = 256;

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
    fn from_counts(a: u32, b: u32, common: u32) -> Self {
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
/// [`crate::lsh::containment::candidates`], each in order and without repetitions.
///
/// The result does not depend on the number of threads.
pub fn verify(
    features: &[DocumentFeatures],
    tokens: TokenLookup<'_>,
    near: &[(DocId, DocId)],
    contained: &[(DocId, DocId)],
    config: &DocumentConfig,
) -> Verified {
    let rule = MatchRule::from_config(config);
    let floor = similarity_floor(config);
    let shingles = |id: DocId| u64::from(features[id.index()].shingles);
    let owned = |&(a, b): &(DocId, DocId)| {
        if shingles(b) > 2 * shingles(a) { (b, a) } else { (a, b) }
    };
    let hopeful = near.par_iter().filter(|pair| {
        let (a, b) = (&features[pair.0.index()], &features[pair.1.index()]);
        a.sketch.estimate(&b.sketch) >= floor || contained.binary_search(pair).is_ok()
    });
    let mut pairs: Vec<(DocId, DocId)> = hopeful.chain(contained.par_iter()).map(owned).collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    let groups: Vec<&[(DocId, DocId)]> =
        pairs.chunk_by(|a, b| a.0 == b.0).flat_map(|group| group.chunks(GROUP)).collect();
    let mut matches: Vec<Match> = groups
        .par_iter()
        .map_init(
            || Scorer::new(config.shingle_size),
            |scorer, group| {
                let owner = group[0].0;
                scorer.load(tokens(owner));
                group
                    .iter()
                    .filter_map(|&(_, other)| {
                        let scores = scorer.score(tokens(other));
                        Some(oriented(owner, other, rule.kind(&scores)?, scores))
                    })
                    .collect::<Vec<_>>()
            },
        )
        .flatten_iter()
        .collect();
    matches.par_sort_unstable_by_key(|found| (found.a, found.b));
    let both = near.iter().filter(|pair| contained.binary_search(pair).is_ok()).count();
    let candidates = near.len() + contained.len() - both;
    Verified { rejected: (candidates - matches.len()) as u64, matches }
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
pub(crate) struct Comparison<'f, 't> {
    features: &'f [DocumentFeatures],
    tokens: TokenLookup<'t>,
    rule: MatchRule,
    floor: f64,
    needed: [u32; SAMPLES + 1],
    scorer: Scorer,
    loaded: Option<DocId>,
}

impl<'f, 't> Comparison<'f, 't> {
    pub(crate) fn new(
        features: &'f [DocumentFeatures],
        tokens: TokenLookup<'t>,
        config: &DocumentConfig,
    ) -> Self {
        Self {
            features,
            tokens,
            rule: MatchRule::from_config(config),
            floor: similarity_floor(config),
            needed: needed_hits(config.containment, config.recall),
            scorer: Scorer::new(config.shingle_size),
            loaded: None,
        }
    }

    /// Exact scores of `a` and `b`.
    pub(crate) fn scores(&mut self, a: DocId, b: DocId) -> Scores {
        self.load(a);
        self.scorer.score((self.tokens)(b))
    }

    /// Exact scores of `a` and `b` if `b` is similar to `a` or contained in it. Sketches, then
    /// samples settle most pairs that are neither.
    pub(crate) fn member_scores(&mut self, a: DocId, b: DocId) -> Option<Scores> {
        let (ours, theirs) = (&self.features[a.index()], &self.features[b.index()]);
        if ours.sketch.estimate(&theirs.sketch) < self.floor {
            self.load(a);
            let hits =
                theirs.samples.iter().filter(|&&sample| self.scorer.table.holds(sample)).count();
            if hits < self.needed[theirs.samples.len().min(SAMPLES)] as usize {
                return None;
            }
        }
        let scores = self.scores(a, b);
        self.rule.takes(&scores).then_some(scores)
    }

    fn load(&mut self, id: DocId) {
        if self.loaded != Some(id) {
            self.scorer.load((self.tokens)(id));
            self.loaded = Some(id);
        }
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

    fn score(&mut self, tokens: &[TokenHash]) -> Scores {
        self.table.visits += 1;
        self.missed.clear(tokens.len());
        let mut common = 0;
        for_each_document_shingle(tokens, self.shingle_size, |hash, _, _| {
            match self.table.visit(hash) {
                Visit::First => common += 1,
                Visit::Again => {}
                Visit::Absent => self.missed.insert(hash),
            }
        });
        Scores::from_counts(self.table.len, common + self.missed.len, common)
    }
}

/// What streaming one shingle past a table tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// The table holds it and this document had not shown it before.
    First,
    /// This document has shown it before.
    Again,
    /// The table does not hold it.
    Absent,
}

/// A set of shingles by open addressing; emptied by raising a number, not by writing memory.
#[derive(Debug, Default)]
struct ShingleTable {
    slots: Vec<Slot>,
    mask: usize,
    /// Number of the document in the table, from 1; slots of other numbers are free.
    epoch: u32,
    /// Number of the document that streams past, from 1.
    visits: u32,
    /// Different shingles inside.
    len: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u64,
    epoch: u32,
    visit: u32,
}

impl ShingleTable {
    /// Empties the table and makes room for `shingles`.
    fn clear(&mut self, shingles: usize) {
        let wanted = (2 * shingles).next_power_of_two().max(64);
        if self.slots.len() < wanted || self.epoch == u32::MAX {
            self.slots.clear();
            self.slots.resize(wanted, Slot::default());
            self.epoch = 0;
        }
        // Short documents use the front of a long table: it stays in the cache.
        self.mask = wanted - 1;
        self.epoch += 1;
        self.visits = 0;
        self.len = 0;
    }

    /// The slot of a shingle: where it is, or the free one where it belongs. Half of the slots
    /// are free.
    #[inline(always)]
    fn place(&self, hash: u64) -> usize {
        let mut place = hash as usize & self.mask;
        while self.slots[place].epoch == self.epoch && self.slots[place].hash != hash {
            place = (place + 1) & self.mask;
        }
        place
    }

    #[inline(always)]
    fn insert(&mut self, hash: u64) {
        let place = self.place(hash);
        let slot = &mut self.slots[place];
        if slot.epoch != self.epoch {
            *slot = Slot { hash, epoch: self.epoch, visit: 0 };
            self.len += 1;
        }
    }

    #[inline(always)]
    fn visit(&mut self, hash: u64) -> Visit {
        let place = self.place(hash);
        let slot = &mut self.slots[place];
        if slot.epoch != self.epoch {
            Visit::Absent
        } else if slot.visit == self.visits {
            Visit::Again
        } else {
            slot.visit = self.visits;
            Visit::First
        }
    }

    fn holds(&self, hash: u64) -> bool {
        !self.slots.is_empty() && self.slots[self.place(hash)].epoch == self.epoch
    }
}
