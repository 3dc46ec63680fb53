//! The report as text for people: a summary that fits a screen, or everything.
//!
//! Four sections: documents that are versions of one another, the top passages with who has them
//! and what they changed, coverage, and what was left out. The summary gives each section its
//! least and the passages what remains of [`TextOptions::lines`]; whatever it leaves out it
//! counts. Colour only repeats what marks say, and text of documents can neither move the cursor
//! nor reorder the line (see `measure`).
//!
//! ```
//! # let report = doublet::report::json::read(
//! #     include_bytes!("../../../tests/golden/seeds.json").as_slice())?;
//! use doublet::report::terminal::{self, TextOptions};
//! let text = terminal::to_string(&report, &TextOptions { width: 80, ..TextOptions::default() });
//! assert!(text.lines().count() <= 40);
//! # Ok::<(), doublet::Error>(())
//! ```

mod compare;
mod coverage;
mod diff;
mod documents;
mod line;
mod measure;
mod passages;
mod pieces;

use std::io::{self, Write};

pub use compare::{ComparedTexts, write_comparison};
pub use measure::grouped;

use self::line::{Line, Style, wrap};
use self::measure::{bytes, clean, counted, seconds, shorten, width};
use super::model::{DocumentEntry, Group, PassageKind, Report, Share, Skipped};
use crate::document::DocId;

/// Skipped inputs that a summary names.
const SKIPPED: usize = 4;
/// Narrowest layout; a narrower terminal wraps it itself.
const NARROWEST: usize = 40;

/// How a report is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns. Default 100.
    pub width: usize,
    /// Whether to add colours. Default no.
    pub color: bool,
    /// Everything in full instead of a summary. Default no.
    pub all: bool,
    /// Clusters and rows of each kind; `None` takes what fits. Default `None`.
    pub top: Option<usize>,
    /// Lines that the summary aims to fit. Default 40.
    pub lines: usize,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { width: 100, color: false, all: false, top: None, lines: 40 }
    }
}

/// Writes a report.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    let view = View { report, options, width: options.width.max(NARROWEST) };
    for line in view.lines() {
        line.paint(options.color, out)?;
    }
    Ok(())
}

/// The report as a string.
pub fn to_string(report: &Report, options: &TextOptions) -> String {
    let mut out = Vec::new();
    // Memory takes every write, and lines are text.
    let _ = write(report, options, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// A report and how it is looked at.
struct View<'a> {
    report: &'a Report,
    options: &'a TextOptions,
    width: usize,
}

impl View<'_> {
    fn lines(&self) -> Vec<Line> {
        let mut top = self.header();
        top.extend(self.documents());
        let mut bottom = self.coverage();
        bottom.extend(self.footer());
        let budget = self.options.lines.saturating_sub(top.len() + bottom.len());
        let mut lines = top;
        lines.extend(self.passages(budget));
        lines.extend(bottom);
        lines
    }

    /// One or two lines: how much was read, what ran.
    fn header(&self) -> Vec<Line> {
        let run = &self.report.run;
        let told = |documents, words| {
            format!("{}, {}", counted(documents, "document"), counted(words, "word"))
        };
        let of_side = |reference| {
            let side = self.side(reference);
            told(side.documents, side.share.tokens)
        };
        let what = if self.report.reference().is_some() {
            format!("{}, against a reference of {}", of_side(false), of_side(true))
        } else {
            told(run.documents, run.tokens)
        };
        let mut facts = vec![what, bytes(run.bytes)];
        let groups = self.report.groups.iter().filter(|group| !group.reference).count() as u64;
        if groups > 1 {
            facts.push(counted(groups, "group"));
        }
        let total: f64 = run.times.iter().map(|time| time.seconds).sum();
        if !run.times.is_empty() {
            facts.push(seconds(total));
        }
        let parameters = &run.parameters;
        if parameters.scope != "passages" {
            facts.push(format!("documents ≥ {:.2} alike", parameters.threshold));
        }
        if parameters.scope != "documents" {
            facts.push(format!(
                "passages ≥ {} words ({} sensitivity)",
                parameters.min_words, parameters.sensitivity
            ));
        }
        let line = Line::new()
            .with(Style::Strong, format!("doublet {}", run.version))
            .with(Style::Dim, format!(" · {}", facts.join(" · ")));
        wrap_hanging(&line, self.width, 2)
    }

    /// What is not shown, and what could not be read.
    fn footer(&self) -> Vec<Line> {
        let report = self.report;
        let mut notes: Vec<Line> = Vec::new();
        if self.options.all {
            let hidden = self.suppressed();
            if !hidden.is_empty() {
                let line =
                    Line::new().with(Style::Dim, format!("Left out: {}.", hidden.join(", ")));
                notes.push(line);
            }
        }
        if !report.skipped.is_empty() {
            notes.extend(self.skipped());
        }
        let mut lines = Vec::new();
        if !notes.is_empty() {
            lines.push(Line::new());
        }
        for note in notes {
            lines.extend(wrap_hanging(&note, self.width, 4));
        }
        lines
    }

    /// The inputs that could not be read: named, or with the reason each.
    fn skipped(&self) -> Vec<Line> {
        let skipped = &self.report.skipped;
        let title = format!("Skipped {}: ", counted(skipped.len() as u64, "input"));
        let mut line = Line::new().with(Style::Warning, title);
        let place = |input: &Skipped| match input.line {
            Some(number) => format!("{}:{number}", clean(&input.path)),
            None => clean(&input.path),
        };
        if self.options.all {
            let reason = |input: &Skipped| {
                Line::indent(2)
                    .foreign(Style::Name, place(input))
                    .plain(": ")
                    .foreign(Style::Plain, clean(&input.message))
            };
            return [line].into_iter().chain(skipped.iter().map(reason)).collect();
        }
        let shown = self.shown(skipped.len(), SKIPPED);
        for (i, input) in skipped[..shown].iter().enumerate() {
            line = line
                .plain(if i > 0 { ", " } else { "" })
                .foreign(Style::Name, shorten(&place(input), self.width / 2));
        }
        if shown < skipped.len() {
            line = line.plain(format!(" and {} more", grouped((skipped.len() - shown) as u64)));
        }
        vec![line]
    }

    /// Every rule that left something out, in words.
    fn suppressed(&self) -> Vec<String> {
        let rules = &self.report.suppressed;
        [
            (rules.empty_documents, "document", " without a word"),
            (rules.rejected_candidates, "document pair", " below the threshold"),
            (rules.thinned_buckets, "bucket", " too large to pair all with all"),
            (rules.clustered_links, "link", " inside document clusters"),
            (rules.weak_links, "link", " with too few equal words around"),
            (rules.short_alignments, "alignment", " with too few words"),
            (rules.dissimilar_alignments, "alignment", " with too many differences"),
            (rules.nested_members, "member", " inside those of larger passages"),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, why)| format!("{}{why}", counted(count, noun)))
        .collect()
    }

    /// How many of `total` rows a list shows when `fitting` would fit.
    fn shown(&self, total: usize, fitting: usize) -> usize {
        match (self.options.all, self.options.top) {
            (true, _) => total,
            (false, Some(top)) => total.min(top),
            // "1 more" takes as much room as the one.
            (false, None) if total <= fitting + 1 => total,
            (false, None) => fitting,
        }
    }

    /// The title of a section and its summary.
    fn section(&self, title: &str, summary: &Line) -> Vec<Line> {
        let line = Line::new().with(Style::Heading, title).plain("  ").join(summary);
        let mut lines = vec![Line::new()];
        lines.extend(wrap_hanging(&line, self.width, 2));
        lines
    }

    fn document(&self, id: DocId) -> Option<&DocumentEntry> {
        self.report.documents.get(id.index())
    }

    /// A document's name on one line.
    fn name(&self, id: DocId) -> String {
        self.document(id).map_or_else(|| format!("document {id}"), |entry| clean(&entry.name))
    }

    /// All of the reference, or all of the corpus that was compared with it.
    fn side(&self, reference: bool) -> Side {
        let report = self.report;
        let mut side = Side::default();
        let groups = report.groups.iter().enumerate().filter(|(_, g)| g.reference == reference);
        for (index, group) in groups {
            side.documents += group.documents;
            let share = report.coverage.groups.get(index).copied().unwrap_or_default();
            side.share.tokens += group.tokens;
            side.share.reuse += share.reuse;
            side.share.boilerplate += share.boilerplate;
        }
        side
    }

    /// Group (or that it is the reference's) and date of a document, as far as they are known and
    /// say something new.
    fn provenance(&self, id: DocId) -> String {
        let Some(entry) = self.document(id) else { return String::new() };
        let mut parts = Vec::new();
        let own_side = |group: &&Group| group.reference == entry.reference;
        if entry.reference {
            parts.push("reference".to_owned());
        } else if self.report.groups.iter().filter(own_side).count() > 1
            && let Some(group) = self.report.groups.get(entry.group as usize)
            && !entry.name.starts_with(&group.name)
        {
            parts.push(clean(&group.name));
        }
        if let Some(date) = &entry.date {
            parts.push(clean(date));
        }
        parts.join(" ")
    }

    fn count_kind(&self, kind: PassageKind) -> usize {
        self.report.passages.iter().filter(|passage| passage.kind == kind).count()
    }
}

/// One side of a comparison.
#[derive(Default)]
struct Side {
    documents: u64,
    share: Share,
}

/// Wraps a line; the lines after the first are indented.
fn wrap_hanging(line: &Line, limit: usize, indent: usize) -> Vec<Line> {
    let wrapped = wrap(line, limit.saturating_sub(indent));
    wrapped
        .into_iter()
        .enumerate()
        .map(|(i, line)| if i == 0 { line } else { Line::indent(indent).join(&line) })
        .collect()
}

/// Wraps a line and indents all of it.
fn wrap_indented(line: &Line, limit: usize, indent: usize) -> Vec<Line> {
    wrap(line, limit.saturating_sub(indent))
        .into_iter()
        .map(|line| Line::indent(indent).join(&line))
        .collect()
}

/// Columns of the widest text, at most `limit`.
fn column<'a>(texts: impl Iterator<Item = &'a str>, limit: usize) -> usize {
    texts.map(width).max().unwrap_or(0).min(limit)
}
