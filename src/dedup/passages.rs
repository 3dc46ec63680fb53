//! Which passages are cut, and which one stands for them.
//!
//! Idea: cluster by cluster in the order of the report (the widest spread first), among the
//! places in documents that stay: the best document by the keep policy keeps its place if that is
//! still whole; the place is then held, and nothing cuts into it. Every other place loses what is
//! neither held nor cut yet, at the bounds that were asked for. Where no place is whole any more,
//! an earlier cluster cut the same words already, and what is left stays. With a reference it is
//! the canonical place that is kept, which stands there.
//!
//! Cost: a search among a document's spans for each place; in memory some 100 bytes for each
//! document with passages, 32 for a cut and 8 for a place that is held.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bounds::{Bounds, Unit};
use super::plan::{Cut, Options};
use crate::document::{DocId, Document};
use crate::pairing::Pairing;
use crate::passage::archive::Archive;
use crate::passage::cache::{Cache, Weighed};
use crate::passage::outline::{Outline, Spot};
use crate::report::model::{PassageCluster, PassageKind};
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

/// Gives texts.
pub(super) trait Texts {
    /// Shows the text of a document.
    fn show<T>(&self, id: DocId, show: impl FnOnce(&str) -> T) -> T;
}

impl Texts for [Document] {
    fn show<T>(&self, id: DocId, show: impl FnOnce(&str) -> T) -> T {
        show(self.get(id.index()).map_or("", |document| &document.text))
    }
}

impl Texts for Archive<'_> {
    fn show<T>(&self, id: DocId, show: impl FnOnce(&str) -> T) -> T {
        show(self.located(id.0).text())
    }
}

/// Which documents may be cut, and which stand for others.
#[derive(Clone, Copy)]
pub(super) struct Standing<'a> {
    /// The order of preference.
    pub(super) ranks: &'a [u32],
    /// What was compared with what.
    pub(super) pairing: Pairing,
    /// How many of the first documents are left alone.
    pub(super) ahead: usize,
    /// Whether each document goes whole.
    pub(super) gone: &'a [bool],
}

/// Decides the cuts, cluster by cluster.
pub(super) struct Cutter<'a, T: ?Sized> {
    texts: &'a T,
    standing: Standing<'a>,
    bounds: Bounds,
    boilerplate: bool,
    of: BTreeMap<DocId, Marks>,
    units: Cache<Arc<[Unit]>>,
    pinned: Vec<bool>,
}

/// What is held and what is cut of a document.
#[derive(Default)]
struct Marks {
    /// Apart from each other, in order.
    cuts: Vec<Cut>,
    held: Vec<Span>,
}

impl Weighed for Arc<[Unit]> {
    fn bytes(&self) -> usize {
        size_of_val::<[Unit]>(self)
    }
}

/// A cluster of a report in outline.
pub(super) fn outline_of(cluster: &PassageCluster) -> Outline {
    let members = cluster.members.iter();
    let mut spots: Vec<Spot> = members
        .map(|member| Spot {
            document: member.document,
            span: member.span,
            identity: member.identity,
        })
        .collect();
    if (1..spots.len()).contains(&(cluster.canonical as usize)) {
        spots.swap(0, cluster.canonical as usize);
    }
    Outline { kind: cluster.kind, spots }
}

impl<'a, T: Texts + ?Sized> Cutter<'a, T> {
    /// `room` bytes hold the bounds of texts that are cut again and again.
    pub(super) fn new(
        texts: &'a T,
        standing: Standing<'a>,
        options: &Options,
        room: usize,
    ) -> Self {
        Self {
            texts,
            standing,
            bounds: options.bounds,
            boilerplate: options.boilerplate,
            of: BTreeMap::new(),
            units: Cache::new(room),
            pinned: vec![false; standing.ranks.len()],
        }
    }

    /// Decides what is cut of the next cluster.
    pub(super) fn cluster(&mut self, cluster: Outline) {
        if cluster.kind == PassageKind::Boilerplate && !self.boilerplate {
            return;
        }
        let Standing { ranks, pairing, ahead, gone } = self.standing;
        let mut places = cluster.spots;
        places.retain(|place| !gone[place.document.index()]);
        let rank = |place: &Spot| (ranks[place.document.index()], place.span);
        match pairing {
            Pairing::Everything => places.sort_by_key(rank),
            // Nothing of the reference goes, so the canonical place is still the first.
            Pairing::Against { .. } if !places.is_empty() => places[1..].sort_by_key(rank),
            Pairing::Against { .. } => {}
        }
        let Some(kept) = places.iter().position(|place| !self.is_cut(place)) else { return };
        let kept = places.remove(kept);
        // A place of the same document may overlap the kept one.
        self.of.entry(kept.document).or_default().held.push(kept.span);
        let mut stands = false;
        for place in places.into_iter().filter(|place| place.document.index() >= ahead) {
            stands |= self.cut(place, kept);
        }
        if stands {
            self.pinned[kept.document.index()] = true;
        } else if let Some(marks) = self.of.get_mut(&kept.document) {
            // Nothing leans on it.
            marks.held.pop();
        }
    }

    /// All cuts.
    pub(super) fn finish(self) -> Cuts {
        let of = self.of.into_iter().map(|(document, marks)| (document, marks.cuts));
        Cuts { by_document: of.filter(|(_, cuts)| !cuts.is_empty()).collect(), pinned: self.pinned }
    }

    fn is_cut(&self, place: &Spot) -> bool {
        let overlaps = |cut: &Cut| cut.span.overlap(place.span) > 0;
        self.of.get(&place.document).is_some_and(|marks| marks.cuts.iter().any(overlaps))
    }

    /// Cuts what may be cut of a place; whether anything was.
    fn cut(&mut self, place: Spot, kept: Spot) -> bool {
        let marks = self.of.entry(place.document).or_default();
        let taken = marks.held.iter().copied().chain(marks.cuts.iter().map(|cut| cut.span));
        let pieces = without(place.span, taken);
        if pieces.is_empty() {
            return false;
        }
        let bounds = self.bounds;
        let spans: Vec<Span> = self.texts.show(place.document, |text| {
            let units = self.units.get(place.document.0, || bounds.units(text).into());
            let spans = pieces.into_iter().flat_map(|piece| bounds.within(&units, piece));
            spans.filter(|span| text[span.range()].contains(char::is_alphanumeric)).collect()
        });
        let score = place.identity.min(kept.identity);
        let cut = |span| Cut { span, kept: kept.document, kept_span: kept.span, score };
        marks.cuts.extend(spans.iter().copied().map(cut));
        marks.cuts.sort_unstable_by_key(|cut| cut.span);
        !spans.is_empty()
    }
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
