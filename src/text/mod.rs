//! Text to tokens.
//!
//! A token is the smallest unit compared: a word, or one grapheme of a script without spaces.
//! It keeps its span in the original and a 32-bit hash of its normalised form, so offsets stay
//! exact under any normalisation.
//!
//! # What a token is
//! - A **word** is a maximal run of letters, combining marks and digits. Everything else splits:
//!   white space, hyphens, underscores, punctuation, symbols, emoji.
//! - An **apostrophe** between two letters belongs to the word, whatever sign stands for it
//!   (`'`, `’`, `‘`, `ʼ`, `′`, `´` and others).
//! - **Ignorable** characters (soft hyphen, zero-width space and joiners, byte-order mark,
//!   direction marks, variation selectors) split nothing and count for nothing; a span neither
//!   starts nor ends with one.
//! - **Contractions** are written out: *aren't* is the two tokens *are* and *not*, with one span.
//!   So are *can't, won't, shan't, cannot* and the endings *'re, 've, 'll, 'm*; *'s* and *'d*
//!   are ambiguous and stay.
//! - Han, kana, Thai, Lao, Khmer, Myanmar and their kin are **dense**: every grapheme cluster is a
//!   token. Where a dense script and another meet, the token ends.
//! - The **normal form** of a token is its NFKC form, case folded; only it is hashed. Slicing the
//!   original at a token's span and tokenising the slice gives the same token again.
//!
//! # Which part do I need?
//! [`tokenize`] for one text; a [`Tokenizer`] and a [`TokenBuffer`] for many, without allocation
//! between them; a [`TokenIndex`] to keep a document's tokens at 4.2 bytes each and find spans
//! later; [`normalized`] to see the normal forms; [`is_form_of`] to tell an inflected or misspelt
//! word from another word.
//!
//! # How
//! ASCII is classified 64 bytes at a time into bit masks, and words are read off the runs of bits.
//! Only a word that touches a character beyond ASCII goes the general way, character by character.
//! Both give the same tokens: property tests compare them with each other and with a third,
//! plain tokeniser.

mod blocks;
mod contraction;
mod form;
mod index;
mod normalize;
mod quick_form;
mod run;
mod script;
mod simd;
mod table;

pub(crate) use contraction::may_share_span;
pub use form::is_form_of;
pub(crate) use index::Checkpoints;
pub use index::{SpanScratch, TokenIndex};
use quick_form::Form;

use crate::hash;
use crate::span::{Span, TokenRange};

/// Name of everything that decides a [`TokenHash`]: the rules above and the versions of the
/// Unicode data for normalisation (`n`), grapheme clusters (`g`) and character properties (`c`).
///
/// Hashes made under different names must not be compared.
pub const TOKENIZER_VERSION: &str = {
    const NAME: ([u8; 32], usize) = version_name();
    match std::str::from_utf8(NAME.0.split_at(NAME.1).0) {
        Ok(name) => name,
        Err(_) => "tok2",
    }
};

/// `tok2-n18.0-g17.0-c17.0`, put together at compile time.
const fn version_name() -> ([u8; 32], usize) {
    const fn put(out: &mut ([u8; 32], usize), byte: u8) {
        out.0[out.1] = byte;
        out.1 += 1;
    }
    const fn number(out: &mut ([u8; 32], usize), value: u8) {
        if value >= 10 {
            number(out, value / 10);
        }
        put(out, b'0' + value % 10);
    }
    let graphemes = unicode_segmentation::UNICODE_VERSION;
    let graphemes = (graphemes.0 as u8, graphemes.1 as u8, graphemes.2 as u8);
    let versions = [
        (b'n', unicode_normalization::UNICODE_VERSION),
        (b'g', graphemes),
        (b'c', char::UNICODE_VERSION),
    ];
    let mut out = ([0; 32], 4);
    out.0.split_at_mut(4).0.copy_from_slice(b"tok2");
    let mut i = 0;
    while i < versions.len() {
        put(&mut out, b'-');
        put(&mut out, versions[i].0);
        number(&mut out, versions[i].1.0);
        put(&mut out, b'.');
        number(&mut out, versions[i].1.1);
        i += 1;
    }
    out
}

/// Hash of a token's normalised form.
///
/// The lowest bit says whether the token is *dense*: a grapheme of a script without spaces, of
/// which two weigh as much as one word (shingle sizes and minimum lengths double there). The
/// highest byte of words without digits is a hash of the first three letters alone, the rest is one
/// of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct TokenHash(pub u32);

impl TokenHash {
    /// The hash of a normalised form: 31 bits of its 64-bit hash, and the dense bit.
    #[inline]
    pub(crate) fn of(form: &[u8], dense: bool) -> Self {
        Self::from_hash(hash::token_hash(form), dense)
    }

    #[inline]
    pub(crate) const fn from_hash(hash: u64, dense: bool) -> Self {
        Self(((hash >> 32) as u32) & !1 | dense as u32)
    }

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
///
/// The three columns have the same length.
#[derive(Clone, Debug, Default)]
pub struct TokenBuffer {
    /// Where each token starts, in bytes.
    pub starts: Vec<u32>,
    /// Where each token ends, in bytes.
    pub ends: Vec<u32>,
    /// What each token is.
    pub hashes: Vec<TokenHash>,
}

impl TokenBuffer {
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

    /// Forgets the tokens and keeps the memory.
    pub fn clear(&mut self) {
        self.starts.clear();
        self.ends.clear();
        self.hashes.clear();
    }

    /// All tokens in order.
    pub fn iter(&self) -> impl Iterator<Item = Token> + '_ {
        let spans = self.starts.iter().zip(&self.ends);
        spans
            .zip(&self.hashes)
            .map(|((&start, &end), &hash)| Token { span: Span { start, end }, hash })
    }

    /// Bytes from the first to the last token of a range; `None` if the range is empty or ends
    /// beyond the last token.
    #[must_use]
    pub fn hull(&self, tokens: TokenRange) -> Option<Span> {
        let last = tokens.end.checked_sub(1).filter(|&last| last >= tokens.start)?;
        let start = *self.starts.get(tokens.start as usize)?;
        Some(Span { start, end: *self.ends.get(last as usize)? })
    }

    #[inline]
    fn push(&mut self, start: u32, end: u32, hash: TokenHash) {
        self.starts.push(start);
        self.ends.push(end);
        self.hashes.push(hash);
    }
}

impl run::Sink for TokenBuffer {
    #[inline]
    fn token(&mut self, start: u32, end: u32, form: Form<'_>, dense: bool) {
        self.push(start, end, form.hash(dense));
    }
}

impl run::Sink for Vec<Token> {
    #[inline]
    fn token(&mut self, start: u32, end: u32, form: Form<'_>, dense: bool) {
        self.push(Token { span: Span { start, end }, hash: form.hash(dense) });
    }
}

/// Turns texts into tokens; keeps its scratch memory between them.
///
/// ```
/// use doublet::text::{TokenBuffer, Tokenizer};
/// let mut tokenizer = Tokenizer::new();
/// let mut tokens = TokenBuffer::default();
/// tokenizer.tokenize("They aren't here.", &mut tokens);
/// let aren_t = &tokens.hashes[1..3];
/// assert_eq!((tokens.starts[1], tokens.ends[1]), (tokens.starts[2], tokens.ends[2]));
/// let mut written_out = TokenBuffer::default();
/// tokenizer.tokenize("ARE NOT", &mut written_out);
/// assert_eq!(written_out.hashes, aren_t);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tokenizer {
    scratch: blocks::Scratch,
}

impl Tokenizer {
    /// A tokeniser; allocates nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the content of `out` by the tokens of `text`.
    ///
    /// Positions are 32-bit: of a longer text only the first 2³² − 1 bytes (down to a character
    /// boundary) are looked at, and whoever reads documents must refuse longer ones before.
    ///
    /// Cost: linear in the text; one pass.
    pub fn tokenize(&mut self, text: &str, out: &mut TokenBuffer) {
        simd::tokenize(addressable(text), &mut self.scratch, out);
    }
}

/// The part of a text whose positions fit 32 bits.
fn addressable(text: &str) -> &str {
    debug_assert!(u32::try_from(text.len()).is_ok(), "a text of more than 4 GiB − 1 bytes");
    let mut end = text.len().min(u32::MAX as usize);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The tokens of one text.
///
/// ```
/// use doublet::text::tokenize;
/// let text = "“Don’t,” she said";
/// let tokens = tokenize(text);
/// let words: Vec<&str> = tokens.iter().map(|token| &text[token.span.range()]).collect();
/// assert_eq!(words, ["Don’t", "Don’t", "she", "said"]);
/// let same: Vec<_> = tokenize("do NOT she said").iter().map(|token| token.hash).collect();
/// assert_eq!(tokens.iter().map(|token| token.hash).collect::<Vec<_>>(), same);
/// ```
#[must_use]
pub fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = TokenBuffer::default();
    Tokenizer::new().tokenize(text, &mut tokens);
    tokens.iter().collect()
}

/// The normal form of each token of a text, in the order of [`tokenize`].
///
/// For showing and comparing words; slower than [`Tokenizer::tokenize`], since every form is a
/// string of its own.
///
/// ```
/// use doublet::text::normalized;
/// assert_eq!(normalized("They’re CO\u{ad}OPERATING—Straße"), [
///     "they", "are", "cooperating", "strasse"
/// ]);
/// ```
#[must_use]
pub fn normalized(text: &str) -> Vec<String> {
    struct Forms(Vec<String>);
    impl run::Sink for Forms {
        fn token(&mut self, _: u32, _: u32, form: Form<'_>, _: bool) {
            self.0.push(String::from_utf8_lossy(form.bytes).into_owned());
        }
    }
    let mut forms = Forms(Vec::new());
    let text = addressable(text);
    run::tokenize(text, 0, text.len(), &mut run::Scratch::default(), &mut forms);
    forms.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_names_all_that_decides() {
        let (n, g, c) = (
            unicode_normalization::UNICODE_VERSION,
            unicode_segmentation::UNICODE_VERSION,
            char::UNICODE_VERSION,
        );
        let name = format!("tok2-n{}.{}-g{}.{}-c{}.{}", n.0, n.1, g.0, g.1, c.0, c.1);
        assert_eq!(TOKENIZER_VERSION, name);
    }

    /// The general way alone gives what the two ways give together.
    #[test]
    fn the_two_ways_agree() {
        let words = "It's “QUOTED”, can’t cannot 'tis 7days b2b rock'n'roll—x` a`b 5'10 naïve é1 ﬁn \
             ไทย 漢字 I'm 4x4's 3D’s covid19infections2020s don't ";
        let text = words.repeat(200);
        for from in (0..200).filter(|&from| text.is_char_boundary(from)) {
            let text = &text[from..];
            let (mut together, mut alone) = (TokenBuffer::default(), TokenBuffer::default());
            Tokenizer::new().tokenize(text, &mut together);
            run::tokenize(text, 0, text.len(), &mut run::Scratch::default(), &mut alone);
            assert!(together.iter().eq(alone.iter()), "from byte {from}");
        }
    }
}
