//! Prospects: whether enough equal words stand in and around a run for a passage.
//!
//! Words that match in part do not show in hashes, so two fewer than wanted will do. A run is
//! judged by its tokens; a link before that, by a byte of each word [around](Around) its anchors.
//! What few near bytes rule out, tokens would have ruled out, too. Where they do not, the bytes are
//! [aligned](extent): they are equal for words in other forms, so of these all but one must be
//! there, and the one may be a word that differs in its first letters. No more is asked for than
//! half of the words on one side, as a passage may end at an anchor.
//!
//! Cost: some 20 ns for a run; some 10 for a link, 100 where bytes are aligned; no token is read.

use super::anchor::Winnowing;
use super::around::{Around, WORDS};
use super::extent::extent;
use super::grow::Run;
use super::lanes::{equal, lanes};
use crate::text::TokenHash;

/// Tokens looked at beyond each end of a run, at most.
const LOOK_AROUND: usize = 16;
/// Diagonals to either side looked at there.
const LOOK_ASIDE: usize = 2;

/// What a run must have in and around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prospects {
    /// Words of an anchor, at least.
    size: u32,
    /// Half words that must match.
    wanted: u32,
    /// Half words that must match in whole or in part, as far as bytes tell.
    wanted_in_part: u32,
    /// Tokens looked at beyond each end.
    reach: usize,
    /// Every equal word near a run counts, and not only those that a path would reach: so where
    /// every k-gram is an anchor.
    thorough: bool,
}

impl Prospects {
    /// Of becoming a passage of at least `min_words` words.
    pub(super) fn new(winnowing: Winnowing, min_words: u32) -> Self {
        Self {
            size: winnowing.size,
            wanted: 2 * min_words.saturating_sub(2).max(min_words * 2 / 3),
            wanted_in_part: 2 * min_words.saturating_sub(1).min(winnowing.size + WORDS as u32 / 2),
            reach: LOOK_AROUND.min(min_words as usize + 2),
            thorough: winnowing.window == 1,
        }
    }

    /// Whether a run of two texts has them.
    pub(super) fn of_run(&self, a: &[TokenHash], b: &[TokenHash], run: &Run) -> bool {
        let (start_a, start_b) = (run.at_a as usize, run.at_b as usize);
        let (end_a, end_b) = (start_a + run.len as usize, start_b + run.len as usize);
        let mut weight: u32 = 0;
        for token in &a[start_a..end_a] {
            weight += token.half_words();
            if weight >= self.wanted {
                return true;
            }
        }
        let matched = |token: TokenHash, near: &[TokenHash]| {
            if near.contains(&token) { token.half_words() } else { 0 }
        };
        weight += self.matched_beyond(|i| {
            let from = (end_b + i).saturating_sub(LOOK_ASIDE).max(end_b).min(b.len());
            let near = &b[from..(end_b + i + LOOK_ASIDE + 1).min(b.len())];
            a.get(end_a + i).map(|&token| matched(token, near))
        });
        if weight >= self.wanted {
            return true;
        }
        weight += self.matched_beyond(|i| {
            let to = (start_b + LOOK_ASIDE).saturating_sub(i).min(start_b);
            let near = &b[start_b.saturating_sub(i + 1 + LOOK_ASIDE).min(to)..to];
            start_a.checked_sub(i + 1).map(|at| matched(a[at], near))
        });
        weight >= self.wanted
    }

    /// Whether a run that holds two equal anchors may have them.
    pub(super) fn of_link(&self, a: &Around, b: &Around) -> bool {
        // No `map`: it would not become part of this function.
        let sides =
            [Side::new(a.behind.bytes, b.behind.bytes), Side::new(a.before.bytes, b.before.bytes)];
        let equal = 2 * (self.size + sides.iter().map(|side| side.equal as u32).sum::<u32>());
        equal >= self.wanted_in_part.max(self.wanted)
            // What is equal to the end of what is known may go on.
            || sides.iter().any(|side| side.equal == WORDS)
            || self.near_link(equal, &sides) && self.along_link(a, b)
    }

    /// Whether enough words near two anchors, with what is equal beside them, may be equal for a
    /// run to have prospects.
    #[inline]
    fn near_link(&self, equal: u32, sides: &[Side; 2]) -> bool {
        let mut weight = equal;
        for side in sides {
            if weight >= self.wanted {
                return true;
            }
            weight += self.matched_beyond(|i| side.matched(i));
        }
        weight >= self.wanted
    }

    /// Whether enough words along a path through two equal anchors may match in whole or in part.
    fn along_link(&self, a: &Around, b: &Around) -> bool {
        let Some(behind) = extent(a.behind.bytes, b.behind.bytes) else { return true };
        let weight = 2 * (self.size + behind);
        weight >= self.wanted_in_part
            || extent(a.before.bytes, b.before.bytes)
                .is_none_or(|before| weight + 2 * before >= self.wanted_in_part)
    }

    /// Half words that match beyond an end, as far as going on pays: a match earns 2, any other
    /// word costs 1 (it may match in part), gaps are free. `matched` gives the half words of the
    /// one at a distance, 0 if it matches none, as long as there are words.
    #[inline(always)]
    fn matched_beyond(&self, matched: impl Fn(usize) -> Option<u32>) -> u32 {
        let (mut score, mut best) = (0, 0);
        let (mut weight, mut weight_at_best) = (0, 0);
        for i in 0..self.reach {
            let Some(half_words) = matched(i) else { break };
            if half_words > 0 {
                score += 2;
                weight += half_words;
                if self.thorough || score > best {
                    (best, weight_at_best) = (score, weight);
                }
            } else {
                score -= 1;
                if !self.thorough && score < best - 4 {
                    break;
                }
            }
        }
        weight_at_best
    }
}

/// What stands on one side of two equal anchors.
struct Side {
    /// Words of the first.
    len: usize,
    /// How many are equal one by one.
    equal: usize,
    /// A bit for each word of the first that one of the second near it is equal to.
    matched: u32,
    /// From here on not all words that are near are known, if the texts go on.
    known: usize,
}

impl Side {
    #[inline]
    fn new(a: [u8; WORDS], b: [u8; WORDS]) -> Self {
        let known = if b[WORDS - 1] == 0 { usize::MAX } else { WORDS - LOOK_ASIDE };
        let (a, b) = (lanes(a), lanes(b));
        let there = !equal(a, 0);
        let same = equal(a, b) & there;
        let mut matched = same;
        for aside in 1..=LOOK_ASIDE {
            matched |= equal(a, b << (8 * aside)) | equal(a, b >> (8 * aside));
        }
        Self {
            len: there.trailing_ones() as usize,
            equal: same.trailing_ones() as usize,
            matched: matched & there,
            known,
        }
    }

    /// Half words that may match at a distance beyond what is equal.
    #[inline]
    fn matched(&self, i: usize) -> Option<u32> {
        let at = self.equal + i;
        if at >= self.len {
            return (self.len == WORDS).then_some(2);
        }
        let matches = at >= self.known || self.matched >> at & 1 == 1;
        Some(if matches { 2 } else { 0 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::passage::align::{Aligner, Sides};
    use crate::passage::grow::{Grown, grow};

    fn winnowing() -> impl Strategy<Value = Winnowing> {
        prop::sample::select(vec![
            Winnowing { size: 5, window: 6 },
            Winnowing { size: 4, window: 3 },
            Winnowing { size: 3, window: 1 },
        ])
    }

    /// Few different words, so that chance agreements are common; of the lowest bit, which says
    /// dense, and of the byte that is looked at.
    fn tokens(most: usize) -> impl Strategy<Value = Vec<TokenHash>> {
        let token = (0u32..12, prop::bool::weighted(0.1));
        let token = token.prop_map(|(word, dense)| TokenHash(word << 23 | u32::from(dense)));
        prop::collection::vec(token, 0..most)
    }

    /// Two texts with an anchor between what stands before and behind it, and where it stands.
    struct Linked {
        a: Vec<TokenHash>,
        b: Vec<TokenHash>,
        at: (u32, u32),
        size: u32,
    }

    impl Linked {
        fn new([before_a, behind_a, before_b, behind_b]: &[Vec<TokenHash>; 4], size: u32) -> Self {
            let anchor: Vec<TokenHash> =
                (0..size).map(|word| TokenHash((50 + word) << 24)).collect();
            let text = |before: &Vec<_>, behind: &Vec<_>| [&before[..], &anchor, behind].concat();
            let at = (before_a.len() as u32, before_b.len() as u32);
            Self { a: text(before_a, behind_a), b: text(before_b, behind_b), at, size }
        }

        fn around(&self) -> [Around; 2] {
            [(&self.a, self.at.0), (&self.b, self.at.1)]
                .map(|(tokens, at)| Around::of(tokens, at, self.size))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_link_that_bytes_rule_out_has_no_prospects(
            winnowing in winnowing(),
            min_words in 3u32..20,
            texts in [tokens(30), tokens(30), tokens(30), tokens(30)],
        ) {
            let linked = Linked::new(&texts, winnowing.size);
            let prospects = Prospects::new(winnowing, min_words);
            let [a, b] = linked.around();
            let may = prospects.of_link(&a, &b) || !prospects.along_link(&a, &b);
            let run = grow((0, 1), (&linked.a, &linked.b), linked.at, prospects);
            prop_assert!(may || matches!(run, Grown::Weak));
        }

        #[test]
        fn a_link_that_alignment_rules_out_gives_no_passage(
            winnowing in winnowing(),
            min_words in 3u32..20,
            texts in [tokens(WORDS), tokens(WORDS), tokens(WORDS), tokens(WORDS)],
        ) {
            // Words that are equal where their bytes are.
            let texts = texts.map(|tokens| {
                tokens.iter().map(|token| TokenHash((token.0 & !1) << 1)).collect::<Vec<_>>()
            });
            let linked = Linked::new(&texts, winnowing.size);
            let [a, b] = linked.around();
            let may = Prospects::new(winnowing, min_words).along_link(&a, &b);
            let (at_a, at_b) = linked.at;
            let run = Run { a: 0, b: 1, at_a, at_b, len: winnowing.size };
            let sides = Sides::whole(&linked.a, &linked.b);
            let matched = Aligner::default().matched_by_hash(sides, &[run]);
            prop_assert!(may || matched < 2 * (min_words - 1));
        }
    }

    #[test]
    fn of_chance_agreements_few_remain() {
        let prospects = Prospects::new(Winnowing { size: 4, window: 3 }, 8);
        let mut random = doublet_generate::random::Random::new(3);
        let mut around = || {
            let tokens: Vec<TokenHash> =
                (0..40).map(|_| TokenHash(random.bits() as u32 & !1)).collect();
            Around::of(&tokens, 18, 4)
        };
        let kept = (0..10_000).filter(|_| prospects.of_link(&around(), &around())).count();
        assert!(kept < 30, "{kept}");
    }
}
