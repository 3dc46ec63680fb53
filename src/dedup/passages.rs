//! Which passages are cut, and which one stands for them.
//!
//! Idea: cluster by cluster in the order of the report (the widest spread first), among the
//! places in documents that stay: the best document by the keep policy keeps its place if that is
//! still whole; the place is then held, and nothing cuts into it. Every other place loses what is
//! neither held nor cut yet, at the bounds that were asked for. Where no place is whole any more,
//! an earlier cluster cut the same words already, and what is left stays. With a reference it is
//! the canonical place that is kept, which stands there.
//!
//! Cost: a search among a document's spans for each place.

use std::collections::BTreeMap;

use super::bounds::{Bounds, Unit};
use super::plan::{Cut, Options};
use crate::document::{DocId, Document};
use crate::report::model::{PassageCluster, PassageKind, PassageMember, Report};
use crate::span::Span;
use crate::text::tokenize;

/// Everything that is cut.
#[derive(Default)]
pub(super) struct Cuts {
    /// By document, in order, apart from each other.
    pub(super) by_document: BTreeMap<DocId, Vec<Cut>>,
    /// Whether each document keeps a passage that is cut elsewhere.
    pub(super) pinned: Vec<bool>,
}

/// Decides the cuts in documents that are not `gone`; the first `protected` are left alone.
pub(super) fn cuts(
    documents: &[Document],
    report: &Report,
    ranks: &[u32],
    protected: usize,
    gone: &[bool],
    options: &Options,
) -> Cuts {
    let mut marks = Marks { documents, bounds: options.bounds, of: BTreeMap::new() };
    let mut pinned = vec![false; documents.len()];
    let wanted =
        |cluster: &&PassageCluster| options.boilerplate || cluster.kind == PassageKind::Reuse;
    for cluster in report.passages.iter().filter(wanted) {
        let mut places: Vec<&PassageMember> =
            cluster.members.iter().filter(|place| !gone[place.document.index()]).collect();
        let canonical = &cluster.members[cluster.canonical as usize];
        places.sort_by_key(|place| {
            let stands = report.reference().is_some() && std::ptr::eq(*place, canonical);
            (!stands, ranks[place.document.index()], place.span)
        });
        let Some(kept) = places.iter().position(|place| !marks.is_cut(place)) else { continue };
        let kept = places.remove(kept);
        // A place of the same document may overlap the kept one.
        marks.hold(kept);
        let mut stands = false;
        for place in places.into_iter().filter(|place| place.document.index() >= protected) {
            stands |= marks.cut(place, kept);
        }
        if stands {
            pinned[kept.document.index()] = true;
        } else {
            marks.release(kept);
        }
    }
    let by_document = marks
        .of
        .into_iter()
        .map(|(document, marks)| (document, marks.cuts))
        .filter(|(_, cuts)| !cuts.is_empty())
        .collect();
    Cuts { by_document, pinned }
}

/// Words of a text without `spans`, which are in order.
pub(super) fn words_left(text: &str, spans: &[Span]) -> usize {
    tokenize(&cut_out(text, spans, " ")).len()
}

/// A text with `replacement` in the place of each of `spans`, which are in order.
#[must_use]
pub fn cut_out(text: &str, spans: &[Span], replacement: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        left.push_str(&text[at..span.start as usize]);
        left.push_str(replacement);
        at = span.end as usize;
    }
    left.push_str(&text[at..]);
    left
}

/// What is held and what is cut so far.
struct Marks<'a> {
    documents: &'a [Document],
    bounds: Bounds,
    of: BTreeMap<DocId, DocumentMarks>,
}

#[derive(Default)]
struct DocumentMarks {
    /// Apart from each other, in order.
    cuts: Vec<Cut>,
    held: Vec<Span>,
    /// The units of its text, once they are asked for.
    units: Option<Vec<Unit>>,
}

impl Marks<'_> {
    fn is_cut(&self, place: &PassageMember) -> bool {
        let overlaps = |cut: &Cut| cut.span.overlap(place.span) > 0;
        self.of.get(&place.document).is_some_and(|marks| marks.cuts.iter().any(overlaps))
    }

    fn hold(&mut self, place: &PassageMember) {
        self.of.entry(place.document).or_default().held.push(place.span);
    }

    /// Takes back the latest hold of a document.
    fn release(&mut self, place: &PassageMember) {
        if let Some(marks) = self.of.get_mut(&place.document) {
            marks.held.pop();
        }
    }

    /// Cuts what may be cut of a place; whether anything was.
    fn cut(&mut self, place: &PassageMember, kept: &PassageMember) -> bool {
        let Some(text) = self.documents.get(place.document.index()).map(|d| d.text.as_str()) else {
            return false;
        };
        let marks = self.of.entry(place.document).or_default();
        let bounds = self.bounds;
        let units = marks.units.get_or_insert_with(|| bounds.units(text));
        let taken = marks.held.iter().copied().chain(marks.cuts.iter().map(|cut| cut.span));
        let spans: Vec<Span> = without(place.span, taken)
            .into_iter()
            .flat_map(|piece| bounds.within(units, piece))
            .filter(|span| text[span.range()].contains(char::is_alphanumeric))
            .collect();
        let score = place.identity.min(kept.identity);
        let cut = |span| Cut { span, kept: kept.document, kept_span: kept.span, score };
        marks.cuts.extend(spans.iter().copied().map(cut));
        marks.cuts.sort_unstable_by_key(|cut| cut.span);
        !spans.is_empty()
    }
}

/// What of `span` lies outside all of `taken`.
fn without(span: Span, taken: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut taken: Vec<Span> = taken.filter(|taken| taken.overlap(span) > 0).collect();
    taken.sort_unstable();
    let mut left = Vec::new();
    let mut at = span.start;
    for taken in taken {
        if at < taken.start {
            left.push(Span::new(at, taken.start));
        }
        at = at.max(taken.end);
    }
    if at < span.end {
        left.push(Span::new(at, span.end));
    }
    left
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_left_and_what_is_taken_are_the_whole(
            ends in (0_u32..40, 1_u32..40),
            taken in prop::collection::vec((0_u32..60, 1_u32..9), 0..8),
        ) {
            let span = Span::new(ends.0, ends.0 + ends.1);
            let taken: Vec<Span> =
                taken.iter().map(|&(start, len)| Span::new(start, start + len)).collect();
            let left = without(span, taken.iter().copied());
            for at in 0..80 {
                let byte = Span::new(at, at + 1);
                let is_taken = taken.iter().any(|taken| taken.contains(byte));
                let is_left = left.iter().any(|left| left.contains(byte));
                prop_assert_eq!(is_left, span.contains(byte) && !is_taken);
            }
            prop_assert!(left.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
