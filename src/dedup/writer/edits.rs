//! What is done to the records of each file.
//!
//! Memory: some ten bytes for a record that goes, and the spans of one that is cut; texts are not
//! held.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::layout::key;
use super::super::passages::cut_out;
use super::super::plan::Plan;
use crate::document::Document;
use crate::error::Result;
use crate::span::Span;
use crate::spill::Rows;

/// What is done to the documents of each file.
#[derive(Clone, Default)]
pub struct Edits {
    /// By the key of its path.
    by_file: HashMap<PathBuf, FileEdits>,
    /// What stands for each passage that is cut.
    replacement: String,
    /// Where findings lie. Then tables get columns, also where there is nothing to put into them.
    findings: Option<Arc<Rows>>,
}

impl std::fmt::Debug for Edits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edits").field("by_file", &self.by_file).finish_non_exhaustive()
    }
}

/// What is done to the records of one file, by their number; a file that is one document is
/// record 0.
#[derive(Clone, Debug, Default)]
pub(super) struct FileEdits {
    gone: BTreeSet<u64>,
    changed: BTreeMap<u64, Change>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    /// Spans of the text that are cut, in order.
    Cut(Box<[Span]>),
    /// Findings are added.
    Annotate(Finding),
}

/// Where the findings of one record lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    row: u64,
    len: u32,
}

/// What is done to one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit<'a> {
    /// It is left out.
    Remove,
    /// Spans of its text are cut.
    Cut(&'a [Span]),
    /// It is given these findings.
    Annotate(Finding),
}

impl FileEdits {
    /// What is done to a record.
    pub(super) fn of(&self, record: u64) -> Option<Edit<'_>> {
        if self.gone.contains(&record) {
            return Some(Edit::Remove);
        }
        self.changed.get(&record).map(|change| match change {
            Change::Cut(spans) => Edit::Cut(spans),
            Change::Annotate(finding) => Edit::Annotate(*finding),
        })
    }

    /// What is done to the records of a range, as a row group is: how many go, and how many are cut.
    #[cfg(feature = "parquet")]
    pub(super) fn within(&self, records: std::ops::Range<u64>) -> (usize, usize) {
        let is_cut = |(_, change): &(&u64, &Change)| matches!(change, Change::Cut(_));
        let cut = self.changed.range(records.clone()).filter(is_cut).count();
        (self.gone.range(records).count(), cut)
    }

    fn len(&self) -> usize {
        self.gone.len() + self.changed.len()
    }
}

impl Edits {
    /// Takes out what a plan says; `replacement` stands for each passage that is cut.
    #[must_use]
    pub fn of_plan(documents: &[Document], plan: &Plan, replacement: &str) -> Self {
        let mut edits = Self::replacing_with(replacement);
        for (document, _) in documents.iter().zip(&plan.gone).filter(|(_, gone)| **gone) {
            if let Some(origin) = &document.origin {
                edits.remove(&origin.path, origin.line);
            }
        }
        for (id, spans) in &plan.cuts {
            let origin = documents.get(id.index()).and_then(|document| document.origin.as_ref());
            if let Some(origin) = origin {
                edits.cut(&origin.path, origin.line, spans.as_slice().into());
            }
        }
        edits
    }

    /// Nothing yet; `replacement` stands for each passage that is cut.
    pub(in super::super) fn replacing_with(replacement: &str) -> Self {
        Self { replacement: replacement.to_owned(), ..Self::default() }
    }

    /// Removes nothing and adds findings that lie in rows, as JSON.
    pub(in super::super) fn of_findings(rows: Arc<Rows>) -> Self {
        Self { findings: Some(rows), ..Self::default() }
    }

    /// Leaves out the record at a line of a file, or the file where it is one document.
    pub(in super::super) fn remove(&mut self, path: &str, line: Option<u64>) {
        let line = line.unwrap_or(0);
        let file = self.file(path);
        file.changed.remove(&line);
        file.gone.insert(line);
    }

    /// Cuts spans, which are in order and apart, out of the text of a record, unless it goes.
    pub(in super::super) fn cut(&mut self, path: &str, line: Option<u64>, spans: Box<[Span]>) {
        let line = line.unwrap_or(0);
        let file = self.file(path);
        if !file.gone.contains(&line) {
            file.changed.insert(line, Change::Cut(spans));
        }
    }

    /// Adds findings to a record.
    pub(in super::super) fn annotate(&mut self, path: &str, line: Option<u64>, row: u64, len: u32) {
        let change = Change::Annotate(Finding { row, len });
        self.file(path).changed.insert(line.unwrap_or(0), change);
    }

    /// Findings, as JSON.
    pub(super) fn finding(&self, finding: Finding) -> Result<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let Finding { row, len } = finding;
        let rows = self.findings.as_ref();
        rows.map_or_else(
            || Ok(String::new()),
            |rows| rows.with(row, len as usize, &mut Vec::new(), text),
        )
    }

    /// Number of documents that change or go.
    pub fn len(&self) -> usize {
        self.by_file.values().map(FileEdits::len).sum()
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.by_file.is_empty()
    }

    pub(super) fn of_file(&self, key: &Path) -> Option<&FileEdits> {
        self.by_file.get(key)
    }

    pub(super) const fn annotates(&self) -> bool {
        self.findings.is_some()
    }

    /// A text without what is cut; `None` if it is not the text that was read.
    pub(super) fn cut_text(&self, text: &str, spans: &[Span]) -> Option<String> {
        let mut at = 0;
        let holds = spans.iter().all(|span| {
            let (start, end) = (span.start as usize, span.end as usize);
            let fits = at <= start && start <= end && text.get(start..end).is_some();
            at = end;
            fits
        });
        holds.then(|| cut_out(text, spans, &self.replacement))
    }

    fn file(&mut self, path: &str) -> &mut FileEdits {
        self.by_file.entry(key(Path::new(path))).or_default()
    }
}
