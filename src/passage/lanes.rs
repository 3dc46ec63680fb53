//! Sixteen bytes compared at once.
//!
//! Cost: a handful of instructions with the vectors that every x86-64 processor has, some thirty
//! without.

#![allow(unsafe_code, reason = "functions of `std::arch` need features of a processor")]

/// Bytes compared at once.
const LANES: usize = 16;

/// At most 16 bytes, filled up with zeros; the first is the lowest.
#[inline]
pub(super) fn lanes<const N: usize>(bytes: [u8; N]) -> u128 {
    let mut all = [0; LANES];
    all[..N].copy_from_slice(&bytes);
    u128::from_le_bytes(all)
}

/// The same byte in all places.
#[inline]
pub(super) fn each(byte: u8) -> u128 {
    u128::from_ne_bytes([byte; LANES])
}

/// A bit for each byte that is the same in both, the lowest for the lowest.
#[inline]
pub(super) fn equal(a: u128, b: u128) -> u32 {
    // SAFETY: the function needs nothing but SSE2, and this is compiled only where all processors
    // have it.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    return unsafe { sse2::equal(a, b) };
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    plain::equal(a, b)
}

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2 {
    use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x};

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn equal(a: u128, b: u128) -> u32 {
        _mm_movemask_epi8(_mm_cmpeq_epi8(vector(a), vector(b))).cast_unsigned()
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn vector(bytes: u128) -> __m128i {
        _mm_set_epi64x((bytes >> 64) as i64, bytes as i64)
    }
}

/// Without vectors.
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
mod plain {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

    pub(super) fn equal(a: u128, b: u128) -> u32 {
        let differing = a ^ b;
        zeros(differing as u64) | zeros((differing >> 64) as u64) << 8
    }

    /// A bit for each of eight bytes that is 0.
    fn zeros(bytes: u64) -> u32 {
        let high = !(((bytes & !HIGH) + !HIGH) | bytes) & HIGH;
        ((high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_byte_is_compared_with_its_own(
            a in any::<[u8; LANES]>(),
            changes in prop::array::uniform16(prop_oneof![Just(0), Just(1), Just(0x80), any::<u8>()]),
        ) {
            let mut b = a;
            let mut same = 0;
            for (i, (byte, change)) in b.iter_mut().zip(changes).enumerate() {
                *byte ^= change;
                same |= u32::from(change == 0) << i;
            }
            prop_assert_eq!(equal(lanes(a), lanes(b)), same);
            prop_assert_eq!(plain::equal(lanes(a), lanes(b)), same);
            for (i, byte) in a.into_iter().enumerate() {
                prop_assert_eq!(equal(lanes(a), each(byte)) >> i & 1, 1);
            }
        }
    }

    #[test]
    fn what_is_missing_is_zero() {
        assert_eq!(lanes([1, 2]), 0x0201);
        assert_eq!(equal(lanes([7; 3]), 0), 0xfff8);
    }
}
