//! Runs: links grown as far as the tokens on both sides are equal.
//!
//! A run without [prospects](super::prospects) is dropped before any alignment.
//!
//! Cost: a comparison of eight tokens at a time.

use super::prospects::Prospects;
use crate::text::TokenHash;

/// Tokens before and behind a place that are read beforehand.
const NEAR: (usize, usize) = (12, 15);

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

/// What became of a link.
pub(super) enum Grown {
    /// A run with prospects.
    Run(Run),
    /// One without.
    Weak,
    /// None: the hashes of the anchors are equal, and their tokens are not.
    None,
}

/// Grows the link of documents `ids` at a token of each.
#[inline]
pub(super) fn grow(
    ids: (u32, u32),
    tokens: (&[TokenHash], &[TokenHash]),
    at: (u32, u32),
    prospects: Prospects,
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
    if prospects.of_run(tokens.0, tokens.1, &run) { Grown::Run(run) } else { Grown::Weak }
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
