//! AVX-512: 64 bytes in a register, positions by compression of one, eight words hashed at once.
//!
//! The words themselves are loaded and cut to length here; their hashes are the business of
//! [`hash`](crate::hash), which the compiler turns into vectors because this stands in one register.
//! Filling arrays from safe code, number by number, made the whole tokeniser slower than AVX2.
//!
//! Cost: two thirds of the time of AVX2 for the whole tokeniser.

use std::arch::x86_64::{
    __m128i, __m512i, _mm_loadu_si128, _mm512_add_epi32, _mm512_and_si512, _mm512_andnot_si512,
    _mm512_castsi128_si512, _mm512_castsi512_si128, _mm512_cmpeq_epi8_mask,
    _mm512_cmpgt_epu64_mask, _mm512_cmple_epu8_mask, _mm512_cvtepu8_epi32,
    _mm512_extracti32x4_epi32, _mm512_inserti64x2, _mm512_loadu_si512, _mm512_maskz_compress_epi8,
    _mm512_max_epu64, _mm512_movepi8_mask, _mm512_or_si512, _mm512_set1_epi8, _mm512_set1_epi32,
    _mm512_set1_epi64, _mm512_slli_epi64, _mm512_sllv_epi64, _mm512_srli_epi64,
    _mm512_storeu_si512, _mm512_sub_epi8, _mm512_sub_epi64, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi64,
};

use super::super::TokenHash;
use super::super::blocks::{LOWER_CASE, ROOM};
use super::{BLOCK, Masks, Scratch, TokenBuffer, avx2, blocks};
use crate::hash;

/// Words hashed at once.
const WORDS: usize = 8;

/// Whether the processor has what [`tokenize`] is compiled for.
pub(super) fn is_available() -> bool {
    avx2::is_available()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vbmi2")
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi2,bmi1,bmi2,popcnt")]
pub(super) fn tokenize(text: &str, scratch: &mut Scratch, out: &mut TokenBuffer) {
    // Closures have the features of the function that they stand in.
    blocks::tokenize(
        text,
        scratch,
        out,
        |block| classify(block),
        |column, base, bits| write_positions(column, base, bits),
        |text, runs, hashes| hash_words(text, runs, hashes),
    );
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn classify(block: &[u8; BLOCK]) -> Masks {
    let each = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
    let bytes = load(block);
    let between = |bytes, first: u8, last: u8| {
        _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, each(first)), each(last - first))
    };
    let letter = between(_mm512_or_si512(bytes, each(0x20)), b'a', b'z');
    let digit = between(bytes, b'0', b'9');
    let wide = _mm512_movepi8_mask(bytes);
    let apostrophe =
        _mm512_cmpeq_epi8_mask(bytes, each(b'\'')) | _mm512_cmpeq_epi8_mask(bytes, each(b'`'));
    Masks { word: letter | digit | wide, digit, apostrophe, wide }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; BLOCK]) -> __m512i {
    // SAFETY: 64 bytes can be read; the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// The number of each byte of a block.
const NUMBERS: [u8; BLOCK] = {
    let mut numbers = [0; BLOCK];
    let mut i = 0;
    while i < BLOCK {
        numbers[i] = i as u8;
        i += 1;
    }
    numbers
};

/// As [`blocks::write_positions`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2")]
pub(super) fn write_positions(column: &mut [u32; ROOM], base: u32, bits: u64) {
    let base = _mm512_set1_epi32(base.cast_signed());
    let set = _mm512_maskz_compress_epi8(bits, load(&NUMBERS));
    let position = |bytes| _mm512_add_epi32(base, _mm512_cvtepu8_epi32(bytes));
    let [first, second, third, fourth, ..] = column.as_chunks_mut().0 else { return };
    store(first, position(_mm512_castsi512_si128(set)));
    store(second, position(_mm512_extracti32x4_epi32::<1>(set)));
    // A block of English has some 22 edges.
    if bits.count_ones() > 32 {
        store(third, position(_mm512_extracti32x4_epi32::<2>(set)));
        store(fourth, position(_mm512_extracti32x4_epi32::<3>(set)));
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(column: &mut [u32; 16], numbers: __m512i) {
    // SAFETY: 16 numbers can be written; the store needs no alignment.
    unsafe { _mm512_storeu_si512(column.as_mut_ptr().cast(), numbers) }
}

/// As [`blocks::hash_words`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq")]
pub(super) fn hash_words(text: &[u8], runs: &[[u32; 2]], hashes: &mut [TokenHash]) {
    let (groups, rest) = runs.as_chunks();
    let (hash_groups, hash_rest) = hashes.as_chunks_mut();
    for (runs, hashes) in groups.iter().zip(hash_groups) {
        if !hash_eight(text, runs, hashes) {
            blocks::hash_words(text, runs, hashes);
        }
    }
    blocks::hash_words(text, rest, hash_rest);
}

/// Hashes eight words, unless one is longer than 16 bytes or begins in the last 15 of the text.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq")]
fn hash_eight(text: &[u8], runs: &[[u32; 2]; WORDS], hashes: &mut [TokenHash; WORDS]) -> bool {
    let Some(last) = text.len().checked_sub(16) else { return false };
    // SAFETY: eight times two numbers can be read; the load needs no alignment.
    let edges = unsafe { _mm512_loadu_si512(runs.as_ptr().cast()) };
    let starts = _mm512_and_si512(edges, each(0xffff_ffff));
    let lens = _mm512_sub_epi64(_mm512_srli_epi64::<32>(edges), starts);
    let far = _mm512_cmpgt_epu64_mask(starts, each(last as u64));
    let long = _mm512_cmpgt_epu64_mask(lens, each(16));
    if far | long != 0 {
        return false;
    }
    let load = |run: [u32; 2]| -> __m128i {
        // SAFETY: each run begins at least 16 bytes before the text's end, as `far` says.
        unsafe { _mm_loadu_si128(text.as_ptr().add(run[0] as usize).cast()) }
    };
    let every_second = |at: usize| {
        let one = _mm512_castsi128_si512(load(runs[at]));
        let two = _mm512_inserti64x2::<1>(one, load(runs[at + 2]));
        let three = _mm512_inserti64x2::<2>(two, load(runs[at + 4]));
        _mm512_inserti64x2::<3>(three, load(runs[at + 6]))
    };
    let (even, odd) = (every_second(0), every_second(1));
    // Bytes beyond the first and the second eight of a word; a shift by 64 bits leaves none.
    let bits = _mm512_slli_epi64::<3>(lens);
    let beyond_low = _mm512_sllv_epi64(each(u64::MAX), bits);
    let bits_high = _mm512_sub_epi64(_mm512_max_epu64(bits, each(64)), each(64));
    let beyond_high = _mm512_sllv_epi64(each(u64::MAX), bits_high);
    let lower_case = |bytes, beyond| {
        _mm512_andnot_si512(beyond, _mm512_or_si512(bytes, each(LOWER_CASE as u64)))
    };
    let low = lower_case(_mm512_unpacklo_epi64(even, odd), beyond_low);
    let high = lower_case(_mm512_unpackhi_epi64(even, odd), beyond_high);
    // SAFETY: both types are 64 bytes of plain numbers.
    let numbers = |vector| unsafe { std::mem::transmute::<__m512i, [u64; WORDS]>(vector) };
    *hashes = hash::letters_block_hashes(numbers(low), numbers(high)).map(|h| TokenHash(h & !1));
    true
}

#[inline]
#[target_feature(enable = "avx512f")]
fn each(number: u64) -> __m512i {
    _mm512_set1_epi64(number.cast_signed())
}
