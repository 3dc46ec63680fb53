//! What goes, and where it stands: enough to write the files again, and the list of removals.
//!
//! Texts are read a second time, those of what goes alone, to be written to the list.
//!
//! Cost: 24 bytes in memory for a document that goes, 12 for one that stays; cuts are records in
//! the order of documents.

use std::collections::HashMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, SavedCatalogue};
use super::cuts::{CutRecord, stretches};
use super::layout::REMOVED;
use super::plan::{Cut, Rule, longest};
use super::record::{Kept, Line};
use super::writer::Edits;
use crate::document::DocId;
use crate::documents::Recall;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Input, Progress, ReadConfig, RecordPlace, StreamOptions, stream};
use crate::span::Span;
use crate::spill::{Cursor, SavedRuns, Sorted, Work, record};

/// A document that goes whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Removed {
    /// Which.
    pub document: DocId,
    /// Why.
    pub rule: Rule,
    /// Similarity or containment, by the rule.
    pub score: f64,
    /// The document that stands for it.
    pub kept: DocId,
}

/// Everything that goes.
pub struct Verdicts {
    removed: Vec<Removed>,
    /// Cuts in documents that stay, and in those that go for being too short without.
    cuts: Sorted<CutRecord>,
    catalogue: Catalogue,
    recall: Option<Recall>,
    saved: Option<(SavedRuns, SavedRuns, SavedCatalogue)>,
}

/// How much is cut from documents that stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CutAmount {
    /// Passages that are cut.
    pub cuts: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Stretches without a gap that they make.
    pub stretches: u64,
}

record! {
    /// A [`Removed`] in a file.
    SavedRemoved { document: u32, rule: u8, score: u64, kept: u32 }
    key(removed) = u64::from(removed.document)
}

/// Where durable verdicts lie in their work files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedVerdicts {
    removed: SavedRuns,
    cuts: SavedRuns,
    catalogue: SavedCatalogue,
    recall: Option<Recall>,
}

/// Writes down what goes.
fn save_removed(work: &Work, removed: &[Removed]) -> Result<Option<SavedRuns>> {
    let mut sorter = work.sorter("removed", 4);
    for &Removed { document, rule, score, kept } in removed {
        let rule = Rule::ALL.iter().position(|&other| other == rule).unwrap_or_default() as u8;
        let score = score.to_bits();
        sorter.push(SavedRemoved { document: document.0, rule, score, kept: kept.0 })?;
    }
    Ok(sorter.finish(true)?.saved())
}

impl Verdicts {
    /// If the scan was saved, its catalogue with it, the verdicts are, too.
    pub(super) fn new(
        work: &Work,
        removed: Vec<Removed>,
        cuts: Sorted<CutRecord>,
        catalogue: Catalogue,
        recall: Option<Recall>,
        saved: Option<SavedCatalogue>,
    ) -> Result<Self> {
        let saved = match saved {
            None => None,
            Some(catalogue) => {
                let lists = save_removed(work, &removed)?.zip(cuts.saved());
                lists.map(|(removed, cuts)| (removed, cuts, catalogue))
            }
        };
        Ok(Self { removed, cuts, catalogue, recall, saved })
    }

    /// How to find durable verdicts again.
    #[must_use]
    pub fn save(&self) -> Option<SavedVerdicts> {
        let (removed, cuts, catalogue) = self.saved.clone()?;
        Some(SavedVerdicts { removed, cuts, catalogue, recall: self.recall })
    }

    /// Finds verdicts again, in the same folder.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when their files are gone or damaged.
    pub fn open(work: &Work, saved: &SavedVerdicts) -> Result<Self> {
        let mut removed = Vec::new();
        let stored = Sorted::<SavedRemoved>::open(work, &saved.removed)?;
        let mut cursor = stored.all()?;
        while let Some(SavedRemoved { document, rule, score, kept }) = cursor.next()? {
            removed.push(Removed {
                document: DocId(document),
                rule: Rule::ALL[usize::from(rule).min(Rule::ALL.len() - 1)],
                score: f64::from_bits(score),
                kept: DocId(kept),
            });
        }
        let cuts = Sorted::open(work, &saved.cuts)?;
        let (catalogue, _) = Catalogue::open(work, &saved.catalogue)?;
        Ok(Self { removed, cuts, catalogue, recall: saved.recall, saved: None })
    }

    /// Documents that go whole, by number.
    #[must_use]
    pub fn removed(&self) -> &[Removed] {
        &self.removed
    }

    /// How good the search for near-duplicates was, where there was one and it found some.
    #[must_use]
    pub const fn recall(&self) -> Option<Recall> {
        self.recall
    }

    /// Bytes of a document's text.
    #[must_use]
    pub fn bytes(&self, id: DocId) -> u64 {
        self.catalogue.bytes.get(id.index()).copied().unwrap_or(0).into()
    }

    /// How much is cut from documents that stay.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when a work file cannot be read.
    pub fn cut(&self) -> Result<CutAmount> {
        let mut amount = CutAmount::default();
        self.each(|_, removed, cuts| {
            if removed.is_none() {
                let bytes = |cut: &CutRecord| u64::from(cut.end - cut.start);
                amount.cuts += cuts.len() as u64;
                amount.bytes += cuts.iter().map(bytes).sum::<u64>();
                amount.stretches += stretches(cuts).len() as u64;
            }
            Ok(())
        })?;
        Ok(amount)
    }

    /// Calls `visit` with every document that goes or is cut, in order, why it goes, and its cuts.
    fn each(
        &self,
        mut visit: impl FnMut(DocId, Option<Removed>, &[CutRecord]) -> Result<()>,
    ) -> Result<()> {
        let mut going = Going::new(self)?;
        while let Some((document, removed)) = going.next()? {
            visit(document, removed, &going.cuts)?;
        }
        Ok(())
    }

    /// What is done to the files when they are written again; `replacement` stands for each passage
    /// that is cut.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when a work file cannot be read.
    pub fn edits(&self, replacement: &str) -> Result<Edits> {
        let mut edits = Edits::replacing_with(replacement);
        let mut scratch = Vec::new();
        self.each(|document, removed, cuts| {
            let known = self.catalogue.known(document, &mut scratch)?;
            let path = known.path.unwrap_or_default();
            match removed {
                Some(_) => edits.remove(path, known.line),
                None => edits.cut(path, known.line, stretches(cuts).into()),
            }
            Ok(())
        })?;
        Ok(edits)
    }

    /// Writes the list of removals, a line each, in order.
    ///
    /// `inputs` and `config` are those of the scan.
    ///
    /// # Errors
    /// Those of [`stream`]; [`ErrorKind::Io`] if `out` cannot be written, or if the inputs do not
    /// hold what was scanned any more.
    pub fn write_removed(
        &self,
        inputs: impl IntoIterator<Item = Input>,
        config: &ReadConfig,
        batch_bytes: usize,
        progress: &dyn Progress,
        out: &mut (dyn Write + Send),
    ) -> Result<()> {
        let mut scratch = Vec::new();
        let mut wanted: HashMap<u32, Vec<u64>> = HashMap::new();
        self.each(|document, _, _| {
            let place = self.catalogue.place(document, &mut scratch)?;
            wanted.entry(place.file).or_default().push(place.record);
            Ok(())
        })?;
        let is_wanted = |place: RecordPlace| {
            wanted.get(&place.file).is_some_and(|own| own.binary_search(&place.record).is_ok())
        };
        let has_wanted = |file: u32| wanted.contains_key(&file);
        let options = StreamOptions {
            batch_bytes,
            wanted: Some(&is_wanted),
            wanted_files: Some(&has_wanted),
        };
        let mut going = Going::new(self)?;
        let (mut own, mut other) = (Vec::new(), Vec::new());
        stream(inputs, config, &options, progress, |batch| {
            for (document, place) in batch.documents.iter().zip(&batch.places) {
                let (id, removed) = going.next()?.ok_or_else(changed)?;
                let known = self.catalogue.known(id, &mut own)?;
                if known.name != document.name
                    || known.line.unwrap_or(0) != place.record
                    || document.text.len() as u64 != self.bytes(id)
                {
                    return Err(changed().at(known.path.unwrap_or_default()));
                }
                for line in lines(removed, &going.cuts) {
                    let kept = self.catalogue.known(line.kept, &mut other)?;
                    let text = match line.rule {
                        Rule::Passage => line.text(&document.text).ok_or_else(changed)?,
                        _ => &document.text,
                    };
                    let span = line.kept_span.map(ends);
                    let line = Line {
                        place: known,
                        rule: line.rule.name(),
                        score: line.score,
                        kept: Kept { place: kept, span },
                        spans: line.spans,
                        text,
                    };
                    line.write(out).map_err(|error| Error::io("write", REMOVED, error))?;
                }
            }
            Ok(())
        })?;
        if going.next()?.is_some() { Err(changed()) } else { Ok(()) }
    }
}

/// Goes through the documents that go or are cut, in order.
struct Going<'v> {
    removed: std::iter::Peekable<std::slice::Iter<'v, Removed>>,
    cursor: Cursor<'v, CutRecord>,
    /// The cuts of the document that is next among those that have any.
    ahead: Vec<CutRecord>,
    /// The cuts of the document that was given last.
    cuts: Vec<CutRecord>,
}

impl<'v> Going<'v> {
    fn new(verdicts: &'v Verdicts) -> Result<Self> {
        let removed = verdicts.removed.iter().peekable();
        let (mut cursor, mut ahead) = (verdicts.cuts.all()?, Vec::new());
        cursor.group(&mut ahead, |cut| cut.document)?;
        Ok(Self { removed, cursor, ahead, cuts: Vec::new() })
    }

    /// The next document, and why it goes if it goes whole.
    fn next(&mut self) -> Result<Option<(DocId, Option<Removed>)>> {
        self.cuts.clear();
        let cut = self.ahead.first().map(|cut| DocId(cut.document));
        let whole = self.removed.peek().map(|removed| removed.document);
        let Some(document) = cut.into_iter().chain(whole).min() else { return Ok(None) };
        if cut == Some(document) {
            std::mem::swap(&mut self.cuts, &mut self.ahead);
            self.cursor.group(&mut self.ahead, |cut| cut.document)?;
        }
        Ok(Some((document, self.removed.next_if(|removed| removed.document == document).copied())))
    }
}

/// What one line tells of a document.
struct Told {
    rule: Rule,
    score: f64,
    kept: DocId,
    kept_span: Option<Span>,
    spans: Vec<[u32; 2]>,
}

impl Told {
    /// What was cut of a text.
    fn text<'t>(&self, text: &'t str) -> Option<&'t str> {
        let &[start, end] = self.spans.first()?;
        text.get(start as usize..end as usize)
    }
}

/// The lines of one document: one if it goes whole, else one for each cut.
fn lines(removed: Option<Removed>, cuts: &[CutRecord]) -> Vec<Told> {
    let cuts: Vec<Cut> = cuts.iter().map(CutRecord::cut).collect();
    if let Some(Removed { rule, score, kept, .. }) = removed {
        let kept_span = longest(&cuts).map(|cut| cut.kept_span);
        let spans = cuts.iter().map(|cut| ends(cut.span)).collect();
        return vec![Told { rule, score, kept, kept_span, spans }];
    }
    let told = |cut: Cut| Told {
        rule: Rule::Passage,
        score: cut.score,
        kept: cut.kept,
        kept_span: Some(cut.kept_span),
        spans: vec![ends(cut.span)],
    };
    cuts.into_iter().map(told).collect()
}

fn ends(span: Span) -> [u32; 2] {
    [span.start, span.end]
}

fn changed() -> Error {
    Error::new(ErrorKind::Io, "an input that changed during the run")
        .remedy("run again when nothing writes it")
}
