//! The final count of `doublet dedup`: a table for people, JSON for programs.

use std::fmt::Write as _;
use std::io::{self, Write};

use doublet::dedup::{CutAmount, Rule, Verdicts, Written};
use doublet::documents::Recall;
use doublet::report::terminal::grouped;
use doublet::{Document, Result};
use serde::{Deserialize, Serialize};

use super::dedup::Ahead;

/// A number of documents (or cuts) and their bytes of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Amount {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

impl Amount {
    fn add(&mut self, bytes: usize) {
        self.count += 1;
        self.bytes += bytes as u64;
    }
}

/// What went by each rule: documents, or cuts for passages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Removed {
    exact: Amount,
    near: Amount,
    contained: Amount,
    passage: Amount,
    short: Amount,
}

impl Removed {
    fn of(&mut self, rule: Rule) -> &mut Amount {
        match rule {
            Rule::Exact => &mut self.exact,
            Rule::Near => &mut self.near,
            Rule::Contained => &mut self.contained,
            Rule::Passage => &mut self.passage,
            Rule::Short => &mut self.short,
        }
    }
}

/// Seconds of a stage, and its peak of memory in bytes where that is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Time {
    pub(super) stage: String,
    pub(super) seconds: f64,
    pub(super) peak_memory: Option<u64>,
}

/// Everything that is counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Documents of the inputs.
    pub(super) read: Amount,
    /// Documents that those are compared with.
    #[serde(default)]
    pub(super) reference: Amount,
    /// Documents that only protect.
    pub(super) protected: Amount,
    /// Inputs that could not be read; they are copied as they are.
    pub(super) skipped: u64,
    pub(super) removed: Removed,
    /// Records with findings, where they are annotated.
    pub(super) annotated: u64,
    /// Documents that stay.
    pub(super) kept: Amount,
    /// Files written, and their bytes as they are compressed.
    pub(super) files: u64,
    pub(super) file_bytes: u64,
    /// How many of the near-duplicates were found, told from a sample of them.
    pub(super) recall: Option<Recall>,
    /// Bytes of work files.
    pub(super) spilled: u64,
    pub(super) dry_run: bool,
    pub(super) times: Vec<Time>,
}

impl Tally {
    /// Counts documents, of which those `ahead` are no inputs.
    pub(super) fn read(&mut self, documents: &[Document], ahead: Ahead) {
        for (index, document) in documents.iter().enumerate() {
            let part = match index {
                _ if index < ahead.reference => &mut self.reference,
                _ if index < ahead.count() => &mut self.protected,
                _ => &mut self.read,
            };
            part.add(document.text.len());
        }
        self.kept = self.read;
    }

    /// Takes off what goes; `replacement` bytes stand for each stretch that is cut.
    pub(super) fn goes(&mut self, verdicts: &Verdicts, replacement: usize) -> Result<()> {
        self.recall = verdicts.recall();
        for removed in verdicts.removed() {
            let bytes = verdicts.bytes(removed.document);
            self.removed.of(removed.rule).add(bytes as usize);
            self.kept.count -= 1;
            self.kept.bytes -= bytes;
        }
        let CutAmount { cuts, bytes, stretches } = verdicts.cut()?;
        self.removed.passage = Amount { count: cuts, bytes };
        self.kept.bytes = self.kept.bytes - bytes + stretches * replacement as u64;
        Ok(())
    }

    /// Adds what was written.
    pub(super) fn wrote(&mut self, written: Written) {
        self.files = written.files;
        self.file_bytes = written.bytes;
    }

    /// Adds the time of a stage.
    pub(super) fn took(&mut self, stage: &str, seconds: f64, peak_memory: Option<u64>) {
        self.times.push(Time { stage: stage.to_owned(), seconds, peak_memory });
    }

    /// The table.
    pub(super) fn table(&self) -> String {
        let mut table = format!("{:<22}{:>14}{:>20}\n", "", "documents", "bytes of text");
        let mut row = |name: &str, amount: Amount| {
            let (count, bytes) = (grouped(amount.count), grouped(amount.bytes));
            let _ = writeln!(table, "{name:<22}{count:>14}{bytes:>20}");
        };
        row("read", self.read);
        if self.reference.count > 0 {
            row("against a reference of", self.reference);
        }
        if self.protected.count > 0 {
            row("protected besides", self.protected);
        }
        let removed = &self.removed;
        row("removed: exact", removed.exact);
        row("removed: near", removed.near);
        row("removed: contained", removed.contained);
        row("removed: short", removed.short);
        row("passages cut", removed.passage);
        row(if self.dry_run { "would be kept" } else { "kept" }, self.kept);
        if self.annotated > 0 {
            let _ = writeln!(table, "{:<22}{:>14}", "annotated", grouped(self.annotated));
        }
        if self.skipped > 0 {
            let _ = writeln!(table, "{:<22}{:>14}", "not readable, copied", grouped(self.skipped));
        }
        if !self.dry_run {
            let (files, bytes) = (grouped(self.files), grouped(self.file_bytes));
            let _ = writeln!(table, "{:<22}{files:>14}{bytes:>20}", "files and their bytes");
        }
        if let Some(Recall { pairs, expected, observed }) = self.recall {
            let sample = format!("of {} pairs", grouped(pairs));
            let row = ["near-duplicates found", &sample];
            let _ = writeln!(
                table,
                "{:<22}{:>14}  observed {:.2}%, expected {:.2}%",
                row[0],
                row[1],
                100.0 * observed,
                100.0 * expected
            );
        }
        if self.spilled > 0 {
            let bytes = grouped(self.spilled);
            let _ = writeln!(table, "{:<22}{:>14}{bytes:>20}", "work files", "");
        }
        for time in &self.times {
            let peak = time.peak_memory.map(|peak| format!("{:>16} MiB", grouped(peak >> 20)));
            let peak = peak.unwrap_or_default();
            let _ = writeln!(table, "{:<22}{:>12.2} s{peak}", time.stage, time.seconds);
        }
        table
    }

    /// The same as one JSON object.
    pub(super) fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }
}
