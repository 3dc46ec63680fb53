//! Two texts by themselves: what they share, word by word, without a collection around them.

use super::direct::GramTable;
use super::few::Few;
use super::operations::Teller;
use super::pairs::{Place, Worker};
use crate::report::model::Operation;
use crate::span::{Span, TokenRange};
use crate::text::SpanScratch;

/// A part of one text aligned with a part of another.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignedPart {
    /// Bytes of the first text.
    pub a: Span,
    /// Bytes of the second text.
    pub b: Span,
    /// Share of the aligned words that are equal (partial matches count a half), 0 to 1.
    pub identity: f64,
    /// What turns the first part into the second, in order; the first text is the canonical one.
    pub operations: Vec<Operation>,
}

/// Aligns two texts: the parts they share, best first, each word by word.
///
/// Parts grow around runs of at least three equal words, and no length or identity is asked of
/// them. Only the first 2³² − 1 bytes of a text are looked at. Cost: linear in both texts and in
/// the number of places that a run of three words has in the first.
///
/// ```
/// let parts = doublet::align(
///     "Russia and China are not building alliances based on Cold War pattern.",
///     "that “Russia and China aren’t building alliances based on Cold War patterns,”",
/// );
/// assert_eq!(parts.len(), 1);
/// let changes: Vec<_> = parts[0].operations.iter().filter_map(|step| step.text.as_deref()).collect();
/// assert_eq!(changes, ["aren’t", "patterns"]);
/// ```
#[must_use]
pub fn align(a: &str, b: &str) -> Vec<AlignedPart> {
    let texts = Few::new([a, b]);
    let collection = texts.collection();
    let both = collection.both(0, 1);
    let sides = both.whole();
    let table = GramTable::new(sides.a, TokenRange::new(0, sides.a.len() as u32));
    let (mut worker, mut teller) = (Worker::default(), Teller::default());
    let mut scratch = SpanScratch::default();
    let aligned = table.align(&collection, &mut worker, (0, 1), sides);
    let tell = |alignment: super::align::Alignment| {
        let whole = worker.words.whole_words(&collection, 0, alignment.a);
        let member = worker.words.whole_words(&collection, 1, alignment.b);
        let canonical = Place { document: 0, tokens: whole };
        let (span, operations) = teller.tell(&collection, canonical, 1, &alignment, member);
        AlignedPart {
            a: texts.tokens()[0].span_of(a, whole, &mut scratch).unwrap_or_default(),
            b: span,
            identity: alignment.identity(),
            operations,
        }
    };
    aligned.into_iter().map(tell).collect()
}
