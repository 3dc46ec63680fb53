//! What goes, and where it stands: enough to write the files again, and the list of removals.
//!
//! Texts are read a second time, those of what goes alone, to be written to the list.
//!
//! Cost: 24 bytes in memory for a document that goes, 12 for one that stays.

use std::collections::HashMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use super::layout::REMOVED;
use super::plan::Rule;
use super::record::{Kept, Line, Place};
use super::scan::{Catalogue, SavedCatalogue};
use super::writer::Edits;
use crate::document::DocId;
use crate::documents::Recall;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Input, Progress, ReadConfig, RecordPlace, StreamOptions, stream};
use crate::spill::{SavedRuns, Sorted, Work, record};

/// Bytes before the name in a row of the catalogue: file and record.
pub(super) const NAME_HEAD: usize = 12;

/// A document that goes.
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

/// All documents that go.
pub struct Verdicts {
    pub(super) removed: Vec<Removed>,
    pub(super) catalogue: Catalogue,
    pub(super) recall: Option<Recall>,
    pub(super) saved: Option<(SavedRuns, SavedCatalogue)>,
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
    catalogue: SavedCatalogue,
    recall: Option<Recall>,
}

/// Writes down what goes.
pub(super) fn save_removed(work: &Work, removed: &[Removed]) -> Result<Option<SavedRuns>> {
    let mut sorter = work.sorter("removed", 4);
    for &Removed { document, rule, score, kept } in removed {
        let rule = Rule::ALL.iter().position(|&other| other == rule).unwrap_or_default() as u8;
        let score = score.to_bits();
        sorter.push(SavedRemoved { document: document.0, rule, score, kept: kept.0 })?;
    }
    Ok(sorter.finish(true)?.saved())
}

impl Verdicts {
    /// How to find durable verdicts again.
    #[must_use]
    pub fn save(&self) -> Option<SavedVerdicts> {
        let (removed, catalogue) = self.saved.clone()?;
        Some(SavedVerdicts { removed, catalogue, recall: self.recall })
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
        let (catalogue, _) = Catalogue::open(work, &saved.catalogue)?;
        Ok(Self { removed, catalogue, recall: saved.recall, saved: None })
    }

    /// What goes, by document.
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

    /// What is left out when the files are written again.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when a work file cannot be read.
    pub fn edits(&self) -> Result<Edits> {
        let mut edits = Edits::default();
        let mut scratch = Vec::new();
        for removed in &self.removed {
            let known = self.catalogue.known(removed.document, &mut scratch)?;
            edits.remove(known.path.unwrap_or_default(), known.line);
        }
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
        for removed in &self.removed {
            let place = self.catalogue.place(removed.document, &mut scratch)?;
            wanted.entry(place.file).or_default().push(place.record);
        }
        let is_wanted = |place: RecordPlace| {
            wanted.get(&place.file).is_some_and(|own| own.binary_search(&place.record).is_ok())
        };
        let has_wanted = |file: u32| wanted.contains_key(&file);
        let options = StreamOptions {
            batch_bytes,
            wanted: Some(&is_wanted),
            wanted_files: Some(&has_wanted),
        };
        let mut next = self.removed.iter();
        let (mut own, mut other) = (Vec::new(), Vec::new());
        stream(inputs, config, &options, progress, |batch| {
            for (document, place) in batch.documents.iter().zip(&batch.places) {
                let removed = next.next().ok_or_else(changed)?;
                let known = self.catalogue.known(removed.document, &mut own)?;
                if known.name != document.name
                    || known.line.unwrap_or(0) != place.record
                    || document.text.len() as u64 != self.bytes(removed.document)
                {
                    return Err(changed().at(known.path.unwrap_or_default()));
                }
                let kept = self.catalogue.known(removed.kept, &mut other)?;
                let line = Line {
                    place: known,
                    rule: removed.rule.name(),
                    score: removed.score,
                    kept: Kept { place: kept, span: None },
                    spans: Vec::new(),
                    text: &document.text,
                };
                line.write(out).map_err(|error| Error::io("write", REMOVED, error))?;
            }
            Ok(())
        })?;
        if next.next().is_some() { Err(changed()) } else { Ok(()) }
    }
}

fn changed() -> Error {
    Error::new(ErrorKind::Io, "an input that changed during the run")
        .remedy("run again when nothing writes it")
}

impl Catalogue {
    /// Where a document stands.
    pub(super) fn place(&self, id: DocId, scratch: &mut Vec<u8>) -> Result<RecordPlace> {
        let (place, length) = self.lengths.find(id, 1);
        self.names.with(place, length, scratch, place_of)
    }

    /// Name and place of a document, for people.
    pub(super) fn known<'a>(&'a self, id: DocId, scratch: &'a mut Vec<u8>) -> Result<Place<'a>> {
        let (place, length) = self.lengths.find(id, 1);
        let row = self.names.with(place, length, &mut Vec::new(), <[u8]>::to_vec)?;
        *scratch = row;
        let RecordPlace { file, record } = place_of(scratch);
        Ok(Place {
            id: id.0,
            name: std::str::from_utf8(&scratch[NAME_HEAD..]).unwrap_or_default(),
            path: self.files.get(file as usize).map(String::as_str),
            line: (record > 0).then_some(record),
        })
    }
}

fn place_of(row: &[u8]) -> RecordPlace {
    let mut row = row;
    let file = crate::spill::Fields::get(&mut row);
    RecordPlace { file, record: crate::spill::Fields::get(&mut row) }
}
