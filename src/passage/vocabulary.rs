//! The words that were met, by their hash: one store for all threads.
//!
//! Each is kept once with a [`Signature`] of 32 bits that rules out nearly all pairs without a look
//! at the letters. Words met of late are kept apart from those met before, and when there are many
//! the latter are forgotten: that bounds memory, not what is found. Parts by hash keep threads from
//! waiting for one another.
//!
//! Cost: a lock and a look-up; some 30 bytes a word.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use crate::text::TokenHash;

/// Parts with a lock each.
const PARTS: usize = 64;
/// Bytes of memory that a word takes.
const WORD_BYTES: usize = 30;
/// Bytes of letters for each word that there is room for.
const LETTERS: usize = 16;
/// Words met of late in one part at most, as a power of two.
const MOST_BITS: u32 = 14;

/// What it takes to be a form of another word, in 32 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signature(u32);

impl Signature {
    /// Bits of the beginning: a hash of the first three bytes, 0 for words too short to have forms.
    const HEAD: u32 = (1 << 10) - 1;
    /// The bit of words that have four letters.
    const HAS_FOUR: u32 = 1 << 10;
    /// Where the bits begin that say which letters a word has, and how many they are.
    const LETTERS_AT: u32 = 11;
    const LETTERS: u32 = 32 - Self::LETTERS_AT;

    pub(super) fn new(word: &str) -> Self {
        if word.chars().nth(2).is_none() {
            return Self(0);
        }
        let head = word.bytes().take(3).fold(0u32, |head, byte| head << 8 | u32::from(byte));
        let head = 1 + (head.wrapping_mul(0x9E37_79B1) >> 16) % Self::HEAD;
        let has_four = word.chars().nth(3).map_or(0, |_| Self::HAS_FOUR);
        let bit = |letter: char| 1 << (Self::LETTERS_AT + letter as u32 % Self::LETTERS);
        Self(word.chars().fold(head | has_four, |bits, letter| bits | bit(letter)))
    }

    /// Whether one word may be a form of the other: [`is_form_of`] asks for the same three or
    /// four letters at the beginning, or in words of four for one edit, which changes two letters
    /// at most.
    #[inline(always)]
    #[allow(clippy::needless_bitwise_bool, reason = "without branches a row is compared at once")]
    pub(super) const fn may_be_form_of(self, other: Self) -> bool {
        let differ = self.0 ^ other.0;
        let letters = differ >> Self::LETTERS_AT;
        // Whether at most two bits are set, without counting.
        let but_one = letters & letters.wrapping_sub(1);
        let one_edit =
            (but_one & but_one.wrapping_sub(1) == 0) & (self.0 & other.0 & Self::HAS_FOUR != 0);
        let alike = (differ & Self::HEAD == 0) | one_edit;
        alike & (self.0 & Self::HEAD != 0) & (other.0 & Self::HEAD != 0)
    }
}

/// A word's signature and where its letters are stored.
#[derive(Clone, Copy)]
struct Word {
    signature: Signature,
    start: u32,
    end: u32,
}

/// Words by hash.
#[derive(Default)]
struct Generation {
    by_hash: HashMap<TokenHash, Word>,
    letters: String,
}

impl Generation {
    fn keep(&mut self, hash: TokenHash, signature: Signature, word: &str) -> Word {
        let start = self.letters.len() as u32;
        self.letters.push_str(word);
        let word = Word { signature, start, end: self.letters.len() as u32 };
        self.by_hash.insert(hash, word);
        word
    }

    fn letters(&self, word: Word) -> &str {
        &self.letters[word.start as usize..word.end as usize]
    }
}

/// The words of one part, met of late and before.
#[derive(Default)]
struct Part {
    recent: Generation,
    older: Generation,
}

impl Part {
    fn find(&mut self, hash: TokenHash) -> Option<Word> {
        if let Some(&word) = self.recent.by_hash.get(&hash) {
            return Some(word);
        }
        let &word = self.older.by_hash.get(&hash)?;
        Some(self.recent.keep(hash, word.signature, self.older.letters(word)))
    }
}

/// The words that were met.
pub(super) struct Vocabulary {
    parts: Vec<Mutex<Part>>,
    /// Words met of late in one part, before those met before them are forgotten.
    capacity: usize,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self::within(usize::MAX)
    }
}

impl Vocabulary {
    /// For as many words as take about so many bytes.
    pub(super) fn within(bytes: usize) -> Self {
        let bits = (bytes / (2 * PARTS * WORD_BYTES)).max(1).ilog2().min(MOST_BITS);
        // As many as a table of this size takes before it doubles.
        let capacity = ((1 << bits) * 7 / 8).max(1);
        Self { parts: (0..PARTS).map(|_| Mutex::default()).collect(), capacity }
    }

    /// The part of a word, with room for one more among those met of late: a word that is found
    /// among those met before them comes there, too.
    fn part(&self, hash: TokenHash) -> MutexGuard<'_, Part> {
        let part = &self.parts[(hash.0 >> 8) as usize % PARTS];
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = part.recent.by_hash.len() >= self.capacity
            || part.recent.letters.len() >= LETTERS * self.capacity;
        if is_full {
            part.older = std::mem::take(&mut part.recent);
        }
        part
    }

    /// The signature of a word that was met.
    pub(super) fn signature(&self, hash: TokenHash) -> Option<Signature> {
        self.part(hash).find(hash).map(|word| word.signature)
    }

    /// Puts the letters of a word into `letters`, if it was met.
    pub(super) fn spell(&self, hash: TokenHash, letters: &mut String) -> bool {
        let mut part = self.part(hash);
        let Some(word) = part.find(hash) else { return false };
        letters.clear();
        letters.push_str(part.recent.letters(word));
        true
    }

    /// Keeps a word that was not met before.
    pub(super) fn keep(&self, hash: TokenHash, word: &str) -> Signature {
        let signature = Signature::new(word);
        self.part(hash).recent.keep(hash, signature, word);
        signature
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::is_form_of;

    fn kept(vocabulary: &Vocabulary) -> usize {
        let kept = |part: &Mutex<Part>| {
            let part = part.lock().expect("nobody panicked");
            part.recent.by_hash.len() + part.older.by_hash.len()
        };
        vocabulary.parts.iter().map(kept).sum()
    }

    #[test]
    fn words_met_of_late_are_known_and_few_are_kept() {
        let vocabulary = Vocabulary::within(1 << 22);
        let word = |i: u32| (TokenHash(i << 1), format!("word{i}"));
        let mut letters = String::new();
        for i in 0..500_000 {
            let (hash, spelled) = word(i);
            assert_eq!(vocabulary.signature(hash), None);
            assert_eq!(vocabulary.keep(hash, &spelled), Signature::new(&spelled));
            // One of each hundred is asked for again and again.
            let (hash, spelled) = word(i % 100);
            assert!(vocabulary.spell(hash, &mut letters), "{i}");
            assert_eq!(letters, spelled);
            assert_eq!(vocabulary.signature(hash), Some(Signature::new(&spelled)));
        }
        let kept = kept(&vocabulary);
        assert!((50_000..(1 << 22) / WORD_BYTES).contains(&kept), "{kept}");
        assert!(!vocabulary.spell(word(250_000).0, &mut letters));
    }

    #[test]
    fn no_more_are_kept_where_all_are_asked_for_again_and_again() {
        let vocabulary = Vocabulary::within(1 << 18);
        let most = 2 * vocabulary.capacity * PARTS;
        let mut letters = String::new();
        let mut words = 0;
        for _ in 0..10 {
            // Some new words, then all that there are, as far as they are known.
            for _ in 0..most / 4 {
                vocabulary.keep(TokenHash(words << 1), "word");
                words += 1;
            }
            for word in (0..words).rev() {
                vocabulary.spell(TokenHash(word << 1), &mut letters);
            }
            let kept = kept(&vocabulary);
            assert!(kept <= most, "{kept} of {words} words, and {most} may be");
        }
    }

    proptest! {
        /// A signature may let others pass, but no form is kept back.
        #[test]
        fn signatures_let_every_form_pass(
            stem in "[a-cé漢7]{1,6}",
            ends in ("[a-cé漢]{0,3}", "[a-cé漢]{0,3}"),
            swap: bool,
        ) {
            let (a, b) = (format!("{stem}{}", ends.0), format!("{stem}{}", ends.1));
            // The same ending of different beginnings, too.
            let turned = |word: &str| word.chars().rev().collect::<String>();
            let (a, b) = if swap { (turned(&a), turned(&b)) } else { (a, b) };
            if is_form_of(&a, &b) {
                prop_assert!(Signature::new(&a).may_be_form_of(Signature::new(&b)), "{} {}", a, b);
            }
        }
    }
}
