//! Runs: links grown as far as the tokens on both sides are equal.
//!
//! A run with too few equal words in and around it to become a passage has no prospects and is
//! dropped before any alignment.
//!
//! Cost: a comparison of eight tokens at a time; some 20 ns to judge the prospects.

use super::anchor::Winnowing;
use crate::text::TokenHash;

/// Tokens looked at beyond each end of a run when judging its prospects, at most.
const LOOK_AROUND: usize = 16;
/// Tokens before and behind a place that are read beforehand.
const NEAR: (usize, usize) = (10, 12);
/// Diagonals to either side looked at there.
const LOOK_ASIDE: usize = 2;

/// A maximal run of equal tokens in two places; in one document, `at_a < at_b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    /// Document with the lower id.
    pub(crate) a: u32,
    /// Document with the higher id.
    pub(crate) b: u32,
    /// First token in `a`.
    pub(crate) at_a: u32,
    /// First token in `b`.
    pub(crate) at_b: u32,
    /// Tokens.
    pub(crate) len: u32,
}

/// How links grow into runs that are worth an alignment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grower {
    pub(super) winnowing: Winnowing,
    pub(super) min_words: u32,
}

/// What became of a link.
pub(super) enum Grown {
    /// A run with prospects.
    Run(Run),
    /// One without.
    Weak,
    /// None: the hashes of the anchors are equal, and their tokens are not.
    None,
}

impl Grower {
    /// Grows the link of documents `ids` at a token of each.
    #[inline]
    pub(super) fn grow(
        self,
        ids: (u32, u32),
        tokens: (&[TokenHash], &[TokenHash]),
        at: (u32, u32),
    ) -> Grown {
        let (at_a, at_b) = (at.0 as usize, at.1 as usize);
        let before = common_suffix(&tokens.0[..at_a], &tokens.1[..at_b]);
        let after = common_prefix(&tokens.0[at_a..], &tokens.1[at_b..]);
        if after == 0 {
            return Grown::None;
        }
        let run = Run {
            a: ids.0,
            b: ids.1,
            at_a: (at_a - before) as u32,
            at_b: (at_b - before) as u32,
            len: (before + after) as u32,
        };
        // Where every k-gram is an anchor, every equal word near a run counts, and not only those
        // that a path would reach.
        let thorough = self.winnowing.window == 1;
        if has_prospects(tokens.0, tokens.1, &run, self.min_words, thorough) {
            Grown::Run(run)
        } else {
            Grown::Weak
        }
    }
}

/// Reads some tokens around each of many places, before more is done there.
///
/// The tokens of links lie all over memory. Read for many at a time the processor fetches them
/// together, where growing links one by one would wait for each.
#[inline]
pub(super) fn fetch<'t>(places: impl Iterator<Item = (&'t [TokenHash], u32)>) {
    let read = |sum: u32, (tokens, at): (&[TokenHash], u32)| {
        let token = |at: usize| tokens.get(at).map_or(0, |token| token.0);
        let at = at as usize;
        let ends = token(at.wrapping_sub(NEAR.0)).wrapping_add(token(at + NEAR.1));
        sum.wrapping_add(token(at)).wrapping_add(ends)
    };
    std::hint::black_box(places.fold(0, read));
}

/// Number of equal tokens at the start of both.
pub(crate) fn common_prefix(a: &[TokenHash], b: &[TokenHash]) -> usize {
    let mut equal = 0;
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        if x != y {
            break;
        }
        equal += 8;
    }
    equal + a[equal..].iter().zip(&b[equal..]).take_while(|(x, y)| x == y).count()
}

/// Number of equal tokens at the end of both.
pub(crate) fn common_suffix(a: &[TokenHash], b: &[TokenHash]) -> usize {
    let mut equal = 0;
    for (x, y) in a.rchunks_exact(8).zip(b.rchunks_exact(8)) {
        if x != y {
            break;
        }
        equal += 8;
    }
    let (a, b) = (&a[..a.len() - equal], &b[..b.len() - equal]);
    equal + a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count()
}

/// Whether enough equal words stand in and around a run for a passage of `min_words` words.
///
/// Words that match in part do not show in hashes, so two fewer than wanted will do.
fn has_prospects(
    a: &[TokenHash],
    b: &[TokenHash],
    run: &Run,
    min_words: u32,
    thorough: bool,
) -> bool {
    let (start_a, start_b) = (run.at_a as usize, run.at_b as usize);
    let (end_a, end_b) = (start_a + run.len as usize, start_b + run.len as usize);
    let wanted = 2 * min_words.saturating_sub(2).max(min_words * 2 / 3);
    let mut weight: u32 = 0;
    for token in &a[start_a..end_a] {
        weight += token.half_words();
        if weight >= wanted {
            return true;
        }
    }
    let reach = LOOK_AROUND.min(min_words as usize + 2);
    weight += matched_beyond(
        reach,
        thorough,
        |i| a.get(end_a + i).copied(),
        |i| {
            let from = (end_b + i).saturating_sub(LOOK_ASIDE).max(end_b).min(b.len());
            &b[from..(end_b + i + LOOK_ASIDE + 1).min(b.len())]
        },
    );
    if weight >= wanted {
        return true;
    }
    weight += matched_beyond(
        reach,
        thorough,
        |i| start_a.checked_sub(i + 1).map(|at| a[at]),
        |i| {
            let to = (start_b + LOOK_ASIDE).saturating_sub(i).min(start_b);
            &b[start_b.saturating_sub(i + 1 + LOOK_ASIDE).min(to)..to]
        },
    );
    weight >= wanted
}

/// Half words that match beyond an end, as far as going on pays: a match earns 2, any other word
/// costs 1 (it may match in part), gaps are free. A thorough look counts every match.
#[inline(always)]
fn matched_beyond<'t>(
    reach: usize,
    thorough: bool,
    token: impl Fn(usize) -> Option<TokenHash>,
    near: impl Fn(usize) -> &'t [TokenHash],
) -> u32 {
    let (mut score, mut best) = (0, 0);
    let (mut weight, mut weight_at_best) = (0, 0);
    for i in 0..reach {
        let Some(token) = token(i) else { break };
        if near(i).contains(&token) {
            score += 2;
            weight += token.half_words();
            if thorough || score > best {
                (best, weight_at_best) = (score, weight);
            }
        } else {
            score -= 1;
            if !thorough && score < best - 4 {
                break;
            }
        }
    }
    weight_at_best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens() -> impl Strategy<Value = Vec<TokenHash>> {
        prop::collection::vec((0u32..3).prop_map(|x| TokenHash(x << 1)), 0..40)
    }

    proptest! {
        #[test]
        fn common_ends_equal_the_naive_count(a in tokens(), b in tokens()) {
            let naive = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
            prop_assert_eq!(common_prefix(&a, &b), naive);
            let naive = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
            prop_assert_eq!(common_suffix(&a, &b), naive);
        }
    }
}
