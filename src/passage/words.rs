//! The words behind token hashes, for telling inflections from other words.
//!
//! Alignment works on hashes; only where two tokens differ, a few times an alignment, their words
//! are looked at: first at their [`Signature`]s, of which a thread has those of common words at
//! hand, then at their letters, which are kept in one [`Vocabulary`]. Of a window under alignment
//! signatures are fetched row by row as far as it is gone through, and a row is compared with its
//! columns at once.
//!
//! Cost: one look-up a row and a column gone through, and a few nanoseconds a row; for a word not
//! met before the tokenising of some 64 tokens around it.

use std::sync::Arc;

use super::Collection;
use super::align::{Forms, Sides, Window};
use super::programme::FORM_ASIDE;
use super::vocabulary::{Signature, Vocabulary};
use crate::span::{Span, TokenRange};
use crate::text::{SpanScratch, TokenHash, is_form_of, may_share_span, normalized, tokenize};

/// Bytes of the longest word that has forms.
const LONGEST: usize = 1 << 10;
/// Tokens looked at beyond an end for the rest of a contraction.
const LOOK: u32 = 5;
/// Pairs of words at hand.
const COMPARED: usize = 1 << 12;
/// Columns that one comparison of a row takes in; the last few are not asked for.
const LANES: usize = 12;

/// The words that were met; reused from pair to pair.
#[derive(Default)]
pub(crate) struct Words {
    vocabulary: Arc<Vocabulary>,
    at_hand: AtHand,
    scratch: SpanScratch,
    spans: Vec<Span>,
    /// Signatures of the window's rows and columns, as far as it is gone through; before the
    /// columns as many of none as a comparison may reach back.
    rows: Vec<Signature>,
    columns: Vec<Signature>,
    /// Letters of two words that are compared.
    spelled: [String; 2],
    /// Pairs that were compared of late, and whether they are forms: *would* and *could* meet
    /// again and again.
    compared: Vec<(TokenHash, TokenHash, bool)>,
}

impl Words {
    /// With what others have met, too.
    pub(super) fn sharing(vocabulary: Arc<Vocabulary>) -> Self {
        Self { vocabulary, ..Self::default() }
    }

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
        if let Some(signature) = self.at_hand.find(hash) {
            return signature;
        }
        let signature = self.vocabulary.signature(hash).unwrap_or_else(|| {
            let word = self.read(collection, document, hash, at);
            self.vocabulary.keep(hash, &word)
        });
        self.at_hand.keep(hash, signature);
        signature
    }

    /// Spells the word at a position of a document, as the first or the second of two.
    fn spell(
        &mut self,
        collection: &Collection<'_>,
        document: u32,
        (hash, at): (TokenHash, u32),
        which: usize,
    ) {
        if !self.vocabulary.spell(hash, &mut self.spelled[which]) {
            self.spelled[which] = self.read(collection, document, hash, at);
            self.vocabulary.keep(hash, &self.spelled[which]);
        }
    }

    /// Whether the words at two positions, each of a document, are forms of one word.
    fn is_form(
        &mut self,
        collection: &Collection<'_>,
        a: (u32, (TokenHash, u32)),
        b: (u32, (TokenHash, u32)),
    ) -> bool {
        let [hash_a, hash_b] = [a.1.0, b.1.0];
        // No word is a form of itself, so what an empty slot says is true.
        self.compared.resize(COMPARED, (TokenHash(0), TokenHash(0), false));
        let slot = (hash_a.0 ^ hash_b.0.rotate_left(9)) as usize / 2 % COMPARED;
        let (first, second, is_form) = self.compared[slot];
        if (first, second) == (hash_a, hash_b) {
            return is_form;
        }
        self.spell(collection, a.0, a.1, 0);
        self.spell(collection, b.0, b.1, 1);
        let is_form = is_form_of(&self.spelled[0], &self.spelled[1]);
        self.compared[slot] = (hash_a, hash_b, is_form);
        is_form
    }

    /// Reads the word at a position of a document in its text.
    fn read(
        &mut self,
        collection: &Collection<'_>,
        document: u32,
        hash: TokenHash,
        at: u32,
    ) -> String {
        let located = collection.located(document);
        let span = located.span_of(TokenRange::new(at, at + 1), &mut self.scratch);
        let slice = span.map_or("", |span| &located.text()[span.range()]);
        // The tokens of a contraction share a span; the hash tells which word is meant.
        let which = tokenize(slice).iter().position(|token| token.hash == hash);
        let word = which.and_then(|which| normalized(slice).into_iter().nth(which));
        word.filter(|word| word.len() <= LONGEST).unwrap_or_default()
    }
}

/// Signatures of words met of late, by the lowest bits of their hash.
#[derive(Default)]
struct AtHand {
    /// A power of two, or none.
    slots: Vec<(TokenHash, Signature)>,
    filled: usize,
}

impl AtHand {
    /// Slots at first, and at most: a few thousand words make up most of a text.
    const FEWEST: usize = 1 << 8;
    const MOST: usize = 1 << 17;

    #[inline]
    fn slot(&self, hash: TokenHash) -> usize {
        (hash.0 >> 1) as usize & self.slots.len().wrapping_sub(1)
    }

    #[inline]
    fn find(&self, hash: TokenHash) -> Option<Signature> {
        let &(at_hand, signature) = self.slots.get(self.slot(hash))?;
        (at_hand == hash).then_some(signature)
    }

    fn keep(&mut self, hash: TokenHash, signature: Signature) {
        if self.filled >= self.slots.len() && self.slots.len() < Self::MOST {
            let len = (4 * self.slots.len()).clamp(Self::FEWEST, Self::MOST);
            self.filled = 0;
            self.slots.clear();
            // Each slot with a hash that belongs to the next one.
            let empty = |slot: u32| (TokenHash((slot + 1) % len as u32 * 2), Signature::default());
            self.slots.extend((0..len as u32).map(empty));
        }
        let slot = self.slot(hash);
        self.slots[slot] = (hash, signature);
        self.filled += 1;
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
        let (documents, tokens) = ([documents.0, documents.1], [sides.a, sides.b]);
        Self { store, collection, documents, tokens, window: Window::default() }
    }

    fn is_form(&mut self, row: usize, column: usize) -> bool {
        let (a, b) = self.window.positions(row, column);
        let [tokens_a, tokens_b] = self.tokens;
        let of_a = (tokens_a[a as usize], a);
        let of_b = (tokens_b[b as usize], b);
        self.store.is_form(self.collection, (self.documents[0], of_a), (self.documents[1], of_b))
    }
}

impl Forms for PairWords<'_> {
    fn begin(&mut self, window: Window) {
        self.window = window;
        self.store.rows.clear();
        self.store.columns.clear();
        self.store.columns.resize(2 * FORM_ASIDE, Signature::default());
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
        if signature == Signature::default() {
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
        store.columns.resize(known.max(first + LANES), Signature::default());
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
    use super::*;
    use crate::passage::few::Few;

    #[test]
    fn words_are_read_once_and_known_to_all_who_share_them() {
        let texts = Few::new(["patterns of speech"]);
        let collection = texts.collection();
        let hashes = texts.tokens()[0].hashes();
        let (first, foreign) = (hashes[0], TokenHash(42));
        let vocabulary = Arc::<Vocabulary>::default();
        vocabulary.keep(foreign, "afar");
        for _ in 0..2 {
            let mut words = Words::sharing(Arc::clone(&vocabulary));
            for _ in 0..2 {
                words.spell(&collection, 0, (first, 0), 0);
                words.spell(&collection, 0, (foreign, 0), 1);
                assert_eq!(words.spelled, ["patterns", "afar"]);
                let signature = words.signature(&collection, 0, hashes, 0);
                assert_eq!(signature, Signature::new("patterns"));
            }
        }
    }

    #[test]
    fn signatures_at_hand_are_those_that_were_kept() {
        let mut at_hand = AtHand::default();
        assert_eq!(at_hand.find(TokenHash(0)), None);
        let word = |i: u32| (TokenHash(i << 1), Signature::new(&format!("word{i}")));
        for i in 0..200_000 {
            let (hash, signature) = word(i);
            assert_eq!(at_hand.find(hash), None);
            at_hand.keep(hash, signature);
            assert_eq!(at_hand.find(hash), Some(signature));
            let (hash, signature) = word(i / 2);
            assert!(at_hand.find(hash).is_none_or(|found| found == signature));
        }
        assert_eq!(at_hand.slots.len(), AtHand::MOST);
    }
}
