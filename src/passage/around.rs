//! What stands around an anchor: a byte of each word, as far as it matters.
//!
//! The byte is the highest of a word's hash, which its first three letters decide (if it has no
//! digits): words in other forms have mostly the same.
//!
//! Idea: the words beside an anchor say in which order the places of a large group are sorted, and
//! whether a link between two of them [has prospects](super::prospects). With a byte of each at
//! hand, neither has to look at tokens, which lie all over memory or in a file.
//!
//! Cost: 24 bytes an anchor.

use crate::spill::{Fields, record};
use crate::text::TokenHash;

/// Words to either side: as far as a default search looks around an anchor. What would lie further
/// off may be equal, for all that is known here.
pub(super) const WORDS: usize = 10;
/// Words to either side of which two bytes are kept: a large group has more places than a byte
/// has values, and those that agree in one word only should stand side by side, too.
const NEAREST: usize = 2;
/// Number of orders in which the places of a large group are sorted.
pub(super) const ORDERS: usize = 3;

/// What stands on both sides of an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Around {
    pub(super) before: Words,
    pub(super) behind: Words,
}

/// The words on one side, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Words {
    /// A byte of each; 0 where the text has ended.
    pub(super) bytes: [u8; WORDS],
    /// Another one of the nearest.
    more: [u8; NEAREST],
}

record! {
    /// An anchor, where it stands, and what stands around it.
    Sampled { hash: u64, document: u32, position: u32, around: Around }
    key(anchor) = anchor.hash
}

impl Around {
    /// Of an anchor of at least `size` tokens at a token.
    pub(super) fn of(tokens: &[TokenHash], at: u32, size: u32) -> Self {
        let (before, rest) = tokens.split_at(at as usize);
        let behind = rest.get(size as usize..).unwrap_or_default();
        Self { before: Words::new(before.iter().rev()), behind: Words::new(behind.iter()) }
    }

    /// The key in one of the [`ORDERS`]: by what follows, by what stands before, and by both, as
    /// far to the one side as to the other: a short run with its anchor in the middle agrees in
    /// neither alone. Texts that agree further stand closer.
    pub(super) fn key(&self, order: usize) -> u64 {
        match order {
            0 => self.behind.key(),
            1 => self.before.key(),
            _ => self.behind.mixed(&self.before).key(),
        }
    }
}

impl Words {
    #[inline]
    fn new<'t>(tokens: impl Iterator<Item = &'t TokenHash>) -> Self {
        let mut words = Self { bytes: [0; WORDS], more: [0; NEAREST] };
        for (i, token) in tokens.take(WORDS).enumerate() {
            words.bytes[i] = ((token.0 >> 24) as u8).max(1);
            if let Some(more) = words.more.get_mut(i) {
                *more = (token.0 >> 16) as u8;
            }
        }
        words
    }

    /// Fewer bits of each word the further it is: 15, 13, 8, 8, 8, and 12 of three together.
    fn key(&self) -> u64 {
        let Self { bytes, more } = self;
        let wide = |i: usize| u64::from(bytes[i]) << 8 | u64::from(more[i]);
        let byte = |i: usize| u64::from(bytes[i]);
        let last = (byte(5) << 4) ^ (byte(6) << 2) ^ byte(7);
        wide(0) >> 1 << 49
            | wide(1) >> 3 << 36
            | byte(2) << 28
            | byte(3) << 20
            | byte(4) << 12
            | last
    }

    /// What is equal only where both are.
    fn mixed(&self, other: &Self) -> Self {
        let mut mixed = *self;
        for (byte, other) in mixed.bytes.iter_mut().zip(other.bytes) {
            *byte = byte.wrapping_mul(5) ^ other;
        }
        for (byte, other) in mixed.more.iter_mut().zip(other.more) {
            *byte = byte.wrapping_mul(5) ^ other;
        }
        mixed
    }
}

impl Fields for Words {
    const SIZE: usize = WORDS + NEAREST;

    #[inline]
    fn put<'b>(&self, bytes: &'b mut [u8]) -> &'b mut [u8] {
        let (own, rest) = bytes.split_at_mut(Self::SIZE);
        own[..WORDS].copy_from_slice(&self.bytes);
        own[WORDS..].copy_from_slice(&self.more);
        rest
    }

    #[inline]
    fn get(bytes: &mut &[u8]) -> Self {
        let mut words = Self { bytes: [0; WORDS], more: [0; NEAREST] };
        let (own, rest) = bytes.split_at(Self::SIZE);
        words.bytes.copy_from_slice(&own[..WORDS]);
        words.more.copy_from_slice(&own[WORDS..]);
        *bytes = rest;
        words
    }
}

impl Fields for Around {
    const SIZE: usize = 2 * Words::SIZE;

    #[inline]
    fn put<'b>(&self, bytes: &'b mut [u8]) -> &'b mut [u8] {
        self.behind.put(self.before.put(bytes))
    }

    #[inline]
    fn get(bytes: &mut &[u8]) -> Self {
        Self { before: Words::get(bytes), behind: Words::get(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spill::Record;

    /// Bits of a key that the first words decide.
    const BITS: [u32; 6] = [0, 15, 28, 36, 44, 52];

    fn tokens(count: usize) -> impl Strategy<Value = Vec<TokenHash>> {
        prop::collection::vec(any::<u32>().prop_map(TokenHash), count)
    }

    proptest! {
        #[test]
        fn keys_agree_as_far_as_the_words_do(
            first in tokens(40),
            second in tokens(40),
            before in 0usize..6,
            behind in 0usize..6,
        ) {
            let (at, size) = (18, 4);
            let mut other = second;
            other[at - before..at + size + behind]
                .copy_from_slice(&first[at - before..at + size + behind]);
            let [a, b] = [&first, &other].map(|tokens| Around::of(tokens, at as u32, size as u32));
            for (order, words) in [(0, behind), (1, before), (2, before.min(behind))] {
                let shared = (a.key(order) ^ b.key(order)).leading_zeros();
                prop_assert!(shared >= BITS[words], "{order}: {shared} bits of {words} words");
            }
            let sampled = Sampled { hash: 7, document: 8, position: 9, around: a };
            let mut bytes = [0; Sampled::SIZE];
            sampled.put(&mut bytes);
            prop_assert_eq!(Sampled::get(&bytes), sampled);
        }
    }

    #[test]
    fn places_that_agree_in_one_word_stand_side_by_side() {
        let mut random = doublet_generate::random::Random::new(1);
        let mut around: Vec<Around> = (0..4_000)
            .map(|_| {
                let tokens: Vec<TokenHash> =
                    (0..40).map(|_| TokenHash(random.bits() as u32)).collect();
                Around::of(&tokens, 18, 4)
            })
            .collect();
        // Each has one companion, with the same word behind it.
        let companions: Vec<Around> = around
            .iter()
            .zip(around.iter().skip(7).chain(&around[..7]))
            .map(|(own, other)| {
                let mut companion = *other;
                companion.behind.bytes[0] = own.behind.bytes[0];
                companion.behind.more[0] = own.behind.more[0];
                companion
            })
            .collect();
        let count = around.len();
        around.extend(companions);
        let mut order: Vec<(u64, usize)> =
            around.iter().enumerate().map(|(i, around)| (around.key(0), i)).collect();
        order.sort_unstable();
        let near = order.windows(2).filter(|pair| pair[0].1.abs_diff(pair[1].1) == count).count();
        assert!(near > count * 3 / 4, "{near} of {count} pairs are neighbours");
    }

    #[test]
    fn a_text_may_end_beside_an_anchor() {
        let tokens: Vec<TokenHash> = (1..=5).map(|word| TokenHash(word << 24)).collect();
        let around = Around::of(&tokens, 0, 4);
        assert_eq!((around.before.bytes[0], around.behind.bytes[..2].to_vec()), (0, vec![5, 0]));
        // Of dense scripts an anchor may be longer than it is wide.
        assert_eq!(Around::of(&tokens, 3, 4).behind.bytes, [0; WORDS]);
    }
}
