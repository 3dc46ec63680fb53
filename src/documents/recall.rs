//! How many near-duplicates the bands have missed, told from those that they found.
//!
//! Idea: two documents of similarity `j` agree in each band with probability `jʳ`, so how many
//! bands agree follows a law, and pairs that agree in one band or two tell how many agree in
//! none. *Expected* is what the formula says for the similarities at hand: each pair found
//! stands for `1/p(j)` pairs. *Observed* uses no formula but counts bands: with `f₁` pairs that
//! agree in one band and `f₂` in two, at least some `f₁²/(2 f₂)` agree in none.
//!
//! Cost: two rows of features a pair of the sample.
//!
//! Source: D. Horvitz, D. Thompson 1952; A. Chao, *Nonparametric Estimation of the Number of
//! Classes in a Population*, 1984.

use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::store::{FeatureScratch, Store};
use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::error::Result;
use crate::hash::combine;
use crate::lsh::Banding;
use crate::verify::Matches;

/// Pairs of a sample.
const SAMPLE: usize = 4000;

/// How good a run was at finding near-duplicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recall {
    /// Verified near-duplicates that were looked at.
    pub pairs: u64,
    /// Share of all near-duplicates that the bands propose, by the formula at their similarities.
    pub expected: f64,
    /// The same by the number of bands in which they agree.
    pub observed: f64,
}

impl Recall {
    /// From the matches of a store; nothing where there are none.
    pub(crate) fn of(
        store: &Store,
        matches: &Matches,
        config: &DocumentConfig,
    ) -> Result<Option<Self>> {
        let banding = Banding::from_config(config)?;
        // The pairs of the smallest hashes: the same ones whatever came before.
        let mut sample: BinaryHeap<(u64, u32, u32, u64)> = BinaryHeap::new();
        let mut cursor = matches.counted.all()?;
        while let Some(found) = cursor.next()? {
            let similarity = found.scores().similarity;
            if similarity < config.threshold {
                continue;
            }
            let hash = combine(u64::from(found.a), u64::from(found.b));
            if sample.len() < SAMPLE || sample.peek().is_some_and(|worst| hash < worst.0) {
                sample.push((hash, found.a, found.b, similarity.to_bits()));
                if sample.len() > SAMPLE {
                    sample.pop();
                }
            }
        }
        let mut scratch = FeatureScratch::default();
        let (mut agreeing, mut stands_for) = (Vec::new(), 0.0);
        for (_, a, b, similarity) in sample.into_sorted_vec() {
            let bands = store.agreeing_bands(DocId(a), DocId(b), banding, &mut scratch)?;
            // What agrees in no band was proposed by something else.
            if bands > 0 {
                agreeing.push(bands);
                stands_for += 1.0 / banding.probability(f64::from_bits(similarity));
            }
        }
        Ok((!agreeing.is_empty()).then(|| Self::from_counts(&agreeing, stands_for)))
    }

    fn from_counts(agreeing: &[u32], stands_for: f64) -> Self {
        let found = agreeing.len() as f64;
        let with = |bands: u32| agreeing.iter().filter(|&&other| other == bands).count() as f64;
        let (one, two) = (with(1), with(2));
        let missed = if two > 0.0 { one * one / (2.0 * two) } else { one * (one - 1.0) / 2.0 };
        let pairs = agreeing.len() as u64;
        Self { pairs, expected: found / stands_for, observed: found / (found + missed.max(0.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missed_is_told_from_what_was_found() {
        // Pairs of one similarity that agree in each of 32 bands with probability p.
        for p in [0.03f64, 0.05, 0.1, 0.3] {
            let pairs = 20_000;
            let mut state = 1u64;
            let mut chance = || {
                state = crate::hash::finalise(state);
                state as f64 / 2f64.powi(64)
            };
            let all: Vec<u32> =
                (0..pairs).map(|_| (0..32).map(|_| u32::from(chance() < p)).sum()).collect();
            let found: Vec<u32> = all.into_iter().filter(|&bands| bands > 0).collect();
            let share = found.len() as f64 / f64::from(pairs);
            let by_formula = 1.0 - (1.0 - p).powi(32);
            let recall = Recall::from_counts(&found, found.len() as f64 / by_formula);
            assert!((recall.expected - by_formula).abs() < 1e-9);
            assert!((recall.observed - share).abs() < 0.03, "{recall:?} of {share} at {p}");
        }
    }
}
