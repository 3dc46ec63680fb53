//! Shingles: `n` words in a row, as a hash.
//!
//! The tokens of a shingle are the coefficients of a polynomial modulo 2⁶⁴ at one odd base above
//! 2³², so the hash depends on their order and rolls from one position to the next with two
//! multiplications (Karp and Rabin 1987). Affine hashes of structured keys bias every sketch that
//! is built on them, therefore each value goes through a strong finaliser before anyone sees it.
//!
//! A *dense* token (a grapheme of a script without spaces) weighs half a word: a shingle extends
//! from its first token until it weighs `size` words, so it holds up to `2 × size` tokens there.
//! It depends on its own tokens only, never on where the text began. Texts without a dense token
//! take a loop of fixed length, with the same values.
//!
//! Cost: one pass, about 1.3 ns a token; no memory.

use crate::hash::{KEYS, finalise};
use crate::text::TokenHash;

/// Most words a shingle can have.
pub const MAX_SHINGLE_SIZE: u32 = 64;

/// Base of the polynomial. It is 5 modulo 8, which leaves no two tokens whose exchange could keep
/// the value within the longest shingle.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// One more than the tokens of the longest shingle: all of them dense.
const LENGTHS: usize = 2 * MAX_SHINGLE_SIZE as usize + 1;

/// `POWERS[i]` is the base to the power of `i`.
const POWERS: [u64; LENGTHS] = {
    let mut powers = [1u64; LENGTHS];
    let mut i = 1;
    while i < LENGTHS {
        powers[i] = powers[i - 1].wrapping_mul(BASE);
        i += 1;
    }
    powers
};

/// What a shingle of `i` tokens adds, as if each token were moved up by a constant: a zero in
/// front must change the value.
const LENGTH_KEYS: [u64; LENGTHS] = {
    let mut keys = [0u64; LENGTHS];
    let mut i = 1;
    while i < LENGTHS {
        keys[i] = keys[i - 1].wrapping_mul(BASE).wrapping_add(KEYS[0]);
        i += 1;
    }
    keys
};

/// Calls `emit(hash, start, end)` for every shingle of `size` words, by start; `start..end` are
/// positions in `tokens`.
///
/// A text lighter than one shingle has none. `size` is 1 to [`MAX_SHINGLE_SIZE`]; values beyond
/// are taken as the nearest of these.
///
/// ```
/// use doublet::shingle::for_each_shingle;
/// use doublet::text::TokenHash;
/// // Words have even hashes, graphemes of scripts without spaces odd ones.
/// let tokens = [2, 4, 6, 2, 4, 6].map(TokenHash);
/// let mut hashes = Vec::new();
/// for_each_shingle(&tokens, 3, |hash, start, end| hashes.push((hash, start..end)));
/// assert_eq!(hashes.len(), 4);
/// assert_eq!(hashes[3].1, 3..6);
/// assert_eq!(hashes[0].0, hashes[3].0);
/// assert_ne!(hashes[0].0, hashes[1].0);
/// ```
#[inline]
pub fn for_each_shingle(tokens: &[TokenHash], size: u32, emit: impl FnMut(u64, usize, usize)) {
    let size = size.clamp(1, MAX_SHINGLE_SIZE);
    if has_dense(tokens) {
        roll_weighted(tokens, size, emit);
    } else {
        roll_words(tokens, size, emit);
    }
}

/// Like [`for_each_shingle`], but a text of at least one token that is lighter than a shingle
/// yields one shingle of all its tokens, so that nothing is lost in silence. No tokens, no
/// shingle.
#[inline]
pub fn for_each_document_shingle(
    tokens: &[TokenHash],
    size: u32,
    mut emit: impl FnMut(u64, usize, usize),
) {
    let size = size.clamp(1, MAX_SHINGLE_SIZE);
    if !tokens.is_empty() && is_lighter(tokens, size) {
        emit(hash_of(tokens), 0, tokens.len());
    } else {
        for_each_shingle(tokens, size, emit);
    }
}

/// Whether all tokens together weigh less than `size` words.
fn is_lighter(tokens: &[TokenHash], size: u32) -> bool {
    let half_words = 2 * size as usize;
    tokens.len() < half_words
        && tokens.iter().map(|token| token.half_words() as usize).sum::<usize>() < half_words
}

fn has_dense(tokens: &[TokenHash]) -> bool {
    // Blocks keep the loop free of exits, so that it runs on vectors.
    tokens.chunks(256).any(|block| block.iter().fold(0, |flags, token| flags | token.0) & 1 == 1)
}

/// The shingle of these tokens, by definition; at most `LENGTHS − 1` of them.
fn hash_of(tokens: &[TokenHash]) -> u64 {
    let polynomial = tokens.iter().copied().fold(0, push);
    finalise(polynomial.wrapping_add(LENGTH_KEYS[tokens.len()]))
}

#[inline]
fn push(state: u64, token: TokenHash) -> u64 {
    state.wrapping_mul(BASE).wrapping_add(u64::from(token.0))
}

#[inline]
fn roll_words(tokens: &[TokenHash], size: u32, mut emit: impl FnMut(u64, usize, usize)) {
    let size = size as usize;
    let Some((first, rest)) = tokens.split_at_checked(size) else { return };
    let (leaving_power, key) = (POWERS[size], LENGTH_KEYS[size]);
    let mut state = first.iter().copied().fold(0, push);
    emit(finalise(state.wrapping_add(key)), 0, size);
    for (start, (entering, leaving)) in (1..).zip(rest.iter().zip(tokens)) {
        // The product of the leaving token waits for nothing: only one is on the critical path.
        let change =
            u64::from(entering.0).wrapping_sub(u64::from(leaving.0).wrapping_mul(leaving_power));
        state = state.wrapping_mul(BASE).wrapping_add(change);
        emit(finalise(state.wrapping_add(key)), start, start + size);
    }
}

#[inline(never)]
fn roll_weighted(tokens: &[TokenHash], size: u32, mut emit: impl FnMut(u64, usize, usize)) {
    let enough = 2 * size;
    let (mut state, mut weight, mut end) = (0u64, 0, 0);
    for (start, leaving) in tokens.iter().enumerate() {
        while weight < enough {
            let Some(token) = tokens.get(end) else { return };
            state = push(state, *token);
            weight += token.half_words();
            end += 1;
        }
        let length = end - start;
        emit(finalise(state.wrapping_add(LENGTH_KEYS[length])), start, end);
        state = state.wrapping_sub(u64::from(leaving.0).wrapping_mul(POWERS[length - 1]));
        weight -= leaving.half_words();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Shingle = (u64, usize, usize);

    fn rolled(tokens: &[TokenHash], size: u32) -> Vec<Shingle> {
        let mut shingles = Vec::new();
        for_each_shingle(tokens, size, |hash, start, end| shingles.push((hash, start, end)));
        shingles
    }

    fn of_document(tokens: &[TokenHash], size: u32) -> Vec<Shingle> {
        let mut shingles = Vec::new();
        for_each_document_shingle(tokens, size, |hash, start, end| {
            shingles.push((hash, start, end));
        });
        shingles
    }

    fn naive(tokens: &[TokenHash], size: u32) -> Vec<Shingle> {
        (0..tokens.len())
            .filter_map(|start| {
                let end = (start..=tokens.len()).find(|&end| {
                    tokens[start..end].iter().map(|t| t.half_words()).sum::<u32>() >= 2 * size
                })?;
                let value = tokens[start..end].iter().fold(0u64, |value, token| {
                    value.wrapping_mul(BASE).wrapping_add(u64::from(token.0)).wrapping_add(KEYS[0])
                });
                Some((finalise(value), start, end))
            })
            .collect()
    }

    fn tokens(any: &[u32], dense_every: u32) -> Vec<TokenHash> {
        any.iter().map(|&x| TokenHash(if x % 7 < dense_every { x | 1 } else { x & !1 })).collect()
    }

    proptest! {
        #[test]
        fn rolling_equals_the_definition(
            any in prop::collection::vec(any::<u32>(), 0..300),
            size in 1u32..=12,
            dense_every in 0u32..=7,
        ) {
            let tokens = tokens(&any, dense_every);
            prop_assert_eq!(rolled(&tokens, size), naive(&tokens, size));
        }

        #[test]
        fn words_give_the_same_on_either_path(
            any in prop::collection::vec(any::<u32>(), 0..200),
            size in 1u32..=64,
        ) {
            let tokens = tokens(&any, 0);
            let mut weighted = Vec::new();
            roll_weighted(&tokens, size, |hash, start, end| weighted.push((hash, start, end)));
            prop_assert_eq!(rolled(&tokens, size), weighted);
        }

        #[test]
        fn a_shingle_depends_on_its_own_tokens_only(
            before in prop::collection::vec(any::<u32>(), 0..20),
            text in prop::collection::vec(any::<u32>(), 1..40),
            after in prop::collection::vec(any::<u32>(), 0..20),
            dense_every in 0u32..=7,
        ) {
            let whole: Vec<u32> = [&before[..], &text, &after].concat();
            let inner = rolled(&tokens(&text, dense_every), 5);
            let outer = rolled(&tokens(&whole, dense_every), 5);
            for (hash, start, end) in inner {
                let moved = (hash, start + before.len(), end + before.len());
                prop_assert!(outer.contains(&moved));
            }
        }

        #[test]
        fn a_short_text_is_one_shingle(
            any in prop::collection::vec(any::<u32>(), 0..12),
            dense_every in 0u32..=7,
        ) {
            let tokens = tokens(&any, dense_every);
            let shingles = of_document(&tokens, 5);
            if tokens.is_empty() {
                prop_assert!(shingles.is_empty());
            } else if rolled(&tokens, 5).is_empty() {
                prop_assert_eq!(shingles.len(), 1);
                prop_assert_eq!((shingles[0].1, shingles[0].2), (0, tokens.len()));
            } else {
                prop_assert_eq!(shingles, rolled(&tokens, 5));
            }
        }
    }

    #[test]
    fn order_length_and_leading_zeros_count() {
        let hash =
            |tokens: &[u32]| hash_of(&tokens.iter().map(|&t| TokenHash(t)).collect::<Vec<_>>());
        assert_ne!(hash(&[2, 4, 6]), hash(&[6, 4, 2]));
        assert_ne!(hash(&[2, 4, 6]), hash(&[4, 2, 6]));
        assert_ne!(hash(&[0, 2]), hash(&[2]));
        assert_ne!(hash(&[0, 0]), hash(&[0]));
    }

    #[test]
    fn sizes_beyond_the_range_are_taken_as_the_nearest() {
        let dense: Vec<TokenHash> = (0..300).map(|i| TokenHash(2 * i + 1)).collect();
        assert_eq!(rolled(&dense, 0), rolled(&dense, 1));
        assert_eq!(rolled(&dense, u32::MAX), rolled(&dense, MAX_SHINGLE_SIZE));
        assert_eq!(rolled(&dense, MAX_SHINGLE_SIZE)[0].2, 128);
    }

    #[test]
    fn golden_values() {
        let tokens: Vec<TokenHash> = (1..=6u32).map(|i| TokenHash(i * 0x1234_5678)).collect();
        let hashes: Vec<u64> = rolled(&tokens, 5).iter().map(|shingle| shingle.0).collect();
        assert_eq!(hashes, [11_008_257_662_772_296_203, 11_521_924_871_407_415_723]);
    }
}
