//! Classification of 64 bytes at a time, and the choice of instructions.
//!
//! A block of 64 bytes becomes four bit masks: bytes of words, digits, apostrophes, bytes beyond
//! ASCII. [`classify`] does it with plain 64-bit arithmetic, eight bytes in a register; [`avx2`]
//! does the same with vectors of 32. Which one runs is decided when the program runs, by what the
//! processor has; both are instances of the same [`blocks::tokenize`], and the tests below hold
//! their masks and tokens equal.
//!
//! Cost: AVX2 makes the whole tokeniser about twice as fast as plain arithmetic. There is no AVX-512
//! variant: it could not be run where this was written, and an untried unsafe path is a defect.
//!
//! Source: Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019), for reading
//! structure off bit masks.

#![allow(unsafe_code, reason = "`std::arch` loads from pointers and code for one processor")]
#![allow(clippy::inline_always, reason = "must become part of the code for one processor")]

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
    if avx2::is_available() {
        // SAFETY: the processor has every feature that the function is compiled for.
        unsafe { avx2::tokenize(text, scratch, out) };
        return;
    }
    blocks::tokenize(text, scratch, out, classify);
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

/// The same with 32 bytes in a register.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_set1_epi8, _mm256_sub_epi8,
    };

    use super::{BLOCK, Masks, Scratch, TokenBuffer, blocks};

    /// Whether the processor has what [`tokenize`] is compiled for.
    pub(super) fn is_available() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt")
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    pub(super) fn tokenize(text: &str, scratch: &mut Scratch, out: &mut TokenBuffer) {
        // A closure has the features of the function that it stands in.
        blocks::tokenize(text, scratch, out, |block| classify(block));
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn classify(block: &[u8; BLOCK]) -> Masks {
        let (low, high) = block.split_at(32);
        let (low, high) = (classify_half(load(low)), classify_half(load(high)));
        let join = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        Masks {
            word: join(low.word, high.word),
            digit: join(low.digit, high.digit),
            apostrophe: join(low.apostrophe, high.apostrophe),
            wide: join(low.wide, high.wide),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(bytes: &[u8]) -> __m256i {
        assert!(bytes.len() == 32);
        // SAFETY: 32 bytes can be read, as just asserted; the load needs no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    /// The [`Masks`] of 32 bytes.
    struct Half {
        word: u32,
        digit: u32,
        apostrophe: u32,
        wide: u32,
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn classify_half(bytes: __m256i) -> Half {
        let each = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
        let between = |bytes, first: u8, last: u8| {
            let from_first = _mm256_sub_epi8(bytes, each(first));
            _mm256_cmpeq_epi8(_mm256_min_epu8(from_first, each(last - first)), from_first)
        };
        let letters = between(_mm256_or_si256(bytes, each(0x20)), b'a', b'z');
        let digits = between(bytes, b'0', b'9');
        // Bit 7 of a byte beyond ASCII is set already.
        let word = _mm256_or_si256(_mm256_or_si256(letters, digits), bytes);
        let apostrophe = _mm256_or_si256(
            _mm256_cmpeq_epi8(bytes, each(b'\'')),
            _mm256_cmpeq_epi8(bytes, each(b'`')),
        );
        let mask = |vector| _mm256_movemask_epi8(vector).cast_unsigned();
        Half {
            word: mask(word),
            digit: mask(digits),
            apostrophe: mask(apostrophe),
            wide: mask(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Byte by byte.
    fn plain(block: &[u8; BLOCK]) -> Masks {
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
        assert_eq!(classify(block), plain(block));
        #[cfg(target_arch = "x86_64")]
        if avx2::is_available() {
            // SAFETY: the processor has the features.
            assert_eq!(unsafe { avx2::classify(block) }, plain(block));
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

    proptest! {
        #[test]
        fn blocks_are_classified_right(block in proptest::array::uniform32(any::<[u8; 2]>())) {
            let mut bytes = [0; BLOCK];
            bytes.copy_from_slice(block.as_flattened());
            check(&bytes);
        }

        /// The whole tokeniser, plain and dispatched.
        #[test]
        fn the_instructions_do_not_matter(
            text in "([a-zA-Z0-9]{1,20}['’` ]|[ -~]{0,40}|[ -~é“”’ß漢]{0,9}|[\u{0}-\u{7ff}]{0,9}){0,40}",
        ) {
            let (mut dispatched, mut portable) = (TokenBuffer::default(), TokenBuffer::default());
            tokenize(&text, &mut Scratch::default(), &mut dispatched);
            blocks::tokenize(&text, &mut Scratch::default(), &mut portable, classify);
            prop_assert_eq!(dispatched.starts, portable.starts);
            prop_assert_eq!(dispatched.ends, portable.ends);
            prop_assert_eq!(dispatched.hashes, portable.hashes);
        }
    }
}
