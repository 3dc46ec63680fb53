//! The one pass over the texts: tokens, and from them sketch, bands and content hash.
//!
//! Idea: documents are analysed many at a time, by all threads, while what was made of those
//! before them is put in its place.
//!
//! Cost: that of tokens and features; what is made of 1,024 documents is in memory at a time.

use rayon::prelude::*;

use super::{DocumentFeatures, FeatureMaker};
use crate::document::Document;
use crate::error::Result;
use crate::hash::content_hash;
use crate::stop::checkpoint;
use crate::text::{TokenBuffer, Tokenizer};
use crate::threads::overlapped;

/// Documents that are analysed while what was made of those before them is put in its place.
const BATCH: usize = 512;

/// What is made of one document.
pub(crate) struct Analysed<K> {
    /// Number of tokens.
    pub(crate) tokens: u32,
    pub(crate) content_hash: u128,
    /// Where documents are compared.
    pub(crate) features: Option<DocumentFeatures>,
    /// What is kept of text and tokens.
    pub(crate) kept: K,
}

/// Analyses documents and puts what is made of each in its place, by its index, in order. Without
/// a maker no features are made; `keep` says what is kept of a text and its tokens.
///
/// # Errors
/// Those of `put`.
pub(crate) fn analyse<K: Send>(
    documents: &[Document],
    maker: Option<&FeatureMaker>,
    keep: impl Fn(&str, &TokenBuffer) -> K + Sync,
    mut put: impl FnMut(usize, Analysed<K>) -> Result<()> + Send,
) -> Result<()> {
    let of_batch = |batch: &[Document]| -> Vec<Analysed<K>> {
        batch
            .par_iter()
            .with_min_len(8)
            .map_init(
                || (Tokenizer::new(), TokenBuffer::default(), maker.cloned()),
                |(tokenizer, buffer, maker), Document { text, .. }| {
                    checkpoint();
                    tokenizer.tokenize(text, buffer);
                    let features = maker.as_mut().map(|maker| maker.features(&buffer.hashes));
                    let content_hash = features
                        .as_ref()
                        .map_or_else(|| content_hash(&buffer.hashes), |of| of.content_hash);
                    let kept = keep(text, buffer);
                    Analysed { tokens: buffer.len() as u32, content_hash, features, kept }
                },
            )
            .collect()
    };
    let mut index = 0..;
    overlapped(documents.chunks(BATCH), of_batch, |made| {
        made.into_iter().zip(&mut index).try_for_each(|(analysed, index)| put(index, analysed))
    })
}
