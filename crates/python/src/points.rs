//! Spans in code points, the indices of a Python string.
//!
//! The library counts bytes. Here all spans of a report are counted again in one pass over each
//! text that has any; it is done when somebody first asks.
//!
//! Cost: a sort of the spans, a pass over the texts, 8 bytes a span.

use doublet::report::model::{Operation, Report};
use doublet::span::{CodePointRange, code_points};
use doublet::{DocId, Document, Span};

/// The spans of one place.
#[derive(Clone, Default)]
pub(crate) struct MemberPoints {
    /// Of the place.
    pub(crate) span: CodePointRange,
    /// Of its operations.
    pub(crate) operations: Box<[OperationPoints]>,
}

/// The spans of one operation.
#[derive(Clone, Copy, Default)]
pub(crate) struct OperationPoints {
    /// In the canonical passage's document.
    pub(crate) canonical: CodePointRange,
    /// In the member's.
    pub(crate) member: CodePointRange,
}

/// The places of all passages.
pub(crate) struct Points(Vec<Box<[MemberPoints]>>);

/// A span to count, and where its count goes.
pub(crate) type Slot<'a> = (DocId, Span, &'a mut CodePointRange);

impl Points {
    pub(crate) fn new(report: &Report, documents: &[Document]) -> Self {
        let mut points: Vec<Box<[MemberPoints]>> = report
            .passages
            .iter()
            .map(|passage| {
                let of_member = |operations: &[Operation]| MemberPoints {
                    span: CodePointRange::default(),
                    operations: vec![OperationPoints::default(); operations.len()].into(),
                };
                passage.members.iter().map(|member| of_member(&member.operations)).collect()
            })
            .collect();
        let mut slots: Vec<Slot<'_>> = Vec::new();
        for (passage, points) in report.passages.iter().zip(&mut points) {
            let canonical = passage.members.get(passage.canonical as usize);
            let canonical = canonical.map_or(DocId(0), |member| member.document);
            for (member, points) in passage.members.iter().zip(points) {
                slots.push((member.document, member.span, &mut points.span));
                add_operations(
                    &mut slots,
                    (canonical, member.document),
                    &member.operations,
                    &mut points.operations,
                );
            }
        }
        fill(slots, |id| documents.get(id.index()).map_or("", |document| &document.text));
        Self(points)
    }

    /// The places of a passage.
    pub(crate) fn of(&self, passage: usize) -> &[MemberPoints] {
        self.0.get(passage).map_or(&[], |points| points)
    }
}

/// Adds the spans of operations between a canonical text and another.
pub(crate) fn add_operations<'a>(
    slots: &mut Vec<Slot<'a>>,
    (canonical, member): (DocId, DocId),
    operations: &[Operation],
    points: &'a mut [OperationPoints],
) {
    for (operation, points) in operations.iter().zip(points) {
        slots.push((canonical, operation.canonical_span, &mut points.canonical));
        slots.push((member, operation.span, &mut points.member));
    }
}

/// Counts every span in the text of its document.
pub(crate) fn fill<'t>(mut slots: Vec<Slot<'_>>, text: impl Fn(DocId) -> &'t str) {
    slots.sort_by_key(|(document, span, _)| (*document, *span));
    let mut spans = Vec::new();
    for slots in slots.chunk_by_mut(|x, y| x.0 == y.0) {
        spans.clear();
        spans.extend(slots.iter().map(|slot| slot.1));
        let counted = code_points(text(slots[0].0), &spans);
        for (slot, range) in slots.iter_mut().zip(counted) {
            *slot.2 = range;
        }
    }
}
