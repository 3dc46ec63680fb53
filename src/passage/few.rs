//! Some texts by themselves, as the collection that the stages of this half work on.
//!
//! Cost: that of tokenising; the texts are copied.

use super::archive::Archive;
use super::{Collection, Origins};
use crate::document::Document;
use crate::pairing::Pairing;
use crate::text::{TokenBuffer, TokenIndex, Tokenizer};

/// Texts and their tokens, in memory.
pub(super) struct Few {
    documents: Vec<Document>,
    tokens: Vec<TokenIndex>,
    origins: Origins,
    /// Nobody stands for anybody else.
    alone: Vec<u32>,
}

impl Few {
    pub(super) fn new<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        let (mut tokenizer, mut buffer) = (Tokenizer::new(), TokenBuffer::default());
        let documents: Vec<Document> =
            texts.into_iter().map(|text| Document::new("", text)).collect();
        let index = |document: &Document| {
            tokenizer.tokenize(&document.text, &mut buffer);
            TokenIndex::new(&buffer)
        };
        let tokens = documents.iter().map(index).collect();
        let alone = (0..documents.len() as u32).collect();
        Self { documents, tokens, origins: Origins::default(), alone }
    }

    /// The tokens of each text.
    pub(super) fn tokens(&self) -> &[TokenIndex] {
        &self.tokens
    }

    /// All texts compared with all.
    pub(super) fn collection(&self) -> Collection<'_> {
        let Self { documents, tokens, origins, alone } = self;
        Collection {
            archive: Archive::Held { documents, tokens },
            origins,
            copy_of: alone,
            representative: alone,
            pairing: Pairing::Everything,
        }
    }
}
