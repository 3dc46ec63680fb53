//! Scores on demand, of pairs that no candidate search proposed.

use super::{MatchRule, Scorer, Scores, similarity_floor};
use crate::cluster::star::Verdict;
use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::documents::store::{FeatureScratch, Store, TokenScratch, Tokens};
use crate::error::Result;
use crate::lsh::containment::{SAMPLES, needed_hits};

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
