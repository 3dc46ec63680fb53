//! What stands around an anchor: a byte of each word, as far as it matters.
//!
//! Idea: the words beside an anchor say in which order the places of a large group are sorted, and
//! whether a link between two of them [has prospects](super::prospects). With a byte of each at
//! hand, neither has to look at tokens, which lie all over memory or in a file.
//!
//! Cost: 24 bytes an anchor.

use crate::spill::{Fields, record};
use crate::text::TokenHash;

/// Words to either side: as far as a run with an anchor of a default search is looked around.
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

    proptest! {
        #[test]
        fn keys_sort_by_the_words_on_either_side_and_on_both(
            tokens in prop::collection::vec(any::<u32>(), 4..40),
            at in 0usize..36,
        ) {
            let tokens: Vec<TokenHash> = tokens.into_iter().map(TokenHash).collect();
            let at = at.min(tokens.len() - 4);
            let around = Around::of(&tokens, at as u32, 4);
            let byte = |token: Option<&TokenHash>| token.map_or(0, |token| byte_of(*token));
            let behind = |i: usize| byte(tokens.get(at + 4 + i));
            let before = |i: usize| byte(at.checked_sub(i + 1).map(|at| &tokens[at]));
            let key = |word: &dyn Fn(usize) -> u8| (0..8).fold(0, |key, i| key << 8 | u64::from(word(i)));
            prop_assert_eq!(around.key(0), key(&behind));
            prop_assert_eq!(around.key(1), key(&before));
            prop_assert_eq!(around.key(2), key(&|i| if i % 2 == 0 { behind(i / 2) } else { before(i / 2) }));
            let sampled = Sampled { hash: 7, document: 8, position: at as u32, around };
            let mut bytes = [0; Sampled::SIZE];
            sampled.put(&mut bytes);
            prop_assert_eq!(Sampled::get(&bytes), sampled);
        }
    }
}
