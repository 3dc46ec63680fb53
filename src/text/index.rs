//! What is kept of a document's tokens.
//!
//! The comparison needs the hashes of all tokens but the spans of few, so a [`TokenIndex`] keeps
//! the hashes and, of every 64th token, where it starts. A span is found again by tokenising the
//! stretch between the checkpoints around it. That gives the tokens of the whole text because a
//! token never depends on what stands before its own first character or after its last, and a
//! checkpoint never stands between two tokens of one contraction, which share a span.
//!
//! Cost: 4.1 bytes a token; a span costs the tokenising of some 64 to 128 tokens, less than a
//! microsecond of English; the spans of a long range cost the tokenising of that range.

use super::{TokenBuffer, TokenHash, Tokenizer};
use crate::span::{Span, TokenRange};

/// Tokens between two checkpoints.
const STEP: usize = 64;

/// Hashes of a document's tokens, and enough to find their spans again.
///
/// ```
/// use doublet::TokenRange;
/// use doublet::text::{SpanScratch, TokenBuffer, TokenIndex, Tokenizer};
/// let text = "One fish, two fish, red fish, blue fish.";
/// let mut tokens = TokenBuffer::default();
/// Tokenizer::new().tokenize(text, &mut tokens);
/// let index = TokenIndex::new(&tokens);
/// assert_eq!(index.hashes()[1], index.hashes()[3]);
/// let span = index.span_of(text, TokenRange::new(2, 4), &mut SpanScratch::default());
/// assert_eq!(&text[span.unwrap().range()], "two fish");
/// ```
#[derive(Clone, Debug, Default)]
pub struct TokenIndex {
    hashes: Box<[TokenHash]>,
    checkpoints: Checkpoints,
}

/// A token and where it starts; the first of its contraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Checkpoint {
    token: u32,
    byte: u32,
}

/// Where every 64th of a document's tokens starts: what an index has besides the hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checkpoints {
    points: Box<[Checkpoint]>,
    /// Number of all tokens.
    tokens: u32,
}

/// Scratch for finding spans again; reused from call to call and text to text.
#[derive(Clone, Debug, Default)]
pub struct SpanScratch {
    tokenizer: Tokenizer,
    tokens: TokenBuffer,
}

impl TokenIndex {
    /// Keeps what is needed of a text's tokens.
    #[must_use]
    pub fn new(tokens: &TokenBuffer) -> Self {
        Self { hashes: tokens.hashes.as_slice().into(), checkpoints: Checkpoints::new(tokens) }
    }

    pub(crate) const fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    /// The hashes of all tokens, in order.
    #[must_use]
    pub fn hashes(&self) -> &[TokenHash] {
        &self.hashes
    }

    /// Number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether any token is dense: then shingle sizes and minimum lengths may double.
    #[must_use]
    pub fn has_dense(&self) -> bool {
        self.hashes.iter().any(|hash| hash.is_dense())
    }

    /// Bytes of memory held.
    #[must_use]
    pub fn memory(&self) -> usize {
        size_of_val(&*self.hashes) + size_of_val(&*self.checkpoints.points)
    }

    /// Bytes from the first to the last token of a range.
    ///
    /// `text` must be the text that the index was made of. `None` if the range is empty or ends
    /// beyond the last token. A range that ends inside a contraction covers all of it, as its
    /// tokens share one span.
    pub fn span_of(
        &self,
        text: &str,
        tokens: TokenRange,
        scratch: &mut SpanScratch,
    ) -> Option<Span> {
        self.checkpoints.span_of(text, tokens, scratch)
    }

    /// Replaces the content of `out` by the spans of a range's tokens, one each.
    ///
    /// `text` must be the text that the index was made of. Nothing is written if the range is
    /// empty or ends beyond the last token.
    pub fn spans(
        &self,
        text: &str,
        tokens: TokenRange,
        scratch: &mut SpanScratch,
        out: &mut Vec<Span>,
    ) {
        self.checkpoints.spans(text, tokens, scratch, out);
    }
}

impl Checkpoints {
    /// Bytes of a document's checkpoints in a row.
    pub(crate) const fn bytes(tokens: u32) -> usize {
        (tokens as usize).div_ceil(STEP) * size_of::<Checkpoint>()
    }

    pub(crate) fn new(tokens: &TokenBuffer) -> Self {
        let checkpoint = |mut token: usize| {
            let byte = tokens.starts[token];
            while token > 0 && tokens.starts[token - 1] == byte {
                token -= 1;
            }
            Checkpoint { token: token as u32, byte }
        };
        Self {
            points: (0..tokens.starts.len()).step_by(STEP).map(checkpoint).collect(),
            tokens: tokens.starts.len() as u32,
        }
    }

    /// Adds them to a row, in [`bytes`](Self::bytes) bytes.
    pub(crate) fn put(&self, row: &mut Vec<u8>) {
        for point in &self.points {
            row.extend_from_slice(&point.token.to_le_bytes());
            row.extend_from_slice(&point.byte.to_le_bytes());
        }
    }

    /// Those of so many tokens, from a row of theirs alone.
    pub(crate) fn get(row: &[u8], tokens: u32) -> Self {
        let (numbers, _) = row.as_chunks::<4>();
        let point = |pair: &[[u8; 4]]| Checkpoint {
            token: u32::from_le_bytes(pair[0]),
            byte: u32::from_le_bytes(pair[1]),
        };
        Self { points: numbers.chunks_exact(2).map(point).collect(), tokens }
    }

    /// [`TokenIndex::span_of`] without the hashes.
    pub(crate) fn span_of(
        &self,
        text: &str,
        tokens: TokenRange,
        scratch: &mut SpanScratch,
    ) -> Option<Span> {
        let last = tokens.end.checked_sub(1).filter(|&last| last >= tokens.start)?;
        if tokens.len() as usize <= 2 * STEP {
            let (local, byte) = self.tokens_around(text, tokens, scratch)?;
            let hull = scratch.tokens.hull(local)?;
            return Some(Span { start: byte + hull.start, end: byte + hull.end });
        }
        let single = |token| TokenRange { start: token, end: token + 1 };
        let first = self.span_of(text, single(tokens.start), scratch)?;
        let last = self.span_of(text, single(last), scratch)?;
        Some(Span { start: first.start, end: last.end })
    }

    /// [`TokenIndex::spans`] without the hashes.
    pub(crate) fn spans(
        &self,
        text: &str,
        tokens: TokenRange,
        scratch: &mut SpanScratch,
        out: &mut Vec<Span>,
    ) {
        out.clear();
        let Some((local, byte)) = self.tokens_around(text, tokens, scratch) else { return };
        let starts = scratch.tokens.starts.get(local.range()).unwrap_or_default();
        let ends = scratch.tokens.ends.get(local.range()).unwrap_or_default();
        out.extend(
            starts
                .iter()
                .zip(ends)
                .map(|(start, end)| Span { start: byte + start, end: byte + end }),
        );
    }

    /// Tokenises the stretch between the checkpoints around a range: the range within it, and
    /// the byte that it starts at.
    fn tokens_around(
        &self,
        text: &str,
        tokens: TokenRange,
        scratch: &mut SpanScratch,
    ) -> Option<(TokenRange, u32)> {
        if tokens.start >= tokens.end || tokens.end > self.tokens {
            return None;
        }
        let after_start = self.points.partition_point(|point| point.token <= tokens.start);
        let from = self.points.get(after_start.checked_sub(1)?)?;
        let not_before_end = self.points.partition_point(|point| point.token < tokens.end);
        let to = self.points.get(not_before_end).map_or(text.len(), |to| to.byte as usize);
        scratch.tokenizer.tokenize(text.get(from.byte as usize..to)?, &mut scratch.tokens);
        let local = TokenRange { start: tokens.start - from.token, end: tokens.end - from.token };
        Some((local, from.byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index_of(text: &str) -> (TokenIndex, TokenBuffer) {
        let mut tokens = TokenBuffer::default();
        Tokenizer::new().tokenize(text, &mut tokens);
        (TokenIndex::new(&tokens), tokens)
    }

    #[test]
    fn every_range_of_a_text_full_of_contractions() {
        // Contractions of two to five tokens, so that every 64th token falls everywhere in one.
        let text =
            "Can't we've cannot I'd’ve couldn't've; cannot've'll're ไทย漢字 né—isn't ".repeat(40);
        let (index, tokens) = index_of(&text);
        let (mut scratch, mut spans) = (SpanScratch::default(), Vec::new());
        let all: Vec<Span> = tokens.iter().map(|token| token.span).collect();
        assert!(all.len() > 600);
        for start in 0..all.len() {
            for end in (start + 1..all.len().min(start + 6)).chain([start + 150, start + 400]) {
                let range = TokenRange::new(start as u32, end as u32);
                let expected = all.get(start..end).unwrap_or_default();
                index.spans(&text, range, &mut scratch, &mut spans);
                assert_eq!(spans, expected);
                let hull = expected.first().zip(expected.last()).map(|(a, b)| a.hull(*b));
                assert_eq!(index.span_of(&text, range, &mut scratch), hull);
            }
        }
    }

    #[test]
    fn empty_and_outlying_ranges_have_no_span() {
        let (index, _) = index_of("one two three");
        let mut scratch = SpanScratch::default();
        let mut spans = vec![Span::new(0, 1)];
        for (start, end) in [(0, 0), (3, 3), (2, 4), (7, 9), (0, u32::MAX)] {
            let range = TokenRange::new(start, end);
            assert_eq!(index.span_of("one two three", range, &mut scratch), None);
            index.spans("one two three", range, &mut scratch, &mut spans);
            assert!(spans.is_empty());
        }
        // Another text than the index was made of: no panic.
        assert_eq!(index.span_of("", TokenRange::new(2, 3), &mut scratch), None);
    }

    #[test]
    fn checkpoints_come_back_from_a_row() {
        for words in [0, 1, 63, 64, 65, 1000] {
            let (index, _) = index_of(&"can't ".repeat(words));
            let mut row = Vec::new();
            index.checkpoints().put(&mut row);
            let tokens = index.len() as u32;
            assert_eq!(row.len(), Checkpoints::bytes(tokens));
            assert_eq!(&Checkpoints::get(&row, tokens), index.checkpoints());
        }
    }

    #[test]
    fn facts() {
        let (index, tokens) = index_of(&"word ".repeat(6400));
        assert_eq!((index.len(), index.is_empty(), index.has_dense()), (6400, false, false));
        assert_eq!(index.hashes(), tokens.hashes);
        assert!(index.memory() <= 6400 * 42 / 10);
        assert!(index_of("a 漢").0.has_dense());
        assert!(index_of("…").0.is_empty());
    }
}
