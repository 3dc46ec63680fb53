//! The stages that several benchmarks time, each over a whole collection.

use doublet::shingle::for_each_shingle;
use doublet::sketch::{SketchSpec, Sketcher};
use doublet::text::{TokenBuffer, Tokenizer};

use crate::baseline::ByteTable;

/// Words a shingle.
pub const SHINGLE: u32 = 5;
/// Registers a sketch.
pub const REGISTERS: u32 = 256;

/// Tokens of all texts; how many.
pub fn tokenize(texts: &[impl AsRef<str>]) -> usize {
    let (mut tokenizer, mut tokens) = (Tokenizer::new(), TokenBuffer::default());
    texts.iter().fold(0, |count, text| {
        tokenizer.tokenize(text.as_ref(), &mut tokens);
        count + tokens.len()
    })
}

/// Words of all texts by the byte-table loop; how many.
pub fn byte_table(texts: &[impl AsRef<str>]) -> usize {
    let mut words = ByteTable::default();
    texts.iter().fold(0, |count, text| {
        words.tokenize(text.as_ref());
        count + words.hashes.len()
    })
}

/// The floor under every sketch: tokens and rolling shingle hashes, nothing kept. The hashes
/// combined, so that none can be left out.
pub fn tokenize_and_shingle(texts: impl IntoIterator<Item = impl AsRef<str>>) -> u64 {
    let (mut tokenizer, mut tokens) = (Tokenizer::new(), TokenBuffer::default());
    texts.into_iter().fold(0, |mut all, text| {
        tokenizer.tokenize(text.as_ref(), &mut tokens);
        for_each_shingle(&tokens.hashes, SHINGLE, |hash, _, _| all ^= hash);
        all
    })
}

/// Text to sketch; the registers combined.
///
/// # Panics
/// Never: the sizes are within their ranges.
pub fn sketch(texts: &[impl AsRef<str>]) -> u64 {
    let (mut tokenizer, mut tokens) = (Tokenizer::new(), TokenBuffer::default());
    let spec = SketchSpec::new(SHINGLE, REGISTERS).expect("sizes within their ranges");
    let mut sketcher = Sketcher::new(spec);
    texts.iter().fold(0, |all, text| {
        tokenizer.tokenize(text.as_ref(), &mut tokens);
        all ^ sketcher.sketch(&tokens.hashes).registers()[0]
    })
}
