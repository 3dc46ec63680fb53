//! Alignment of two given texts: no links needed, all runs between them are found here.
//!
//! A table of the first text's 3-grams answers for each 3-gram of the second where it may stand
//! in the first; the longest run there is taken and the search goes on behind it. Used for the
//! members of document clusters and of passage clusters, many texts against one.
//!
//! Cost: linear in both texts; the table is made once for each first text.

use super::Collection;
use super::align::{Alignment, Sides, Step, equal_ranges};
use super::chain::chains;
use super::frequency::{GRAM, gram};
use super::grow::{Run, common_prefix, common_suffix};
use super::pairs::Worker;
use super::words::PairWords;
use crate::span::TokenRange;
use crate::text::TokenHash;

/// Places of one gram that are tried; a text that repeats itself more is still found, at one of
/// these.
const TRIED: usize = 12;
const NONE: u32 = u32::MAX;

/// The 3-grams of a range of one text, by hash.
pub(crate) struct GramTable {
    heads: Vec<u32>,
    next: Vec<u32>,
    within: TokenRange,
    mask: usize,
}

impl GramTable {
    /// Indexes `within` of a text.
    pub(crate) fn new(tokens: &[TokenHash], within: TokenRange) -> Self {
        let text = &tokens[within.range()];
        let size = (2 * text.len().max(8)).next_power_of_two();
        let mut table =
            Self { heads: vec![NONE; size], next: vec![NONE; text.len()], within, mask: size - 1 };
        // Backwards, so that the first place of a gram heads its list.
        for (at, window) in text.windows(GRAM).enumerate().rev() {
            let slot = gram(window) as usize & table.mask;
            table.next[at] = std::mem::replace(&mut table.heads[slot], at as u32);
        }
        table
    }

    /// Runs of equal tokens between the indexed range (first) and `within_b` (second).
    fn runs(&self, sides: Sides<'_>, ids: (u32, u32)) -> Vec<Run> {
        let (a, b) = (&sides.a[self.within.range()], &sides.b[sides.within_b.range()]);
        let mut runs: Vec<Run> = Vec::new();
        let mut at_b = 0;
        let mut diagonal = 0i64;
        while at_b + GRAM <= b.len() {
            let mut place = self.heads[gram(&b[at_b..at_b + GRAM]) as usize & self.mask];
            let mut best: Option<(usize, i64, usize)> = None;
            let mut tried = 0;
            while place != NONE && tried < TRIED {
                let at_a = place as usize;
                let len = common_prefix(&a[at_a..], &b[at_b..]);
                if len >= GRAM {
                    tried += 1;
                    let aside = (at_a as i64 - at_b as i64 - diagonal).abs();
                    if best
                        .is_none_or(|(most, least, _)| len > most || len == most && aside < least)
                    {
                        best = Some((len, aside, at_a));
                    }
                }
                place = self.next[at_a];
            }
            let Some((len, _, at_a)) = best else {
                at_b += 1;
                continue;
            };
            let before = common_suffix(&a[..at_a], &b[..at_b]);
            runs.push(Run {
                a: ids.0,
                b: ids.1,
                at_a: self.within.start + (at_a - before) as u32,
                at_b: sides.within_b.start + (at_b - before) as u32,
                len: (before + len) as u32,
            });
            diagonal = at_a as i64 - at_b as i64;
            at_b += len;
        }
        runs.sort_unstable();
        runs.dedup();
        runs
    }

    /// Alignments of the indexed range of document `ids.0` with `sides.within_b` of `ids.1`; the
    /// best first, not filtered.
    pub(crate) fn align(
        &self,
        collection: &Collection<'_>,
        worker: &mut Worker,
        ids: (u32, u32),
        sides: Sides<'_>,
    ) -> Vec<Alignment> {
        let sides = Sides { within_a: self.within, ..sides };
        if let Some(alignment) = equal_ranges(sides) {
            return vec![alignment];
        }
        let mut found: Vec<Alignment> = Vec::new();
        for chain in chains(&self.runs(sides, ids)) {
            let inside = |alignment: &Alignment| {
                chain.iter().all(|run| {
                    alignment.a.contains(TokenRange::new(run.at_a, run.at_a + run.len))
                        && alignment.b.contains(TokenRange::new(run.at_b, run.at_b + run.len))
                })
            };
            if found.iter().take(TRIED).any(inside) {
                continue;
            }
            let mut forms = PairWords::new(&mut worker.words, collection, ids, sides);
            found.extend(worker.aligner.align_chain(sides, &chain, &mut forms));
        }
        found
    }
}

impl Alignment {
    /// The same alignment with its sides exchanged.
    pub(crate) fn turned(self) -> Self {
        let turn = |step| match step {
            Step::Insert => Step::Delete,
            Step::Delete => Step::Insert,
            step => step,
        };
        Self {
            a: self.b,
            b: self.a,
            path: self.path.into_iter().map(|(step, count)| (turn(step), count)).collect(),
        }
    }
}
