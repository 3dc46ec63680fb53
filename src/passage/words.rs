//! The words behind token hashes, for telling inflections from other words.
//!
//! Alignment works on hashes; only where two tokens differ, a few times an alignment, their words
//! are looked at. Words are kept once by hash, and of the two stretches under alignment each
//! position's number, so that a comparison costs no look-up.
//!
//! Cost: the tokenising of the two stretches, and one look-up a token of them.

use hashbrown::HashMap;

use super::Collection;
use super::align::{FORM_ASIDE, Forms};
use crate::span::{Span, TokenRange};
use crate::text::{SpanScratch, TokenHash, is_form_of, normalized, tokenize};

/// Words kept before the store is emptied: it bounds memory, not what is found.
const CAPACITY: usize = 1 << 18;

/// Words by hash; reused from pair to pair.
#[derive(Default)]
pub(crate) struct Words {
    by_hash: HashMap<TokenHash, u32>,
    words: Vec<Box<str>>,
    scratch: SpanScratch,
    spans: Vec<Span>,
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
        let (text, index) = (collection.text(document), &collection.tokens[document as usize]);
        let mut span = |token: u32| {
            let one = TokenRange::new(token, token + 1);
            index.span_of(text, one, &mut self.scratch)
        };
        let mut whole = tokens;
        while whole.start > 0 && span(whole.start - 1) == span(whole.start) {
            whole.start -= 1;
        }
        while (whole.end as usize) < index.len() && span(whole.end - 1) == span(whole.end) {
            whole.end += 1;
        }
        whole
    }

    fn number(
        &mut self,
        collection: &Collection<'_>,
        document: u32,
        tokens: TokenRange,
        out: &mut Vec<u32>,
    ) {
        out.clear();
        let hashes = &collection.hashes(document)[tokens.range()];
        if hashes.iter().all(|hash| self.by_hash.contains_key(hash)) {
            out.extend(hashes.iter().map(|hash| self.by_hash[hash]));
            return;
        }
        let text = collection.text(document);
        let index = &collection.tokens[document as usize];
        index.spans(text, tokens, &mut self.scratch, &mut self.spans);
        for (&hash, span) in hashes.iter().zip(&self.spans) {
            let words = &mut self.words;
            let number = *self.by_hash.entry(hash).or_insert_with(|| {
                // The tokens of a contraction share a span; the hash tells which word is meant.
                let slice = &text[span.range()];
                let which = tokenize(slice).iter().position(|token| token.hash == hash);
                let word = which.and_then(|which| normalized(slice).into_iter().nth(which));
                words.push(word.unwrap_or_default().into_boxed_str());
                words.len() as u32 - 1
            });
            out.push(number);
        }
    }
}

/// The words of one pair of documents.
pub(crate) struct PairWords<'a> {
    store: &'a mut Words,
    collection: &'a Collection<'a>,
    documents: (u32, u32),
    stretches: (TokenRange, TokenRange),
    numbers: (Vec<u32>, Vec<u32>),
}

impl<'a> PairWords<'a> {
    /// The words of documents `a` and `b`.
    pub(crate) fn new(
        store: &'a mut Words,
        collection: &'a Collection<'a>,
        a: u32,
        b: u32,
    ) -> Self {
        if store.words.len() > CAPACITY {
            store.by_hash.clear();
            store.words.clear();
        }
        Self {
            store,
            collection,
            documents: (a, b),
            stretches: (TokenRange::default(), TokenRange::default()),
            numbers: (Vec::new(), Vec::new()),
        }
    }
}

impl Forms for PairWords<'_> {
    fn prepare(&mut self, a: TokenRange, b: TokenRange) {
        self.stretches = (a, b);
        self.store.number(self.collection, self.documents.0, a, &mut self.numbers.0);
        self.store.number(self.collection, self.documents.1, b, &mut self.numbers.1);
    }

    fn is_form(&self, a: u32, b: u32) -> bool {
        let (a_in, b_in) = self.stretches;
        if !(a_in.range().contains(&(a as usize)) && b_in.range().contains(&(b as usize))) {
            return false;
        }
        let (i, j) = (a - a_in.start, b - b_in.start);
        let from_end = (a_in.end - a).abs_diff(b_in.end - b);
        if i.abs_diff(j).min(from_end) > FORM_ASIDE as u32 {
            return false;
        }
        let (Some(&i), Some(&j)) = (self.numbers.0.get(i as usize), self.numbers.1.get(j as usize))
        else {
            return false;
        };
        let (a, b) = (&*self.store.words[i as usize], &*self.store.words[j as usize]);
        // One changed letter leaves the first or the last as it was.
        let (x, y) = (a.as_bytes(), b.as_bytes());
        (x.first() == y.first() || x.last() == y.last()) && is_form_of(a, b)
    }
}
