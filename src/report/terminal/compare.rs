//! Two texts side by side: what they share, aligned, and how much lies between.
//!
//! Idea: the operations of an alignment cut both versions into pieces that correspond. A row of
//! the two columns is filled piece by piece as long as *both* sides fit, so both columns break at
//! the same place and the eye can stay on one line. Words that differ are marked on both sides:
//! `[other words]`, `+only here+`. Text that only one side has is counted, or shown in full.
//!
//! Cost: linear in what is shown.

use std::io::{self, Write};

use super::line::{Line, Style, wrap};
use super::measure::{clean, counted, grouped, percent, shorten, whole_percent};
use super::pieces::{Piece, Version, Words, pieces, slice};
use super::{NARROWEST, TextOptions};
use crate::report::model::{MatchKind, PassageCluster, PassageKind, PassageMember, Report};
use crate::span::Span;

/// Narrower than this, the versions stand below each other.
const SIDE_BY_SIDE: usize = 70;

/// The two texts that a report of two documents was made from.
#[derive(Clone, Copy, Debug)]
pub struct ComparedTexts<'a> {
    /// Text of document 0.
    pub a: &'a str,
    /// Text of document 1.
    pub b: &'a str,
}

/// Writes the comparison of two texts, from the report that the engine made of them as documents
/// 0 and 1. With [`TextOptions::all`] the text that is not shared is shown too.
///
/// # Errors
/// Those of the writer.
pub fn write_comparison(
    report: &Report,
    texts: ComparedTexts<'_>,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = options.width.max(NARROWEST);
    let page = Page { report, texts, options, width, beside: width >= SIDE_BY_SIDE };
    for line in page.lines() {
        line.paint(options.color, out)?;
    }
    Ok(())
}

/// One pair of versions: the same passage in A and in B.
struct Pair<'a> {
    cluster: &'a PassageCluster,
    a: &'a PassageMember,
    b: &'a PassageMember,
    /// Whether A has the canonical version.
    canonical_in_a: bool,
}

impl<'a> Pair<'a> {
    /// The version whose operations tell the difference.
    fn version(&self) -> &'a PassageMember {
        if self.canonical_in_a { self.b } else { self.a }
    }
}

struct Page<'a> {
    report: &'a Report,
    texts: ComparedTexts<'a>,
    options: &'a TextOptions,
    width: usize,
    beside: bool,
}

impl Page<'_> {
    fn lines(&self) -> Vec<Line> {
        let pairs = self.pairs();
        let mut lines = self.header(&pairs);
        let (mut a_end, mut b_end) = ((0, 0), (0, 0));
        for pair in &pairs {
            lines.push(Line::new());
            lines.extend(self.gap(a_end, b_end, Some(pair)));
            lines.extend(self.title(pair));
            lines.extend(self.columns(&self.pieces(pair)));
            a_end = (pair.a.tokens.end.max(a_end.0), pair.a.span.end.max(a_end.1));
            b_end = (pair.b.tokens.end.max(b_end.0), pair.b.span.end.max(b_end.1));
        }
        if !pairs.is_empty() {
            lines.push(Line::new());
            lines.extend(self.gap(a_end, b_end, None));
        }
        lines
    }

    /// The passages that both texts have, in A's order; every version in one text meets the
    /// canonical one in the other.
    fn pairs(&self) -> Vec<Pair<'_>> {
        let mut pairs = Vec::new();
        for cluster in &self.report.passages {
            let Some(canonical) = cluster.members.get(cluster.canonical as usize) else { continue };
            let canonical_in_a = canonical.document.0 == 0;
            for member in &cluster.members {
                if member.document == canonical.document {
                    continue;
                }
                let (a, b) = if canonical_in_a { (canonical, member) } else { (member, canonical) };
                pairs.push(Pair { cluster, a, b, canonical_in_a });
            }
        }
        pairs.sort_by_key(|pair| (pair.a.span, pair.b.span));
        pairs
    }

    fn header(&self, pairs: &[Pair<'_>]) -> Vec<Line> {
        let label = |index: usize, letter: &str| {
            let entry = self.report.documents.get(index);
            let name = entry.map(|entry| clean(&entry.name)).unwrap_or_default();
            let words = entry.map_or(0, |entry| u64::from(entry.tokens));
            let share = self.report.coverage.documents.get(index).copied().unwrap_or_default();
            let facts = format!(
                "{}, {} shared ({})",
                counted(words, "word"),
                grouped(share.reuse + share.boilerplate),
                percent(share.reuse + share.boilerplate, share.tokens)
            );
            let room = self.column().saturating_sub(3).max(8);
            let title = Line::new()
                .with(Style::Strong, format!("{letter}  "))
                .foreign(Style::Name, shorten(&name, room));
            (title, Line::indent(3).with(Style::Dim, facts))
        };
        let ((a, a_facts), (b, b_facts)) = (label(0, "A"), label(1, "B"));
        let mut lines = if self.beside {
            vec![self.row(&a, &b), self.row(&a_facts, &b_facts)]
        } else {
            vec![a, a_facts, b, b_facts]
        };
        let verdict = match self.report.matches.first() {
            _ if pairs.is_empty() && self.report.matches.is_empty() => {
                "nothing in common".to_owned()
            }
            Some(found) => format!(
                "{}, similarity {}; A in B {}, B in A {}",
                match found.kind {
                    MatchKind::Exact => "the same words",
                    MatchKind::Near => "near-duplicates",
                    MatchKind::Contained => "one contains the other",
                },
                whole_percent(found.similarity),
                whole_percent(found.a_in_b),
                whole_percent(found.b_in_a)
            ),
            None => counted(pairs.len() as u64, "shared passage"),
        };
        lines.push(Line::new());
        lines.extend(wrap(&Line::new().with(Style::Strong, verdict), self.width));
        lines
    }

    /// Where a passage stands in both and how alike the versions are.
    fn title(&self, pair: &Pair<'_>) -> Vec<Line> {
        let version = pair.version();
        let changes = super::diff::change_count(version) as u64;
        let place = |member: &PassageMember| format!("line {}", member.lines.start_line);
        let mut size = format!(" · {}", counted(u64::from(pair.cluster.words), "word"));
        if pair.cluster.kind == PassageKind::Boilerplate {
            size.push_str(" · boilerplate");
        }
        let alike = match changes {
            0 => " · same words".to_owned(),
            _ => format!(
                " · {}, {}",
                whole_percent(version.identity),
                counted(changes, "difference")
            ),
        };
        let side = |member, facts: &str| {
            Line::new().with(Style::Strong, place(member)).with(Style::Dim, facts)
        };
        if self.beside {
            return vec![self.row(&side(pair.a, &size), &side(pair.b, &alike))];
        }
        let a = Line::new().with(Style::Strong, "A  ").join(&side(pair.a, &size));
        let b = Line::new().with(Style::Strong, "B  ").join(&side(pair.b, &alike));
        vec![a, b]
    }

    fn pieces(&self, pair: &Pair<'_>) -> Vec<Piece> {
        let a = Version { text: self.texts.a, span: pair.a.span };
        let b = Version { text: self.texts.b, span: pair.b.span };
        pieces(a, b, &pair.version().operations, pair.canonical_in_a)
    }

    /// Lays pieces out in two columns, or below each other.
    fn columns(&self, pieces: &[Piece]) -> Vec<Line> {
        if !self.beside {
            let mut lines = Vec::new();
            for (letter, pick) in [("A  ", true), ("B  ", false)] {
                let mut text = Line::new();
                for piece in pieces {
                    add(&mut text, if pick { &piece.a } else { &piece.b });
                }
                for (i, line) in wrap(&text, self.width - 3).iter().enumerate() {
                    let lead = if i == 0 { letter } else { "   " };
                    lines.push(Line::new().with(Style::Strong, lead).join(line));
                }
            }
            return lines;
        }
        let limit = self.column();
        let mut lines = Vec::new();
        let (mut a, mut b) = (Line::new(), Line::new());
        for piece in pieces {
            let (mut next_a, mut next_b) = (a.clone(), b.clone());
            add(&mut next_a, &piece.a);
            add(&mut next_b, &piece.b);
            if next_a.width() <= limit && next_b.width() <= limit {
                (a, b) = (next_a, next_b);
                continue;
            }
            self.flush(&mut a, &mut b, &mut lines);
            if piece.a.line.width() <= limit && piece.b.line.width() <= limit {
                (a, b) = (piece.a.line.clone(), piece.b.line.clone());
            } else {
                // Longer than a row: a block of its own.
                lines.extend(self.block(&piece.a.line, &piece.b.line));
            }
        }
        self.flush(&mut a, &mut b, &mut lines);
        lines
    }

    fn flush(&self, a: &mut Line, b: &mut Line, lines: &mut Vec<Line>) {
        if !a.is_empty() || !b.is_empty() {
            lines.push(self.row(a, b));
        }
        (*a, *b) = (Line::new(), Line::new());
    }

    /// Text between two passages: counted, or shown.
    fn gap(&self, a_from: (u32, u32), b_from: (u32, u32), to: Option<&Pair<'_>>) -> Vec<Line> {
        let end = |index: usize, text: &str| {
            let tokens = self.report.documents.get(index).map_or(0, |entry| entry.tokens);
            (tokens, text.len() as u32)
        };
        let a_to = to
            .map_or_else(|| end(0, self.texts.a), |pair| (pair.a.tokens.start, pair.a.span.start));
        let b_to = to
            .map_or_else(|| end(1, self.texts.b), |pair| (pair.b.tokens.start, pair.b.span.start));
        if self.options.all {
            let lines = self.gap_in_full((a_from.1, a_to.1), (b_from.1, b_to.1));
            let blank = !lines.is_empty() && to.is_some();
            return lines.into_iter().chain(blank.then(Line::new)).collect();
        }
        let note = |from: u32, to: u32| {
            let line = Line::new();
            match to.checked_sub(from) {
                None => line.with(Style::Dim, "↑ back"),
                Some(0) => line,
                Some(words) => line.with(
                    Style::Dim,
                    format!("… {} only here …", counted(u64::from(words), "word")),
                ),
            }
        };
        let (a, b) = (note(a_from.0, a_to.0), note(b_from.0, b_to.0));
        if a.is_empty() && b.is_empty() {
            return Vec::new();
        }
        if self.beside {
            return vec![self.row(&a, &b)];
        }
        let mut lines = Vec::new();
        for (letter, note) in [("A  ", a), ("B  ", b)] {
            if !note.is_empty() {
                lines.push(Line::new().with(Style::Dim, letter).join(&note));
            }
        }
        lines
    }

    fn gap_in_full(&self, a: (u32, u32), b: (u32, u32)) -> Vec<Line> {
        let text = |text: &str, (from, to): (u32, u32)| {
            let span = Span { start: from.min(to), end: to };
            let mut line = Line::new();
            if from > to {
                line.push(Style::Dim, "↑ back", false);
            }
            line.foreign(Style::Dim, clean(if from > to { "" } else { slice(text, span) }))
        };
        let (a, b) = (text(self.texts.a, a), text(self.texts.b, b));
        if a.is_empty() && b.is_empty() {
            return Vec::new();
        }
        if !self.beside {
            return self.columns(&[Piece { a: a.into(), b: b.into() }]);
        }
        self.block(&a, &b)
    }

    /// Two paragraphs beside each other.
    fn block(&self, a: &Line, b: &Line) -> Vec<Line> {
        let mut left = wrap(a, self.column());
        let mut right = wrap(b, self.column());
        let rows = left.len().max(right.len());
        left.resize(rows, Line::new());
        right.resize(rows, Line::new());
        left.iter().zip(&right).map(|(left, right)| self.row(left, right)).collect()
    }

    /// Columns of one side.
    fn column(&self) -> usize {
        if self.beside { (self.width - 3) / 2 } else { self.width }
    }

    fn row(&self, a: &Line, b: &Line) -> Line {
        a.clone().pad(self.column()).with(Style::Dim, " │ ").join(b)
    }
}

/// Adds words to a line, with a space before them unless they are glued.
fn add(line: &mut Line, words: &Words) {
    if !line.is_empty() && !words.line.is_empty() && !words.glued {
        line.push(Style::Plain, " ", true);
    }
    for segment in &words.line.segments {
        line.push(segment.style, &segment.text, segment.foreign);
    }
}
