//! The only place that hashes: mixers of 64 bits and the content hash of 128.
//!
//! [`fold_multiply`] is the widening multiplication of the wyhash family: 64×64→128 bits, high
//! half xor low half. [`finalise`] makes every output bit depend on every input bit (two rounds
//! of it with odd constants). Sketches, bands and anchors use nothing else, and their values are
//! frozen by the golden tests below: a change of any constant is a new
//! [`SketchSpec`](crate::sketch::SketchSpec), never a quiet difference.
//!
//! Cost: about one nanosecond a call or less.

#![allow(
    clippy::inline_always,
    reason = "a few instructions, also in code compiled for one processor"
)]

mod many;

pub(crate) use self::many::fold_multiply_each;

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::text::TokenHash;

/// Odd constants with half of their bits set (digits of √2, √3, √5, √7).
pub(crate) const KEYS: [u64; 4] =
    [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];

/// High half xor low half of the 128-bit product.
#[inline(always)]
pub(crate) const fn fold_multiply(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// A strong finaliser: uniform bits out of structured ones.
#[inline(always)]
pub(crate) const fn finalise(x: u64) -> u64 {
    let once = fold_multiply(x ^ KEYS[0], KEYS[1]);
    fold_multiply(once ^ KEYS[2], KEYS[3])
}

/// Order-dependent combination of two hashes.
#[inline(always)]
pub(crate) const fn combine(state: u64, next: u64) -> u64 {
    fold_multiply(state ^ KEYS[0], next ^ KEYS[3]).wrapping_add(state.rotate_left(23))
}

/// Masks that keep the first `len` of 16 bytes, as two little-endian words.
static FIRST_BYTES: [[u64; 2]; 17] = {
    let mut masks = [[0; 2]; 17];
    let mut len = 1;
    while len <= 16 {
        let kept = u128::MAX >> (128 - 8 * len);
        masks[len] = [kept as u64, (kept >> 64) as u64];
        len += 1;
    }
    masks
};

/// The first `len` (at most 16) of 16 bytes as two little-endian words, zero beyond.
#[inline(always)]
pub(crate) fn first_bytes(block: u128, len: usize) -> (u64, u64) {
    let [low, high] = FIRST_BYTES[len.min(16)];
    let (first, second) = words(block);
    (first & low, second & high)
}

/// Hash of a token's form of at most 16 bytes of ASCII, given as [`first_bytes`] gives it.
#[inline(always)]
pub(crate) const fn short_token_hash(low: u64, high: u64) -> u64 {
    if has_ascii_digits(low, high) {
        numbered_block_hash(low, high)
    } else {
        letters_block_hash(low, high)
    }
}

/// The same for a form without digits.
#[inline(always)]
pub(crate) const fn letters_block_hash(low: u64, high: u64) -> u64 {
    with_head(numbered_block_hash(low, high), low & HEAD_LETTERS)
}

/// The upper halves of [`letters_block_hash`] of several words, put together of multiplications that
/// vectors have: of 32 bits to 64.
#[inline(always)]
pub(crate) fn letters_block_hashes<const N: usize>(low: [u64; N], high: [u64; N]) -> [u32; N] {
    let mut hashes = [0; N];
    for i in 0..N {
        let block = fold_multiply_by_halves(low[i] ^ KEYS[0], high[i] ^ KEYS[1]);
        let hash = fold_multiply_by_halves(block ^ KEYS[2], KEYS[3]);
        hashes[i] = (with_head(hash, low[i] & HEAD_LETTERS) >> 32) as u32;
    }
    hashes
}

const HALF: u64 = 0xffff_ffff;

/// [`fold_multiply`] as on paper, with digits of 32 bits.
#[inline(always)]
const fn fold_multiply_by_halves(a: u64, b: u64) -> u64 {
    let [(a_low, a_high), (b_low, b_high)] = [(a & HALF, a >> 32), (b & HALF, b >> 32)];
    let lowest = a_low * b_low;
    // No sum overflows: (2³² − 1)² + 2 (2³² − 1) = 2⁶⁴ − 1.
    let first = a_high * b_low + (lowest >> 32);
    let second = a_low * b_high + (first & HALF);
    let high = a_high * b_high + (first >> 32) + (second >> 32);
    high ^ (lowest & HALF | second << 32)
}

/// The first three letters of a form of ASCII, in its first eight bytes.
const HEAD_LETTERS: u64 = 0xff_ffff;
/// The byte of a hash that tells nothing but the first three letters.
const HEAD: u64 = 0xff << 56;

/// Whether 16 bytes of small letters, digits, apostrophes and zeros hold a digit.
#[inline(always)]
const fn has_ascii_digits(low: u64, high: u64) -> bool {
    // Only digits have bit 4 and not bit 6.
    (low & !(low >> 2) | high & !(high >> 2)) & 0x1010_1010_1010_1010 != 0
}

/// The same for a form with digits. The length needs no part in it, since no form holds a zero byte.
#[inline(always)]
pub(crate) const fn numbered_block_hash(low: u64, high: u64) -> u64 {
    let block = fold_multiply(low ^ KEYS[0], high ^ KEYS[1]);
    fold_multiply(block ^ KEYS[2], KEYS[3])
}

/// A hash whose highest byte is one of a word's first three letters alone, so that words in other
/// forms (*pattern*, *patterns*) mostly agree in it. Of English words as many agree in that byte by
/// chance as if it had a quarter fewer values. Not for words with digits: those hardly have other
/// forms, and thousands of names and numbers that begin alike must not collide.
#[inline(always)]
const fn with_head(hash: u64, letters: u64) -> u64 {
    hash & !HEAD | letters.wrapping_mul(KEYS[1]) & HEAD
}

/// At most 16 bytes, filled up with zeros.
#[inline]
fn padded(bytes: &[u8]) -> u128 {
    let mut block = [0; 16];
    block[..bytes.len()].copy_from_slice(bytes);
    u128::from_le_bytes(block)
}

/// A block as two little-endian words.
#[inline]
const fn words(block: u128) -> (u64, u64) {
    (block as u64, (block >> 64) as u64)
}

/// The first three letters of a form that begins with a block, in 64 bits.
#[inline]
fn first_letters(block: u128) -> u64 {
    const HIGH: u128 = u128::from_ne_bytes([0x80; 16]);
    // Bit 7 of each byte that goes on with no letter; what fills up the block counts as letters.
    let mut begins = (!block | block << 1) & HIGH;
    for _ in 0..3 {
        begins &= begins.wrapping_sub(1);
    }
    // Below the byte in which a fourth letter begins.
    let kept = (begins & begins.wrapping_neg()).wrapping_shr(7).wrapping_sub(1);
    let (low, high) = words(block & kept);
    low.wrapping_add(high.wrapping_mul(KEYS[2]))
}

/// Whether there is a digit of any script.
#[inline]
pub(crate) fn has_digits(form: &[u8]) -> bool {
    str::from_utf8(form).is_ok_and(|form| form.contains(is_digit))
}

/// As [`char::is_numeric`], which searches long for letters; so not for those of everyday scripts.
#[inline]
fn is_digit(c: char) -> bool {
    match c {
        '\u{c0}'..='\u{65f}'
        | '\u{66a}'..='\u{6ef}'
        | '\u{3041}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' => false,
        _ => c.is_numeric(),
    }
}

/// Hash of a token's form: blocks of 16 bytes, the last one filled up with zeros, then a
/// finalising round. The highest byte of words without digits is one of the first three letters
/// alone.
pub(crate) fn token_hash(form: &[u8]) -> u64 {
    form_hash(form, has_digits(form))
}

/// The same where it is known whether there are digits.
pub(crate) fn form_hash(form: &[u8], digits: bool) -> u64 {
    let mut state = 0;
    let mut blocks = form.chunks_exact(16);
    // A form of exactly 16 bytes is one block, not one block and an empty one.
    let mut rest = blocks.remainder();
    if rest.is_empty() {
        rest = blocks.next_back().unwrap_or_default();
    }
    for block in blocks {
        let (low, high) = words(padded(block));
        state = combine(state, fold_multiply(low ^ KEYS[0], high ^ KEYS[1]));
    }
    let last = padded(rest);
    let (low, high) = words(last);
    let block = fold_multiply(low ^ KEYS[0], high ^ KEYS[1]);
    let hash = fold_multiply(state ^ block ^ KEYS[2], KEYS[3]);
    if digits {
        return hash;
    }
    let first = form.first_chunk().map_or(last, |&first| u128::from_le_bytes(first));
    with_head(hash, first_letters(first))
}

/// The same for a form of at most 16 bytes, filled up with zeros.
#[inline]
pub(crate) fn block_hash(block: u128, digits: bool) -> u64 {
    let (low, high) = words(block);
    let hash = numbered_block_hash(low, high);
    if digits { hash } else { with_head(hash, first_letters(block)) }
}

/// Tokens of a block of a content hash; most documents have fewer.
const BLOCK: usize = 1024;

/// Content hash of a token sequence: xxh3-128 over the little-endian token hashes.
pub(crate) fn content_hash(tokens: &[TokenHash]) -> u128 {
    let mut block = [0u8; 4 * BLOCK];
    if tokens.len() <= BLOCK {
        return xxh3_128(little_endian(tokens, &mut block));
    }
    let mut state = Xxh3::new();
    for tokens in tokens.chunks(BLOCK) {
        state.update(little_endian(tokens, &mut block));
    }
    state.digest128()
}

fn little_endian<'b>(tokens: &[TokenHash], block: &'b mut [u8; 4 * BLOCK]) -> &'b [u8] {
    for (bytes, token) in block.chunks_exact_mut(4).zip(tokens) {
        bytes.copy_from_slice(&token.0.to_le_bytes());
    }
    &block[..4 * tokens.len().min(BLOCK)]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn content_hashes_do_not_depend_on_blocks() {
        let tokens: Vec<TokenHash> = (0..5000u64).map(|i| TokenHash(finalise(i) as u32)).collect();
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.0.to_le_bytes()).collect();
        for len in [0, 1, 7, 60, 61, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 5000] {
            assert_eq!(content_hash(&tokens[..len]), xxh3_128(&bytes[..4 * len]), "{len} tokens");
        }
    }

    #[test]
    fn short_and_long_hashes_agree() {
        for form in ["abcdefghijklmnopqrstuvwxyz", "a'c'e'g'i'k'm'o'q", "abcdefghijklmno7", "0a"] {
            for len in 0..=form.len().min(16) {
                let mut block = [b'#'; 16];
                block[..len].copy_from_slice(&form.as_bytes()[..len]);
                let (low, high) = first_bytes(u128::from_le_bytes(block), len);
                let long = token_hash(&form.as_bytes()[..len]);
                assert_eq!(short_token_hash(low, high), long, "{form}, {len} bytes");
            }
        }
    }

    #[test]
    fn no_byte_of_a_form_is_without_effect() {
        let mut seen = HashSet::new();
        for len in 1..=50 {
            let form = vec![b'x'; len];
            assert!(seen.insert(token_hash(&form)));
            for at in 0..len {
                for bit in 0..8 {
                    let mut changed = form.clone();
                    changed[at] ^= 1 << bit;
                    assert!(seen.insert(token_hash(&changed)), "bit {bit} of byte {at} of {len}");
                }
            }
        }
    }

    /// Numbers and names with numbers are the most structured words there are: their hashes collide
    /// as seldom as random ones (31 bits are kept; of a million, 233 pairs are expected to, standard
    /// deviation 15).
    #[test]
    fn hashes_of_numbers_look_random() {
        for name in ["", "nr", "record", "запис"] {
            let mut kept: Vec<u32> = (0..1_000_000)
                .map(|n: u32| (token_hash(format!("{name}{n}").as_bytes()) >> 33) as u32)
                .collect();
            kept.sort_unstable();
            let collisions = kept.windows(2).filter(|pair| pair[0] == pair[1]).count();
            assert!((158..=308).contains(&collisions), "{collisions} collisions of {name:?}");
        }
    }

    proptest! {
        #[test]
        fn words_that_begin_alike_agree_in_the_highest_byte(
            start in "[a-zéжあ𝒳]{3}",
            ends in ["[a-zéжあ]{0,20}", "[a-zéжあ]{0,20}"],
        ) {
            let [a, b] = ends.map(|end| token_hash((start.clone() + &end).as_bytes()) >> 56);
            prop_assert_eq!(a, b);
            let (low, high) = words(padded(start.as_bytes()));
            let alone = token_hash(start.as_bytes());
            prop_assert!(!start.is_ascii() || short_token_hash(low, high) == alone);
        }
    }

    proptest! {
        #[test]
        fn hashes_of_several_are_those_of_each(low: [u64; 8], high: [u64; 8]) {
            let together = letters_block_hashes(low, high);
            for i in 0..8 {
                prop_assert_eq!(together[i], (letters_block_hash(low[i], high[i]) >> 32) as u32);
            }
        }
    }

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_digit(c), c.is_numeric(), "U+{:04X}", c as u32);
        }
    }

    /// Worked out by a program of its own, from the documentation.
    #[test]
    fn frozen_values() {
        for (form, hash) in [
            ("", 0x0096_060d_57c9_a260),
            ("a", 0x02c5_54ee_13bc_0c8a),
            ("the", 0xe4d3_65b0_74aa_d964),
            ("patterns", 0x5ab2_2630_628d_7f35),
            ("abcdefghijklmnop", 0x3025_3e3a_002d_f6bf),
            ("abcdefghijklmnopq", 0x30b2_a9e6_8bc8_3126),
            ("abcdefghijklmnopqrstuvwxyz0123456789", 0x50de_828a_595e_b183),
        ] {
            assert_eq!(token_hash(form.as_bytes()), hash, "{form}");
        }
    }
}
