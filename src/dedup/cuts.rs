//! Cuts as records by document, and what becomes of the documents that they are made in.
//!
//! Cost: 36 bytes a cut in a sorter; the texts that are cut are read once more, in parallel.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::passages::{Cuts, Texts as _};
use super::plan::{Cut, Fate, Options, Rule, joined};
use super::verdicts::Removed;
use crate::document::DocId;
use crate::error::Result;
use crate::passage::archive::Archive;
use crate::span::Span;
use crate::spill::{Sorted, Work, record};

record! {
    /// A [`Cut`] of a document.
    CutRecord {
        document: u32,
        start: u32,
        end: u32,
        kept: u32,
        kept_start: u32,
        kept_end: u32,
        score: u64,
    }
    key(cut) = u64::from(cut.document) << 32 | u64::from(cut.start)
}

impl CutRecord {
    fn of(document: DocId, cut: &Cut) -> Self {
        let Cut { span, kept, kept_span, score } = cut;
        Self {
            document: document.0,
            start: span.start,
            end: span.end,
            kept: kept.0,
            kept_start: kept_span.start,
            kept_end: kept_span.end,
            score: score.to_bits(),
        }
    }

    pub(super) fn cut(&self) -> Cut {
        Cut {
            span: Span::new(self.start, self.end),
            kept: DocId(self.kept),
            kept_span: Span::new(self.kept_start, self.kept_end),
            score: f64::from_bits(self.score),
        }
    }
}

/// The stretches that some cuts take out of one text, in order and apart.
pub(super) fn stretches(cuts: &[CutRecord]) -> Vec<Span> {
    joined(cuts.iter().map(|cut| Span::new(cut.start, cut.end)))
}

/// Documents that are looked at before what becomes of them is written down.
const AHEAD: usize = 1 << 12;

/// Decides what becomes of documents that are cut. Those that go whole are added to `removed`,
/// which is by document before and after; their cuts stay with the others as evidence.
pub(super) fn cut_documents(
    archive: Archive<'_>,
    work: &Work,
    cuts: Cuts,
    removed: &mut Vec<Removed>,
    options: &Options,
    durable: bool,
) -> Result<Sorted<CutRecord>> {
    let Cuts { by_document, mut pinned } = cuts;
    for removed in &*removed {
        pinned[removed.kept.index()] = true;
    }
    let mut sorter = work.sorter("cuts", 5);
    for lot in lots(by_document) {
        let fates: Vec<Fate> = lot
            .par_iter()
            .map(|(document, cuts)| {
                let is_pinned = pinned[document.index()];
                let fate = |text: &str| Fate::of(text, cuts, is_pinned, options.min_words_left);
                archive.show(*document, fate)
            })
            .collect();
        for ((document, cuts), fate) in lot.into_iter().zip(fates) {
            match fate {
                Fate::Stays => continue,
                Fate::Cut(_) => {}
                Fate::Short { score, kept } => {
                    removed.push(Removed { document, rule: Rule::Short, score, kept });
                }
            }
            cuts.iter().try_for_each(|cut| sorter.push(CutRecord::of(document, cut)))?;
        }
    }
    removed.sort_unstable_by_key(|removed| removed.document);
    sorter.finish(durable)
}

/// Documents and their cuts, many at a time.
fn lots(cuts: BTreeMap<DocId, Vec<Cut>>) -> impl Iterator<Item = Vec<(DocId, Vec<Cut>)>> {
    let mut cuts = cuts.into_iter();
    std::iter::from_fn(move || {
        let lot: Vec<_> = cuts.by_ref().take(AHEAD).collect();
        (!lot.is_empty()).then_some(lot)
    })
}
