//! Classification of 64 bytes at a time, and the choice of instructions.
//!
//! A block of 64 bytes becomes four bit masks: bytes of words, digits, apostrophes, bytes beyond
//! ASCII. [`classify`] does it with plain 64-bit arithmetic, eight bytes in a register; `avx2`
//! with vectors of 32; `avx512` with one of 64, and it writes positions and hashes words with
//! vectors, too. Which one runs is decided when the program runs, by what the processor has; all
//! are instances of the same [`blocks::tokenize`], and the tests below hold their masks and tokens
//! equal.
//!
//! Cost: AVX2 makes the whole tokeniser about twice as fast as plain arithmetic, AVX-512 half as
//! fast again. Hashing with the vectors of AVX2 gained nothing.
//!
//! Source: Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019), for reading
//! structure off bit masks.

#![allow(unsafe_code, reason = "`std::arch` loads from pointers and code for one processor")]
#![allow(clippy::inline_always, reason = "must become part of the code for one processor")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use super::TokenBuffer;
use super::blocks::{self, BLOCK, Scratch};

/// What the bytes of a block are; bit `i` speaks of byte `i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Masks {
    /// ASCII letters and digits, and all bytes beyond ASCII.
    pub(super) word: u64,
    /// ASCII digits.
    pub(super) digit: u64,
    /// `'` and `` ` ``.
    pub(super) apostrophe: u64,
    /// Bytes beyond ASCII.
    pub(super) wide: u64,
}

/// Fills `out` with the tokens of a text, with the best instructions that the processor has.
pub(super) fn tokenize(text: &str, scratch: &mut Scratch, out: &mut TokenBuffer) {
    #[cfg(target_arch = "x86_64")]
    {
        if avx512::is_available() {
            // SAFETY: the processor has every feature that the function is compiled for.
            return unsafe { avx512::tokenize(text, scratch, out) };
        }
        if avx2::is_available() {
            // SAFETY: the processor has every feature that the function is compiled for.
            return unsafe { avx2::tokenize(text, scratch, out) };
        }
    }
    plain(text, scratch, out);
}

/// The same with plain arithmetic.
fn plain(text: &str, scratch: &mut Scratch, out: &mut TokenBuffer) {
    blocks::tokenize(text, scratch, out, classify, blocks::write_positions, blocks::hash_words);
}

/// The masks of a block by plain arithmetic on eight bytes at a time.
#[inline(always)]
pub(super) fn classify(block: &[u8; BLOCK]) -> Masks {
    let mut words = [0; 8];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    // Bit 7 of each byte says yes. Sums of bytes below 0x80 do not carry into the next.
    let digits = words.map(|bytes| between(bytes & LOW, b'0', b'9') & !bytes);
    let mut inside = digits;
    for (inside, bytes) in inside.iter_mut().zip(words) {
        *inside |= between(bytes & LOW | (0x20 * EACH), b'a', b'z') | bytes;
    }
    let apostrophes = words.map(|bytes| {
        let low = bytes & LOW;
        (between(low, b'\'', b'\'') | between(low, b'`', b'`')) & !bytes
    });
    // Most blocks have none of the rarer three.
    let mask = |yes: [u64; 8]| {
        let any = yes.iter().fold(0, |any, bytes| any | bytes) & !LOW;
        if any == 0 { 0 } else { gather_all(yes) }
    };
    Masks {
        word: gather_all(inside),
        digit: mask(digits),
        apostrophe: mask(apostrophes),
        wide: mask(words),
    }
}

/// Bit 7 of each of the 64 bytes, side by side.
#[inline(always)]
fn gather_all(bytes: [u64; 8]) -> u64 {
    bytes.iter().rev().fold(0, |mask, &bytes| mask << 8 | gather(bytes))
}

const EACH: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f * EACH;

/// Bit 7 of each byte: whether the byte (below 0x80) is one of `first..=last`.
#[inline(always)]
const fn between(bytes: u64, first: u8, last: u8) -> u64 {
    let from_first = bytes + (0x80 - first) as u64 * EACH;
    let beyond_last = bytes + (0x7f - last) as u64 * EACH;
    from_first & !beyond_last
}

/// Bit 7 of each of the eight bytes, side by side.
#[inline(always)]
const fn gather(bytes: u64) -> u64 {
    (((bytes >> 7) & EACH).wrapping_mul(0x0102_0408_1020_4080)) >> 56
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Byte by byte.
    fn byte_by_byte(block: &[u8; BLOCK]) -> Masks {
        let mask = |is: fn(u8) -> bool| {
            (0..BLOCK).map(|i| u64::from(is(block[i])) << i).fold(0, |mask, bit| mask | bit)
        };
        Masks {
            word: mask(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()),
            digit: mask(|byte| byte.is_ascii_digit()),
            apostrophe: mask(|byte| byte == b'\'' || byte == b'`'),
            wide: mask(|byte| !byte.is_ascii()),
        }
    }

    fn check(block: &[u8; BLOCK]) {
        let expected = byte_by_byte(block);
        assert_eq!(classify(block), expected);
        #[cfg(target_arch = "x86_64")]
        {
            if avx2::is_available() {
                // SAFETY: the processor has the features.
                assert_eq!(unsafe { avx2::classify(block) }, expected);
            }
            if avx512::is_available() {
                // SAFETY: the processor has the features.
                assert_eq!(unsafe { avx512::classify(block) }, expected);
            }
        }
    }

    /// The tokens by all instructions that the processor has, the plain ones first.
    fn tokens_by_all(text: &str) -> Vec<TokenBuffer> {
        let mut all = vec![TokenBuffer::default()];
        plain(text, &mut Scratch::default(), &mut all[0]);
        #[cfg(target_arch = "x86_64")]
        {
            let mut out = TokenBuffer::default();
            if avx2::is_available() {
                // SAFETY: the processor has the features.
                unsafe { avx2::tokenize(text, &mut Scratch::default(), &mut out) };
                all.push(out.clone());
            }
            if avx512::is_available() {
                // SAFETY: the processor has the features.
                unsafe { avx512::tokenize(text, &mut Scratch::default(), &mut out) };
                all.push(out);
            }
        }
        all
    }

    fn check_tokens(text: &str) {
        let all = tokens_by_all(text);
        for tokens in &all[1..] {
            assert!(tokens.iter().eq(all[0].iter()), "{text:?}");
        }
    }

    #[test]
    fn every_byte_in_every_place_is_classified_right() {
        for byte in 0..=u8::MAX {
            for at in 0..BLOCK {
                for around in [0, b'a', b'Z', b'9', b'\'', 0x7f, 0x80, 0xff] {
                    let mut block = [around; BLOCK];
                    block[at] = byte;
                    check(&block);
                }
            }
        }
    }

    /// Words of all lengths around 16 bytes, at all distances from the text's end, in blocks with
    /// the fewest and the most edges.
    #[test]
    fn lengths_do_not_matter() {
        for len in 0..40 {
            let word = &"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO"[..len];
            for others in 0..12 {
                for end in 0..20 {
                    check_tokens(&format!(
                        "{}{word} {}",
                        "Ab ".repeat(others),
                        &"cd efghi jklmnopqrs"[..end]
                    ));
                }
            }
        }
        for edges in 0..200 {
            check_tokens(&"a ".repeat(edges));
        }
    }

    proptest! {
        #[test]
        fn blocks_are_classified_right(block in proptest::array::uniform32(any::<[u8; 2]>())) {
            let mut bytes = [0; BLOCK];
            bytes.copy_from_slice(block.as_flattened());
            check(&bytes);
        }

        /// The whole tokeniser, by all instructions.
        #[test]
        fn the_instructions_do_not_matter(
            text in "([a-zA-Z0-9]{1,20}['’` ]|[ -~]{0,40}|[ -~é“”’ß漢]{0,9}|[\u{0}-\u{7ff}]{0,9}){0,40}",
        ) {
            check_tokens(&text);
        }

        /// Every position of a set bit, in order.
        #[test]
        fn positions_are_those_of_the_bits(bits: u64, sparse: u64, base in 0..u32::MAX - 64) {
            for bits in [bits, bits & sparse, bits | sparse, bits & sparse & sparse.rotate_left(7)] {
                let expected: Vec<u32> =
                    (0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| base + bit).collect();
                let mut room = [0; blocks::ROOM];
                blocks::write_positions(&mut room, base, bits);
                prop_assert_eq!(&room[..expected.len()], &expected);
                #[cfg(target_arch = "x86_64")]
                if avx512::is_available() {
                    let mut room = [0; blocks::ROOM];
                    // SAFETY: the processor has the features.
                    unsafe { avx512::write_positions(&mut room, base, bits) };
                    prop_assert_eq!(&room[..expected.len()], &expected);
                }
            }
        }
    }
}
