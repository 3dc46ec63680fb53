//! Passages of held-out documents that stand nowhere else.
//!
//! A passage is fresh if no run of six of its words stands in the background or in a passage picked
//! before. Its white space is made plain.
//!
//! Cost: the background's runs are sorted once, 8 bytes each; a pick is a few look-ups.

use std::collections::HashSet;

use crate::quotes::PlantError;
use crate::random::Random;
use crate::words::{Word, run_hashes, words as list};

/// Words in a row of a quote that must not stand in the background.
pub(crate) const FRESH_RUN: usize = 6;

/// Picks passages that neither the background nor another quote holds.
pub(crate) struct Picker<'a> {
    sources: Vec<(&'a str, Vec<Word>, Vec<bool>)>,
    background: Vec<u64>,
    taken: HashSet<u64>,
}

impl<'a> Picker<'a> {
    pub(crate) fn new(background: &[String], sources: &'a [String]) -> Self {
        let mut runs: Vec<u64> =
            background.iter().flat_map(|text| run_hashes(text, &list(text), FRESH_RUN)).collect();
        runs.sort_unstable();
        runs.dedup();
        let sources = sources
            .iter()
            .map(|text| {
                let words = list(text);
                let used = vec![false; words.len()];
                (text.as_str(), words, used)
            })
            .collect();
        Self { sources, background: runs, taken: HashSet::new() }
    }

    /// A passage of `length` words.
    pub(crate) fn pick(
        &mut self,
        length: usize,
        random: &mut Random,
    ) -> Result<String, PlantError> {
        for _ in 0..10_000 {
            let source = random.below(self.sources.len());
            let Some((text, words, used)) = self.sources.get_mut(source) else { break };
            if words.len() < length {
                continue;
            }
            let mut start = random.below(words.len() - length + 1);
            // Half of the quotes begin with their sentence.
            if random.chance(1, 2) {
                let begins = |&i: &usize| {
                    i == 0 || text[words[i - 1].end..words[i].start].starts_with(['.', '!', '?'])
                };
                start = (0..=start).rev().find(begins).unwrap_or(start);
            }
            let range = start..start + length;
            if used[range.clone()].iter().any(|&used| used) {
                continue;
            }
            let passage = &text[words[range.start].start..words[range.end - 1].end];
            if passage.contains("\n\n") || passage.contains("\r\n\r\n") {
                continue;
            }
            let passage = passage.split_whitespace().collect::<Vec<_>>().join(" ");
            let runs = run_hashes(&passage, &list(&passage), FRESH_RUN);
            let known =
                |run: &u64| self.background.binary_search(run).is_ok() || self.taken.contains(run);
            if runs.iter().any(known) {
                continue;
            }
            used[range].fill(true);
            self.taken.extend(runs);
            return Ok(passage);
        }
        Err(PlantError::NoSource)
    }
}
