//! Text to tokens.
//!
//! A token is the smallest unit compared: a word, or one grapheme of a script without spaces.
//! It keeps its span in the original and a 32-bit hash of its normalised form, so offsets stay
//! exact under any normalisation.

use crate::span::Span;

/// Hash of a token's normalised form.
///
/// The lowest bit says whether the token is *dense*: a grapheme of a script without spaces, of
/// which two weigh as much as one word (shingle sizes and minimum lengths double there).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct TokenHash(pub u32);

impl TokenHash {
    /// Whether the token is one grapheme of a script without spaces.
    #[must_use]
    pub const fn is_dense(self) -> bool {
        self.0 & 1 == 1
    }

    /// Weight in half words: 1 for a dense token, 2 for a word.
    #[must_use]
    pub const fn half_words(self) -> u32 {
        2 - (self.0 & 1)
    }
}

/// A token: where it stands and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Bytes of the original text. The tokens of a contraction (*aren't*: *are*, *not*) share one.
    pub span: Span,
    /// Hash of the normalised form.
    pub hash: TokenHash,
}

/// Tokens of one text, column by column; reused from text to text.
#[derive(Clone, Debug, Default)]
pub struct TokenBuffer {
    /// Where each token starts, in bytes.
    pub starts: Vec<u32>,
    /// Where each token ends, in bytes.
    pub ends: Vec<u32>,
    /// What each token is.
    pub hashes: Vec<TokenHash>,
}
