//! The words behind token hashes, for telling inflections from other words.
//!
//! Alignment works on hashes; only where two tokens differ, a few times an alignment, their words
//! are looked at. Words are kept once by hash, each with a signature that rules out nearly all
//! pairs without a look at the letters; of the two stretches under alignment each position's word
//! is looked up once, when it is first asked for.
//!
//! Cost: one look-up a token asked for; for a word not met before the tokenising of some 64
//! tokens around it.

use hashbrown::HashMap;

use super::Collection;
use super::align::Forms;
use crate::span::{Span, TokenRange};
use crate::text::{SpanScratch, TokenHash, is_form_of, normalized, tokenize};

/// Words kept before the store is emptied: it bounds memory, not what is found.
const CAPACITY: usize = 1 << 18;
/// Bytes of their letters before it is.
const LETTERS: usize = 1 << 24;
/// Bytes of the longest word that has forms.
const LONGEST: usize = 1 << 10;
/// Tokens looked at beyond an end for the rest of a contraction.
const LOOK: u32 = 5;
/// Words at hand by the lowest bits of their hash: a few thousand make up most of a text.
const AT_HAND: usize = 1 << 12;

/// A word, and what it takes to be a form of another.
#[derive(Clone, Copy)]
struct Word {
    /// A bit for each letter, by its code modulo 64.
    letters: u64,
    /// The first four bytes; none for a word too short to have forms.
    head: u32,
    /// The token's hash.
    hash: TokenHash,
    start: u32,
    end: u32,
    /// Whether it has four letters.
    has_four: bool,
}

/// A word that was not asked for yet.
const UNKNOWN: Word = Word {
    letters: 0,
    head: 0,
    hash: TokenHash(0),
    start: u32::MAX,
    end: u32::MAX,
    has_four: false,
};

impl Word {
    /// A word whose letters are stored from `start` on.
    fn new(word: &str, hash: TokenHash, start: u32) -> Self {
        let mut head = [0; 4];
        if word.chars().nth(2).is_some() {
            word.bytes().zip(&mut head).for_each(|(byte, place)| *place = byte);
        }
        Self {
            letters: word.chars().fold(0, |bits, letter| bits | 1 << (letter as u32 & 63)),
            head: u32::from_le_bytes(head),
            hash,
            start,
            end: start + word.len() as u32,
            has_four: word.chars().nth(3).is_some(),
        }
    }

    /// Whether this word may be a form of the other: [`is_form_of`] asks for the same three or
    /// four letters at the beginning, or in words of four for one edit, which changes two letters
    /// at most.
    #[inline]
    fn may_be_form_of(self, other: Self) -> bool {
        self.head << 8 == other.head << 8
            || self.has_four && other.has_four && {
                // Whether at most two bits are set, without counting.
                let differ = self.letters ^ other.letters;
                let but_one = differ & differ.wrapping_sub(1);
                but_one & but_one.wrapping_sub(1) == 0
            }
    }
}

/// Words by hash; reused from pair to pair.
#[derive(Default)]
pub(crate) struct Words {
    at_hand: Vec<Word>,
    by_hash: HashMap<TokenHash, Word>,
    letters: String,
    scratch: SpanScratch,
    spans: Vec<Span>,
    /// Words of the positions of the two stretches under alignment, as far as asked for.
    stretches: [Vec<Word>; 2],
}

impl Words {
    /// The smallest range around `tokens` that ends inside no contraction, whose tokens share a
    /// span.
    pub(crate) fn whole_words(
        &mut self,
        collection: &Collection<'_>,
        document: u32,
        tokens: TokenRange,
    ) -> TokenRange {
        let len = collection.tokens[document as usize].len() as u32;
        let mut whole = tokens;
        // One look at each end suffices unless contractions follow one another.
        while whole.start > 0 && whole.start < whole.end {
            let around = TokenRange::new(whole.start.saturating_sub(LOOK), whole.start + 1);
            let joined = self.joined_to(collection, document, whole.start, around);
            whole.start -= joined;
            if joined < LOOK {
                break;
            }
        }
        while whole.start < whole.end && whole.end < len {
            let around = TokenRange::new(whole.end - 1, (whole.end + LOOK).min(len));
            let joined = self.joined_to(collection, document, whole.end - 1, around);
            whole.end += joined;
            if joined < LOOK {
                break;
            }
        }
        whole
    }

    /// How many other tokens around one share its span, as those of a contraction do.
    fn joined_to(
        &mut self,
        collection: &Collection<'_>,
        document: u32,
        token: u32,
        around: TokenRange,
    ) -> u32 {
        let index = &collection.tokens[document as usize];
        index.spans(collection.text(document), around, &mut self.scratch, &mut self.spans);
        let own = self.spans.get((token - around.start) as usize);
        let sharing = self.spans.iter().filter(|&span| Some(span) == own).count() as u32;
        sharing.saturating_sub(1)
    }

    /// The word at a position of a document.
    fn word(&mut self, collection: &Collection<'_>, document: u32, at: u32) -> Word {
        let hash = collection.hashes(document)[at as usize];
        if self.at_hand.is_empty() {
            self.at_hand.resize(AT_HAND, UNKNOWN);
        }
        let slot = (hash.0 >> 1) as usize % AT_HAND;
        let word = self.at_hand[slot];
        if word.hash == hash && word.start != u32::MAX {
            return word;
        }
        let word = match self.by_hash.get(&hash) {
            Some(&word) => word,
            None => self.read(collection, document, at, hash),
        };
        self.at_hand[slot] = word;
        word
    }

    /// Reads a word in its text.
    fn read(
        &mut self,
        collection: &Collection<'_>,
        document: u32,
        at: u32,
        hash: TokenHash,
    ) -> Word {
        let text = collection.text(document);
        let index = &collection.tokens[document as usize];
        let span = index.span_of(text, TokenRange::new(at, at + 1), &mut self.scratch);
        let slice = span.map_or("", |span| &text[span.range()]);
        // The tokens of a contraction share a span; the hash tells which word is meant.
        let which = tokenize(slice).iter().position(|token| token.hash == hash);
        let word = which.and_then(|which| normalized(slice).into_iter().nth(which));
        let word = word.filter(|word| word.len() <= LONGEST).unwrap_or_default();
        let start = self.letters.len() as u32;
        self.letters.push_str(&word);
        let word = Word::new(&word, hash, start);
        self.by_hash.insert(hash, word);
        word
    }

    fn forget_if_full(&mut self) {
        if self.by_hash.len() > CAPACITY || self.letters.len() > LETTERS {
            self.by_hash.clear();
            self.at_hand.clear();
            self.letters.clear();
        }
    }
}

/// The words of one pair of documents.
pub(crate) struct PairWords<'a> {
    store: &'a mut Words,
    collection: &'a Collection<'a>,
    documents: [u32; 2],
    ranges: [TokenRange; 2],
}

impl<'a> PairWords<'a> {
    /// The words of documents `a` and `b`.
    pub(crate) fn new(
        store: &'a mut Words,
        collection: &'a Collection<'a>,
        a: u32,
        b: u32,
    ) -> Self {
        store.forget_if_full();
        Self { store, collection, documents: [a, b], ranges: [TokenRange::default(); 2] }
    }

    #[inline]
    fn word(&mut self, side: usize, at: u32) -> Word {
        let place = (at - self.ranges[side].start) as usize;
        let word = self.store.stretches[side][place];
        if word.start != u32::MAX {
            return word;
        }
        let word = self.store.word(self.collection, self.documents[side], at);
        self.store.stretches[side][place] = word;
        word
    }
}

impl Forms for PairWords<'_> {
    fn prepare(&mut self, a: TokenRange, b: TokenRange) {
        self.ranges = [a, b];
        for (words, range) in self.store.stretches.iter_mut().zip([a, b]) {
            words.clear();
            words.resize(range.len() as usize, UNKNOWN);
        }
    }

    #[inline]
    fn is_form(&mut self, a: u32, b: u32) -> bool {
        // A word of two letters has no forms: the other need not be known.
        let a = self.word(0, a);
        if a.head == 0 {
            return false;
        }
        let b = self.word(1, b);
        let letters = |word: Word| &self.store.letters[word.start as usize..word.end as usize];
        a.may_be_form_of(b) && is_form_of(letters(a), letters(b))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            let word = |word| Word::new(word, TokenHash(0), 0);
            let (x, y) = (word(&a), word(&b));
            if is_form_of(&a, &b) {
                prop_assert!(x.head != 0 && y.head != 0 && x.may_be_form_of(y), "{} {}", a, b);
            }
        }
    }
}
