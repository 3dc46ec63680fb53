//! The words behind token hashes, for telling inflections from other words.
//!
//! Alignment works on hashes; only where two tokens differ, a few times an alignment, their words
//! are looked at. Words are kept once by hash, each with a [`Signature`] of 32 bits that rules out
//! nearly all pairs without a look at the letters. Of a window under alignment the signatures are
//! fetched row by row as far as it is gone through, and a row is compared with its columns at once.
//!
//! Cost: one look-up a row and a column gone through, and a few nanoseconds a row; for a word not
//! met before the tokenising of some 64 tokens around it.

use hashbrown::HashMap;

use super::Collection;
use super::align::{Forms, Sides, Window};
use super::programme::FORM_ASIDE;
use crate::span::{Span, TokenRange};
use crate::text::{SpanScratch, TokenHash, is_form_of, may_share_span, normalized, tokenize};

/// Words met of late before those met before them are forgotten: it bounds memory, not what is
/// found.
const CAPACITY: usize = 1 << 17;
/// Bytes of their letters before they are.
const LETTERS: usize = 1 << 23;
/// Bytes of the longest word that has forms.
const LONGEST: usize = 1 << 10;
/// Tokens looked at beyond an end for the rest of a contraction.
const LOOK: u32 = 5;
/// Signatures at hand by the lowest bits of their hash: a few thousand words make up most of a text.
const AT_HAND: usize = 1 << 15;
/// Columns that one comparison of a row takes in; the last few are not asked for.
const LANES: usize = 12;

/// What it takes to be a form of another word, in 32 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Signature(u32);

impl Signature {
    /// Bits of the beginning: a hash of the first three bytes, 0 for words too short to have forms.
    const HEAD: u32 = (1 << 10) - 1;
    /// The bit of words that have four letters.
    const HAS_FOUR: u32 = 1 << 10;
    /// Where the bits begin that say which letters a word has, and how many they are.
    const LETTERS_AT: u32 = 11;
    const LETTERS: u32 = 32 - Self::LETTERS_AT;

    fn new(word: &str) -> Self {
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
    const fn may_be_form_of(self, other: Self) -> bool {
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
struct Store {
    by_hash: HashMap<TokenHash, Word>,
    letters: String,
}

impl Store {
    /// Keeps a word.
    fn keep(&mut self, hash: TokenHash, signature: Signature, word: &str) -> Word {
        let start = self.letters.len() as u32;
        self.letters.push_str(word);
        let word = Word { signature, start, end: self.letters.len() as u32 };
        self.by_hash.insert(hash, word);
        word
    }

    /// The letters of a word that it keeps.
    fn letters(&self, word: Word) -> &str {
        &self.letters[word.start as usize..word.end as usize]
    }
}

/// The words that were met; reused from pair to pair.
#[derive(Default)]
pub(crate) struct Words {
    at_hand: Vec<(TokenHash, Signature)>,
    /// Met of late, and before.
    recent: Store,
    older: Store,
    scratch: SpanScratch,
    spans: Vec<Span>,
    /// Signatures of the window's rows and columns, as far as it is gone through; before the
    /// columns as many of none as a comparison may reach back.
    rows: Vec<Signature>,
    columns: Vec<Signature>,
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
        let hashes = collection.hashes(document);
        let len = hashes.len() as u32;
        let may_be_joined = |at: u32| hashes.get(at as usize).copied().is_some_and(may_share_span);
        let mut whole = tokens;
        // One look at each end suffices unless contractions follow one another.
        while whole.start > 0 && whole.start < whole.end && may_be_joined(whole.start) {
            let around = TokenRange::new(whole.start.saturating_sub(LOOK), whole.start + 1);
            let joined = self.joined_to(collection, document, whole.start, around);
            whole.start -= joined;
            if joined < LOOK {
                break;
            }
        }
        while whole.start < whole.end && whole.end < len && may_be_joined(whole.end) {
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
        collection.located(document).spans(around, &mut self.scratch, &mut self.spans);
        let own = self.spans.get((token - around.start) as usize);
        let sharing = self.spans.iter().filter(|&span| Some(span) == own).count() as u32;
        sharing.saturating_sub(1)
    }

    /// The signature of the word at a position of a document.
    #[inline]
    fn signature(
        &mut self,
        collection: &Collection<'_>,
        document: u32,
        tokens: &[TokenHash],
        at: u32,
    ) -> Signature {
        let hash = tokens[at as usize];
        let slot = (hash.0 >> 1) as usize % AT_HAND;
        match self.at_hand.get(slot) {
            Some(&(at_hand, signature)) if at_hand == hash => signature,
            _ => {
                let signature = self.word(collection, document, hash, at).signature;
                if self.at_hand.is_empty() {
                    // Each slot with a hash that belongs to the next one.
                    self.at_hand
                        .extend((0..AT_HAND as u32).map(|slot| {
                            (TokenHash((slot + 1) % AT_HAND as u32 * 2), Signature(0))
                        }));
                }
                self.at_hand[slot] = (hash, signature);
                signature
            }
        }
    }

    /// The word at a position of a document, read in its text if it was not met before.
    fn word(
        &mut self,
        collection: &Collection<'_>,
        document: u32,
        hash: TokenHash,
        at: u32,
    ) -> Word {
        if let Some(&word) = self.recent.by_hash.get(&hash) {
            return word;
        }
        if let Some(&word) = self.older.by_hash.get(&hash) {
            return self.recent.keep(hash, word.signature, self.older.letters(word));
        }
        let located = collection.located(document);
        let span = located.span_of(TokenRange::new(at, at + 1), &mut self.scratch);
        let slice = span.map_or("", |span| &located.text()[span.range()]);
        // The tokens of a contraction share a span; the hash tells which word is meant.
        let which = tokenize(slice).iter().position(|token| token.hash == hash);
        let word = which.and_then(|which| normalized(slice).into_iter().nth(which));
        let word = word.filter(|word| word.len() <= LONGEST).unwrap_or_default();
        self.recent.keep(hash, Signature::new(&word), &word)
    }

    fn forget_if_full(&mut self) {
        if self.recent.by_hash.len() > CAPACITY || self.recent.letters.len() > LETTERS {
            self.older = std::mem::take(&mut self.recent);
        }
    }
}

/// The words of one pair of documents.
pub(crate) struct PairWords<'a> {
    store: &'a mut Words,
    collection: &'a Collection<'a>,
    documents: [u32; 2],
    tokens: [&'a [TokenHash]; 2],
    window: Window,
}

impl<'a> PairWords<'a> {
    /// The words of two documents, whose tokens `sides` are.
    pub(crate) fn new(
        store: &'a mut Words,
        collection: &'a Collection<'a>,
        documents: (u32, u32),
        sides: Sides<'a>,
    ) -> Self {
        store.forget_if_full();
        let (documents, tokens) = ([documents.0, documents.1], [sides.a, sides.b]);
        Self { store, collection, documents, tokens, window: Window::default() }
    }

    fn is_form(&mut self, row: usize, column: usize) -> bool {
        let (a, b) = self.window.positions(row, column);
        let [tokens_a, tokens_b] = self.tokens;
        let a = self.store.word(self.collection, self.documents[0], tokens_a[a as usize], a);
        let b = self.store.word(self.collection, self.documents[1], tokens_b[b as usize], b);
        is_form_of(self.store.recent.letters(a), self.store.recent.letters(b))
    }
}

impl Forms for PairWords<'_> {
    fn begin(&mut self, window: Window) {
        self.window = window;
        self.store.rows.clear();
        self.store.columns.clear();
        self.store.columns.resize(2 * FORM_ASIDE, Signature(0));
    }

    fn around(&mut self, row: usize, centre: isize, asked: u32) -> u32 {
        let first = centre + FORM_ASIDE.cast_signed();
        if asked == 0 || first < 0 {
            return 0;
        }
        // The first of the columns asked for, counted with the none before them.
        let first = first.cast_unsigned();
        let store = &mut *self.store;
        while store.rows.len() <= row {
            let (at, _) = self.window.positions(store.rows.len(), 0);
            let signature = store.signature(self.collection, self.documents[0], self.tokens[0], at);
            store.rows.push(signature);
        }
        let signature = store.rows[row];
        if signature == Signature(0) {
            return 0;
        }
        let wanted =
            (first + 2 * FORM_ASIDE + 1).min(2 * FORM_ASIDE + self.window.columns as usize);
        while store.columns.len() < wanted {
            let column = store.columns.len() - 2 * FORM_ASIDE;
            let (_, at) = self.window.positions(0, column);
            let signature = store.signature(self.collection, self.documents[1], self.tokens[1], at);
            store.columns.push(signature);
        }
        let known = store.columns.len();
        store.columns.resize(known.max(first + LANES), Signature(0));
        let mut may_be = 0;
        if let Some(near) = store.columns[first..].first_chunk::<LANES>() {
            for (lane, &column) in near.iter().enumerate() {
                may_be |= u32::from(signature.may_be_form_of(column)) << lane;
            }
        }
        store.columns.truncate(known);
        let mut left = may_be & asked;
        let mut forms = 0;
        while left != 0 {
            let lane = left.trailing_zeros();
            left &= left - 1;
            let column = first + lane as usize - 2 * FORM_ASIDE;
            forms |= u32::from(self.is_form(row, column)) << lane;
        }
        forms
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::passage::few::Few;

    #[test]
    fn words_met_before_are_known_and_those_forgotten_are_read_again() {
        let texts = Few::new(["patterns of speech"]);
        let collection = texts.collection();
        let (first, foreign) = (texts.tokens()[0].hashes()[0], TokenHash(42));
        let mut words = Words::default();
        words.older.keep(foreign, Signature::new("afar"), "afar");
        for (hash, letters) in [(first, "patterns"), (foreign, "afar"), (first, "patterns")] {
            let word = words.word(&collection, 0, hash, 0);
            assert_eq!(words.recent.letters(word), letters);
            assert_eq!(word.signature, Signature::new(letters));
        }
        words = Words::default();
        let word = words.word(&collection, 0, first, 0);
        assert_eq!(words.recent.letters(word), "patterns");
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
