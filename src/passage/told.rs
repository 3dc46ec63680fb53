//! What stars tell, and what of the pairs they leave out.
//!
//! A star holds a place as far as it agrees with the canonical passage, which may be half of what
//! the place shares with its neighbour. Between a reference and a corpus each pair is evidence, so
//! a pair of which stars leave out most, or enough for a passage, becomes a star of its own.
//!
//! Cost: a look-up in an ordered map for each run of words of a pair.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::align::{Alignment, Stretch};
use super::cluster::Star;
use super::pairs::Place;
use crate::span::TokenRange;

/// A pair of two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) a: u32,
    pub(super) b: u32,
    /// Matched half words.
    pub(super) matched: u32,
    /// Number of the pair.
    pub(super) pair: u32,
}

/// The stars of those pairs that `stars` do not tell, longest first; in each the first side is the
/// canonical one. `matches` are those of a pair.
pub(super) fn untold(
    mut pairs: Vec<Evidence>,
    mut matches: impl FnMut(u32) -> Vec<Stretch>,
    stars: &[Star],
    min_words: u32,
) -> Vec<Star> {
    let mut told = Told::default();
    for star in stars {
        told.add_star(star);
    }
    pairs.sort_unstable_by_key(|pair| (Reverse(pair.matched), pair.pair));
    pairs.dedup();
    let mut found = Vec::new();
    for pair in pairs {
        let matches = matches(pair.pair);
        if told.holds_enough(&pair, &matches, min_words) {
            continue;
        }
        found.extend(Alignment::through(matches.into_iter()).map(|alignment| {
            let canonical = Place { document: pair.a, tokens: alignment.a };
            let star = Star { canonical, members: vec![(pair.b, alignment)] };
            told.add_star(&star);
            star
        }));
    }
    found
}

/// Tokens that lie in stars, as ranges apart from each other.
#[derive(Default)]
struct Told {
    /// Their ends, by document and start.
    ends: BTreeMap<(u32, u32), u32>,
}

impl Told {
    fn add_star(&mut self, star: &Star) {
        self.add(star.canonical.document, star.canonical.tokens);
        star.members.iter().for_each(|(document, member)| self.add(*document, member.b));
    }

    fn add(&mut self, document: u32, mut tokens: TokenRange) {
        while let Some((start, end)) = self.last_before(document, tokens.end)
            && end >= tokens.start
        {
            self.ends.remove(&(document, start));
            tokens = tokens.hull(TokenRange::new(start, end));
        }
        self.ends.insert((document, tokens.start), tokens.end);
    }

    /// The last range that starts at `to` or before.
    fn last_before(&self, document: u32, to: u32) -> Option<(u32, u32)> {
        let (&(_, start), &end) = self.ends.range((document, 0)..=(document, to)).next_back()?;
        Some((start, end))
    }

    /// How many of these tokens lie in no star.
    fn missing(&self, document: u32, mut tokens: TokenRange) -> u32 {
        let mut missing = 0;
        while !tokens.is_empty() {
            let (start, end) = self.last_before(document, tokens.end - 1).unwrap_or_default();
            missing += tokens.end - end.clamp(tokens.start, tokens.end);
            tokens.end = start.clamp(tokens.start, tokens.end).min(end.max(tokens.start));
        }
        missing
    }

    /// Whether stars tell most of a pair and leave out less than a passage.
    fn holds_enough(&self, pair: &Evidence, matches: &[Stretch], min_words: u32) -> bool {
        let (mut missing, mut all) = ((0, 0), 0);
        for stretch in matches {
            let (a, b) = (stretch.at_a, stretch.at_b);
            missing.0 += self.missing(pair.a, TokenRange::new(a, a + stretch.len));
            missing.1 += self.missing(pair.b, TokenRange::new(b, b + stretch.len));
            all += stretch.len;
        }
        let missing = u64::from(missing.0.max(missing.1));
        let half_words = u64::from(pair.matched) * missing / u64::from(all.max(1));
        2 * missing <= u64::from(all) && half_words < u64::from(2 * min_words)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn told_tokens_are_counted_as_a_table_of_all_counts_them(
            added in prop::collection::vec((0u32..2, 0u32..50, 0u32..15), 0..12),
            document in 0u32..2,
            asked in (0u32..60, 0u32..20),
        ) {
            let mut told = Told::default();
            let mut table = [[false; 100]; 2];
            for (document, start, len) in added {
                told.add(document, TokenRange::new(start, start + len));
                table[document as usize][start as usize..(start + len) as usize].fill(true);
            }
            let (start, end) = (asked.0, asked.0 + asked.1);
            let naive = table[document as usize][start as usize..end as usize].iter();
            let missing = told.missing(document, TokenRange::new(start, end));
            prop_assert_eq!(missing as usize, naive.filter(|told| !**told).count());
        }
    }
}
