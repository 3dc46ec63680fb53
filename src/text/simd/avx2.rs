//! AVX2: 32 bytes in a register.

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
    blocks::tokenize(
        text,
        scratch,
        out,
        |block| classify(block),
        blocks::write_positions,
        blocks::hash_words,
    );
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
    Half { word: mask(word), digit: mask(digits), apostrophe: mask(apostrophe), wide: mask(bytes) }
}
