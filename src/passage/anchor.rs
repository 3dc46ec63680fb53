//! Anchors: sampled shingles with their positions.
//!
//! Winnowing takes, of every window of `w` consecutive k-grams, the one with the smallest hash
//! (the rightmost of equals), so two texts that share `k + w − 1` words share an anchor there
//! whatever surrounds it, and about `2 / (w + 1)` of all k-grams are kept. With `w = 1` every
//! k-gram is an anchor.
//!
//! Cost: one pass over the token hashes, 1–3 ns a token.
//!
//! Source: Schleimer, Wilkerson and Aiken, *Winnowing: local algorithms for document
//! fingerprinting*, SIGMOD 2003.

use rayon::prelude::*;

use super::Collection;
use crate::config::Sensitivity;
use crate::documents::store::TokenScratch;
use crate::pairing::Pairing;
use crate::shingle::for_each_shingle;
use crate::spill::Recurring;
use crate::stop::checkpoint;
use crate::text::TokenHash;

/// Documents of one portion.
const PORTION: usize = 16;
/// Times as much room as its anchors take, for a reference.
const ROOM: u64 = 8;

/// Collections of up to this many tokens (some 24 MB of English) run at [`Sensitivity::High`] when
/// it is left to us: there it costs some seconds at most.
pub(crate) const AUTO_HIGH_TOKENS: u64 = 4_000_000;

/// Size of the k-grams and of the window that they are chosen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Winnowing {
    /// Words a k-gram.
    pub(crate) size: u32,
    /// K-grams a window.
    pub(crate) window: usize,
}

impl Sensitivity {
    /// What [`Sensitivity::Auto`] means for a collection of so many tokens.
    #[must_use]
    pub const fn resolve(self, tokens: u64) -> Self {
        match self {
            Self::Auto if tokens <= AUTO_HIGH_TOKENS => Self::High,
            Self::Auto => Self::Balanced,
            chosen => chosen,
        }
    }

    /// The name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Balanced => "balanced",
            Self::High => "high",
            Self::Auto => "auto",
        }
    }

    /// Words in a row that, shared by two texts, are certain to hold an anchor of both.
    #[must_use]
    pub const fn guarantee(self) -> u32 {
        let winnowing = self.winnowing();
        winnowing.size + winnowing.window as u32 - 1
    }

    pub(crate) const fn winnowing(self) -> Winnowing {
        match self {
            Self::Fast => Winnowing { size: 5, window: 6 },
            Self::Balanced => Winnowing { size: 4, window: 3 },
            Self::High | Self::Auto => Winnowing { size: 3, window: 1 },
        }
    }
}

/// Calls `emit(hash, position)` for every anchor of a text, by position.
///
/// A text with k-grams but fewer than a window gives its smallest one.
#[inline]
pub(crate) fn for_each_anchor(
    tokens: &[TokenHash],
    winnowing: Winnowing,
    mut emit: impl FnMut(u64, u32),
) {
    let Winnowing { size, window } = winnowing;
    if window == 1 {
        for_each_shingle(tokens, size, |hash, start, _| emit(hash, start as u32));
        return;
    }
    let mut smallest: Option<(u64, usize)> = None;
    let mut emitted = None;
    let mut recent = [0u64; 8];
    debug_assert!(window <= recent.len());
    let mut seen = 0;
    for_each_shingle(tokens, size, |hash, start, _| {
        recent[start % recent.len()] = hash;
        seen = start + 1;
        smallest = match smallest {
            Some((least, at)) if hash > least && at + window > start => Some((least, at)),
            Some((least, _)) if hash <= least => Some((hash, start)),
            // The smallest has left the window: look through what is in it, rightmost first.
            _ => {
                let first = (start + 1).saturating_sub(window);
                (first..=start)
                    .rev()
                    .map(|at| (recent[at % recent.len()], at))
                    .reduce(|best, next| if next.0 < best.0 { next } else { best })
            }
        };
        if seen >= window
            && let Some((hash, at)) = smallest
            && emitted != Some(at)
        {
            emit(hash, at as u32);
            emitted = Some(at);
        }
    });
    if let (true, Some((hash, at))) = (seen < window, smallest) {
        emit(hash, at as u32);
    }
}

/// The anchors that a collection has in several places, or on both sides, in at most so many
/// bytes.
pub(super) fn recurring_anchors(
    collection: &Collection<'_>,
    winnowing: Winnowing,
    most: usize,
) -> Recurring {
    let Collection { archive, pairing, .. } = *collection;
    let numbers: Vec<u32> = (0..archive.len() as u32).collect();
    let anchors = |tokens: u64| 2 * tokens / (winnowing.window as u64 + 1);
    let wanted = match pairing.parts(&numbers, |&document| document) {
        None => anchors(archive.tokens()),
        // A small reference has room enough for a table in which few others meet its anchors.
        Some((reference, _)) => {
            let tokens = reference.iter().map(|&document| u64::from(archive.count(document)));
            anchors(archive.tokens()).min(ROOM * anchors(tokens.sum()))
        }
    };
    // By their lower bits: winnowing chooses by the upper half of hashes.
    let recurring = Recurring::new(wanted, most);
    let scratch = || (TokenScratch::default(), Vec::new());
    numbers.par_chunks(PORTION).for_each_init(scratch, |(scratch, hashes), documents| {
        for &document in documents.iter().filter(|&&id| collection.copy_of[id as usize] == id) {
            checkpoint();
            let tokens = archive.read(document, scratch);
            hashes.clear();
            for_each_anchor(tokens, winnowing, |hash, _| hashes.push(hash));
            recurring.fetch(hashes);
            let in_corpus = !pairing.is_reference(document);
            for &hash in &*hashes {
                match pairing {
                    Pairing::Everything => recurring.see(hash),
                    Pairing::Against { .. } => recurring.see_in(hash, in_corpus),
                }
            }
        }
    });
    recurring
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn anchors(tokens: &[TokenHash], winnowing: Winnowing) -> Vec<(u64, u32)> {
        let mut found = Vec::new();
        for_each_anchor(tokens, winnowing, |hash, at| found.push((hash, at)));
        found
    }

    fn naive(tokens: &[TokenHash], Winnowing { size, window }: Winnowing) -> Vec<(u64, u32)> {
        let mut grams = Vec::new();
        for_each_shingle(tokens, size, |hash, start, _| grams.push((hash, start as u32)));
        let mut found: Vec<(u64, u32)> = grams
            .windows(window.min(grams.len()).max(1))
            .filter_map(|w| w.iter().copied().min_by_key(|&(hash, at)| (hash, u32::MAX - at)))
            .collect();
        found.dedup();
        found
    }

    fn tokens() -> impl Strategy<Value = Vec<TokenHash>> {
        prop::collection::vec(
            (0u32..40).prop_map(|x| TokenHash(x.wrapping_mul(0x9e37_79b9) & !1)),
            0..120,
        )
    }

    proptest! {
        #[test]
        fn equals_the_naive_minimum_of_every_window(tokens in tokens(), window in 1usize..7, size in 1u32..6) {
            let winnowing = Winnowing { size, window };
            prop_assert_eq!(anchors(&tokens, winnowing), naive(&tokens, winnowing));
        }

        #[test]
        fn a_shared_run_of_the_guaranteed_length_shares_an_anchor(
            before in tokens(), run in prop::collection::vec(any::<u32>(), 10), after in tokens(), other in tokens(),
        ) {
            let run: Vec<_> = run.into_iter().map(|x| TokenHash(x & !1)).collect();
            for sensitivity in [Sensitivity::Fast, Sensitivity::Balanced, Sensitivity::High] {
                let run = &run[..sensitivity.guarantee() as usize];
                let first = [&before[..], run, &after].concat();
                let second = [run, &other[..]].concat();
                let inside = |text: &[TokenHash], at: usize| -> Vec<u64> {
                    anchors(text, sensitivity.winnowing()).into_iter()
                        .filter(|&(_, p)| p as usize >= at && p as usize + sensitivity.winnowing().size as usize <= at + run.len())
                        .map(|(hash, _)| hash).collect()
                };
                let second = inside(&second, 0);
                prop_assert!(inside(&first, before.len()).iter().any(|hash| second.contains(hash)));
            }
        }
    }
}
