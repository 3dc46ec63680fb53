//! Operations: an alignment as the report tells it, with spans, words and kinds of change.
//!
//! The steps of an alignment become operations on ranges: neighbouring insertions, deletions and
//! unequal words are one replacement. Inside equal runs a contraction in one text and the words
//! written out in the other (*aren't*, *are not*) are tokens alike but not letters; they are told
//! as a replacement of that kind. What the alignment leaves out of the canonical passage at
//! either end is deleted.
//!
//! Cost: the tokenising of both ranges, for the spans.

use super::Collection;
use super::align::{Alignment, Step};
use super::pairs::Place;
use crate::report::model::{Change, Operation, OperationKind};
use crate::span::{Span, TokenRange};
use crate::text::SpanScratch;

/// Finds operations in one collection; holds scratch from call to call.
#[derive(Default)]
pub(crate) struct Teller {
    scratch: SpanScratch,
    /// The canonical passage told of last, and its spans.
    last: Option<Place>,
    canonical: Vec<Span>,
    member: Vec<Span>,
}

/// A range of both texts and what happens there, before spans are known.
#[derive(Clone, Copy)]
struct Part {
    kind: OperationKind,
    a: TokenRange,
    b: TokenRange,
}

impl Teller {
    /// The operations that turn the canonical passage into the member, and the member's span.
    pub(crate) fn tell(
        &mut self,
        collection: &Collection<'_>,
        canonical: Place,
        document: u32,
        alignment: &Alignment,
        member: TokenRange,
    ) -> (Span, Vec<Operation>) {
        let (of_a, of_b) = (collection.located(canonical.document), collection.located(document));
        let (text_a, text_b) = (of_a.text(), of_b.text());
        if self.last.replace(canonical) != Some(canonical) {
            let spans = &mut self.canonical;
            of_a.spans(canonical.tokens, &mut self.scratch, spans);
        }
        of_b.spans(member, &mut self.scratch, &mut self.member);
        let mut parts = Vec::new();
        let leading = Part {
            kind: OperationKind::Equal,
            a: TokenRange::new(canonical.tokens.start, alignment.a.start),
            b: TokenRange::new(member.start, alignment.b.start),
        };
        push_changed(&mut parts, leading.a, leading.b);
        self.parts(canonical.tokens.start, member.start, alignment, text_a, text_b, &mut parts);
        push_changed(
            &mut parts,
            TokenRange::new(alignment.a.end, canonical.tokens.end),
            TokenRange::new(alignment.b.end, member.end),
        );
        let mut ends = (
            self.canonical.first().map_or(0, |span| span.start),
            self.member.first().map_or(0, |span| span.start),
        );
        let whole = Span {
            start: ends.1,
            end: self.member.iter().map(|span| span.end).max().unwrap_or(ends.1),
        };
        let operations = parts
            .into_iter()
            .map(|part| {
                let canonical_span = hull(&self.canonical, canonical.tokens.start, part.a, ends.0);
                let span = hull(&self.member, member.start, part.b, ends.1);
                ends = (canonical_span.end, span.end);
                let words = |text: &str, span: Span| {
                    let told = part.kind != OperationKind::Equal && !span.is_empty();
                    told.then(|| text[span.range()].to_owned())
                };
                Operation {
                    kind: part.kind,
                    canonical_tokens: part.a,
                    tokens: part.b,
                    canonical_span,
                    span,
                    canonical_text: words(text_a, canonical_span),
                    text: words(text_b, span),
                }
            })
            .collect();
        (whole, operations)
    }

    fn parts(
        &self,
        base_a: u32,
        base_b: u32,
        alignment: &Alignment,
        text_a: &str,
        text_b: &str,
        parts: &mut Vec<Part>,
    ) {
        let (mut at_a, mut at_b) = (alignment.a.start, alignment.b.start);
        for &(step, count) in &alignment.path {
            let (takes_a, takes_b) = step.takes();
            let a = TokenRange::new(at_a, at_a + takes_a * count);
            let b = TokenRange::new(at_b, at_b + takes_b * count);
            (at_a, at_b) = (a.end, b.end);
            match step {
                Step::Equal => {
                    let local_a =
                        &self.canonical[a.start as usize - base_a as usize..][..a.len() as usize];
                    let local_b =
                        &self.member[b.start as usize - base_b as usize..][..b.len() as usize];
                    push_equal(parts, a, b, local_a, local_b, text_a, text_b);
                }
                Step::Form => parts.push(Part { kind: OperationKind::Replace(Change::Form), a, b }),
                Step::Mismatch | Step::Insert | Step::Delete => push_changed(parts, a, b),
            }
        }
    }
}

/// Adds changed words to the change before them, or as a change of their own.
fn push_changed(parts: &mut Vec<Part>, a: TokenRange, b: TokenRange) {
    if a.is_empty() && b.is_empty() {
        return;
    }
    let (mut a, mut b) = (a, b);
    let joins = |part: &&mut Part| {
        matches!(
            part.kind,
            OperationKind::Replace(Change::Wording) | OperationKind::Insert | OperationKind::Delete
        )
    };
    if let Some(last) = parts.last_mut().filter(joins) {
        a.start = last.a.start;
        b.start = last.b.start;
        parts.pop();
    }
    let kind = match (a.is_empty(), b.is_empty()) {
        (true, _) => OperationKind::Insert,
        (_, true) => OperationKind::Delete,
        _ => OperationKind::Replace(Change::Wording),
    };
    parts.push(Part { kind, a, b });
}

/// Adds a run of equal tokens, with contractions that differ in letters set apart.
fn push_equal(
    parts: &mut Vec<Part>,
    a: TokenRange,
    b: TokenRange,
    spans_a: &[Span],
    spans_b: &[Span],
    text_a: &str,
    text_b: &str,
) {
    let len = spans_a.len();
    let mut add = |kind, from: usize, to: usize| {
        if from < to {
            let (from, to) = (from as u32, to as u32);
            parts.push(Part {
                kind,
                a: TokenRange::new(a.start + from, a.start + to),
                b: TokenRange::new(b.start + from, b.start + to),
            });
        }
    };
    let joined = |spans: &[Span], i: usize| i + 1 < len && spans[i] == spans[i + 1];
    let (mut equal_from, mut i) = (0, 0);
    while i < len {
        if !joined(spans_a, i) && !joined(spans_b, i) {
            i += 1;
            continue;
        }
        let from = i;
        while joined(spans_a, i) || joined(spans_b, i) {
            i += 1;
        }
        i += 1;
        let letters = |text: &str, spans: &[Span]| -> String {
            let span = Span { start: spans[from].start, end: spans[i - 1].end };
            text[span.range()]
                .chars()
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect()
        };
        if letters(text_a, spans_a) != letters(text_b, spans_b)
            || joined_all(&spans_a[from..i]) != joined_all(&spans_b[from..i])
        {
            add(OperationKind::Equal, equal_from, from);
            add(OperationKind::Replace(Change::Contraction), from, i);
            equal_from = i;
        }
    }
    add(OperationKind::Equal, equal_from, len);
}

fn joined_all(spans: &[Span]) -> bool {
    spans.windows(2).all(|pair| pair[0] == pair[1])
}

/// The bytes of a token range, or the empty span at `end` for none.
fn hull(spans: &[Span], base: u32, tokens: TokenRange, end: u32) -> Span {
    let spans = &spans[(tokens.start - base) as usize..(tokens.end - base) as usize];
    match (spans.first(), spans.iter().map(|span| span.end).max()) {
        (Some(first), Some(last)) => Span { start: first.start, end: last },
        _ => Span { start: end, end },
    }
}
