//! Where the tokens and texts of a collection are: in memory, or in work files.
//!
//! Idea: the stages ask for the tokens of a document, and in a few places for its text. Where
//! everything is in memory they get a reference. Where it is not, a row of a store is read and
//! shared, and a [cache](super::cache) holds what was asked for last within a share of the budget.
//!
//! Cost: nothing in memory; else 4 bytes a token, 1.02 bytes a byte of text and 8 bytes a
//! document, and a microsecond or two for a document that is not in the cache.
//!
//! A row that cannot be read ends the run: the thread leaves by unwinding, as at a checkpoint
//! ([`stop::fail`](crate::stop::fail)).

use std::ops::Deref;
use std::sync::Arc;

use super::cache::{Cache, Weighed};
use crate::document::{DocId, Document};
use crate::documents::store::{Lengths, TokenRows, TokenScratch, Tokens as _};
use crate::error::Result;
use crate::span::{Span, TokenRange};
use crate::spill::{Rows, Work};
use crate::stop::or_fail;
use crate::text::{Checkpoints, SpanScratch, TokenHash, TokenIndex};

/// The tokens and texts of all documents.
#[derive(Clone, Copy)]
pub(crate) enum Archive<'a> {
    /// In memory.
    Held { documents: &'a [Document], tokens: &'a [TokenIndex] },
    /// In rows.
    Stored(&'a Shelf<'a>),
}

/// The tokens of one document.
pub(crate) enum Hashes<'a> {
    Held(&'a [TokenHash]),
    Stored(Arc<[TokenHash]>),
}

impl Deref for Hashes<'_> {
    type Target = [TokenHash];

    #[inline]
    fn deref(&self) -> &[TokenHash] {
        match self {
            Self::Held(hashes) => hashes,
            Self::Stored(hashes) => hashes,
        }
    }
}

/// The text of one document, and where its tokens stand in it.
pub(crate) enum Located<'a> {
    Held { text: &'a str, checkpoints: &'a Checkpoints },
    Stored(Arc<StoredText>),
}

impl Located<'_> {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Held { text, .. } => text,
            Self::Stored(stored) => &stored.text,
        }
    }

    fn checkpoints(&self) -> &Checkpoints {
        match self {
            Self::Held { checkpoints, .. } => checkpoints,
            Self::Stored(stored) => &stored.checkpoints,
        }
    }

    /// As [`TokenIndex::span_of`].
    pub(crate) fn span_of(&self, tokens: TokenRange, scratch: &mut SpanScratch) -> Option<Span> {
        self.checkpoints().span_of(self.text(), tokens, scratch)
    }

    /// As [`TokenIndex::spans`].
    pub(crate) fn spans(&self, tokens: TokenRange, scratch: &mut SpanScratch, out: &mut Vec<Span>) {
        self.checkpoints().spans(self.text(), tokens, scratch, out);
    }
}

impl<'a> Archive<'a> {
    /// Number of documents.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Held { tokens, .. } => tokens.len(),
            Self::Stored(shelf) => shelf.texts.counts.len(),
        }
    }

    /// Number of a document's tokens.
    pub(crate) fn count(self, document: u32) -> u32 {
        match self {
            Self::Held { tokens, .. } => tokens[document as usize].len() as u32,
            Self::Stored(shelf) => shelf.texts.counts[document as usize],
        }
    }

    /// Number of all tokens.
    pub(crate) fn tokens(self) -> u64 {
        (0..self.len() as u32).map(|document| u64::from(self.count(document))).sum()
    }

    /// The tokens of a document.
    #[inline]
    pub(crate) fn hashes(self, document: u32) -> Hashes<'a> {
        match self {
            Self::Held { tokens, .. } => Hashes::Held(tokens[document as usize].hashes()),
            Self::Stored(shelf) => Hashes::Stored(shelf.hashes(document)),
        }
    }

    /// The tokens of a document that is not asked for again soon: past the cache.
    pub(crate) fn read<'s>(self, document: u32, scratch: &'s mut TokenScratch) -> &'s [TokenHash]
    where
        'a: 's,
    {
        match self {
            Self::Held { tokens, .. } => tokens[document as usize].hashes(),
            Self::Stored(shelf) => or_fail(shelf.tokens.read(DocId(document), scratch)),
        }
    }

    /// The text of a document.
    pub(crate) fn located(self, document: u32) -> Located<'a> {
        match self {
            Self::Held { documents, tokens } => Located::Held {
                text: &documents[document as usize].text,
                checkpoints: tokens[document as usize].checkpoints(),
            },
            Self::Stored(shelf) => Located::Stored(shelf.text(document)),
        }
    }
}

/// A text as it comes from a row.
pub(crate) struct StoredText {
    text: Box<str>,
    checkpoints: Checkpoints,
}

impl Weighed for Arc<StoredText> {
    fn bytes(&self) -> usize {
        self.text.len() * 9 / 8 + size_of::<StoredText>()
    }
}

impl Weighed for Arc<[TokenHash]> {
    fn bytes(&self) -> usize {
        size_of_val::<[TokenHash]>(self)
    }
}

/// The texts of documents as rows: their checkpoints first.
pub(crate) struct TextRows {
    rows: Rows,
    lengths: Lengths,
    /// Tokens of each document.
    counts: Vec<u32>,
}

/// One document's row.
pub(crate) struct TextRow {
    bytes: Vec<u8>,
    tokens: u32,
}

impl TextRow {
    pub(crate) fn new(text: &str, checkpoints: &Checkpoints, tokens: u32) -> Self {
        let mut bytes = Vec::with_capacity(Checkpoints::bytes(tokens) + text.len());
        checkpoints.put(&mut bytes);
        bytes.extend_from_slice(text.as_bytes());
        Self { bytes, tokens }
    }
}

impl TextRows {
    pub(crate) fn new(work: &Work) -> Self {
        Self { rows: work.rows("texts", 10), lengths: Lengths::default(), counts: Vec::new() }
    }

    /// Adds the text of the next document.
    pub(crate) fn add(&mut self, row: &TextRow) -> Result<()> {
        let place = self.rows.append(&row.bytes)?;
        self.lengths.push(place, row.bytes.len() as u32);
        self.counts.push(row.tokens);
        Ok(())
    }

    /// Ends the writing.
    pub(crate) fn seal(&mut self, durable: bool) -> Result<()> {
        self.rows.seal(durable)
    }

    /// Where the rows end: what [`TextRows::open`] wants.
    pub(crate) fn end(&self) -> u64 {
        self.rows.end()
    }

    /// Finds the rows of documents of so many tokens and bytes again.
    pub(crate) fn open(
        work: &Work,
        sizes: impl Iterator<Item = (u32, u32)> + Clone,
        end: u64,
    ) -> Result<Self> {
        let row = |(tokens, bytes): (u32, u32)| Checkpoints::bytes(tokens) as u32 + bytes;
        Ok(Self {
            rows: Rows::open(work, "texts", end)?,
            lengths: Lengths::of_lengths(sizes.clone().map(row), 1),
            counts: sizes.map(|(tokens, _)| tokens).collect(),
        })
    }

    fn read(&self, document: u32, scratch: &mut Vec<u8>) -> Result<StoredText> {
        let (place, length) = self.lengths.find(DocId(document), 1);
        let tokens = self.counts[document as usize];
        self.rows.with(place, length, scratch, |row| {
            let (points, text) = row.split_at(Checkpoints::bytes(tokens));
            StoredText {
                text: std::str::from_utf8(text).unwrap_or_default().into(),
                checkpoints: Checkpoints::get(points, tokens),
            }
        })
    }
}

/// Tokens and texts in rows, with what was asked for last.
pub(crate) struct Shelf<'a> {
    tokens: &'a TokenRows,
    texts: &'a TextRows,
    kept_tokens: Cache<Arc<[TokenHash]>>,
    kept_texts: Cache<Arc<StoredText>>,
}

impl<'a> Shelf<'a> {
    pub(crate) fn new(work: &Work, tokens: &'a TokenRows, texts: &'a TextRows) -> Self {
        Self {
            tokens,
            texts,
            kept_tokens: Cache::new(work.share(12)),
            kept_texts: Cache::new(work.share(6)),
        }
    }

    fn hashes(&self, document: u32) -> Arc<[TokenHash]> {
        self.kept_tokens.get(document, || {
            let mut scratch = TokenScratch::default();
            or_fail(self.tokens.read(DocId(document), &mut scratch)).into()
        })
    }

    fn text(&self, document: u32) -> Arc<StoredText> {
        self.kept_texts
            .get(document, || Arc::new(or_fail(self.texts.read(document, &mut Vec::new()))))
    }
}
