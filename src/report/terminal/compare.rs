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
use super::measure::{clean, clean_inner, counted, grouped, percent, shorten, whole_percent};
use super::{NARROWEST, TextOptions};
use crate::report::model::{
    Change, MatchKind, OperationKind, PassageCluster, PassageKind, PassageMember, Report,
};
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

/// Words of one side, or of both, that belong together.
#[derive(Default)]
struct Piece {
    a: Words,
    b: Words,
}

/// One side of a piece.
#[derive(Clone, Default)]
struct Words {
    line: Line,
    /// Whether no white space stands before it.
    glued: bool,
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

    /// Both versions cut at the same places, with marks.
    fn pieces(&self, pair: &Pair<'_>) -> Vec<Piece> {
        let version = pair.version();
        let steps = &version.operations;
        let side = |canonical: bool| -> Vec<(Span, bool)> {
            steps
                .iter()
                .map(|step| {
                    let span = if canonical { step.canonical_span } else { step.span };
                    (span, step.kind == OperationKind::Equal)
                })
                .collect()
        };
        let a_cuts = regions(self.texts.a, pair.a.span, &side(pair.canonical_in_a));
        let b_cuts = regions(self.texts.b, pair.b.span, &side(!pair.canonical_in_a));
        let mut pieces = Vec::new();
        for ((step, a), b) in steps.iter().zip(a_cuts).zip(b_cuts) {
            if step.kind == OperationKind::Equal {
                let a_words = words(self.texts.a, a.whole());
                let b_words = words(self.texts.b, b.whole());
                let mut equal = paired(&a_words, &b_words);
                if let Some(first) = equal.first_mut() {
                    (first.a.glued, first.b.glued) = (a.glued, b.glued);
                }
                pieces.extend(equal);
                continue;
            }
            let style = match step.kind {
                OperationKind::Replace(Change::Form | Change::Contraction) => Style::Form,
                _ => Style::Changed,
            };
            let only = !matches!(step.kind, OperationKind::Replace(_));
            let mut a = marked(self.texts.a, a, style, only.then_some(Style::Deleted)).into_iter();
            let mut b = marked(self.texts.b, b, style, only.then_some(Style::Inserted)).into_iter();
            for _ in 0..a.len().max(b.len()) {
                let (a, b) = (a.next().unwrap_or_default(), b.next().unwrap_or_default());
                pieces.push(Piece { a, b });
            }
        }
        if steps.is_empty() {
            // Without an alignment both versions still stand beside each other.
            let a_words = words(self.texts.a, pair.a.span);
            let b_words = words(self.texts.b, pair.b.span);
            pieces.extend(paired(&a_words, &b_words));
        }
        pieces
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
            let side = |line| Words { line, glued: false };
            return self.columns(&[Piece { a: side(a), b: side(b) }]);
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

/// Bytes of one side that belong to one operation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Region {
    /// Where it begins: an opening quotation mark belongs to the word after it.
    start: u32,
    /// The words themselves.
    own: Span,
    /// Where it ends, closing punctuation included.
    end: u32,
    /// Whether no white space stands before it.
    glued: bool,
}

impl Region {
    fn whole(self) -> Span {
        Span { start: self.start, end: self.end }
    }
}

/// Cuts a version where its operations begin. Operations may share a word (the two tokens of
/// *aren't*): it goes to the one that differs.
fn regions(text: &str, whole: Span, steps: &[(Span, bool)]) -> Vec<Region> {
    let mut regions = Vec::with_capacity(steps.len());
    let mut cursor = whole.start;
    let mut glued = true;
    for (i, &(span, equal)) in steps.iter().enumerate() {
        let next = steps[i + 1..].iter().find(|(span, _)| span.start < span.end);
        let next_start = next.map_or(whole.end, |(span, _)| span.start).min(whole.end);
        if span.start >= span.end {
            regions.push(Region {
                start: cursor,
                own: Span { start: cursor, end: cursor },
                end: cursor,
                glued,
            });
            continue;
        }
        let start = span.start.max(cursor);
        let mut end = span.end.clamp(start, whole.end.max(start));
        if equal && next.is_some_and(|(_, equal)| !equal) {
            end = end.min(next_start.max(start));
        }
        let gap = slice(text, Span { start: end, end: next_start.max(end) });
        let last_space = gap.char_indices().rfind(|(_, c)| c.is_whitespace());
        // The last operation takes all; before another one the gap is cut behind its last space.
        let cut = match (next, last_space) {
            (Some(_), Some((at, space))) => at + space.len_utf8(),
            _ => gap.len(),
        };
        let cut = end + cut as u32;
        regions.push(Region { start: cursor, own: Span { start, end }, end: cut, glued });
        glued = last_space.is_none();
        cursor = cut;
    }
    regions
}

/// The words of a changed piece with its marks around them and the punctuation before and after.
fn marked(text: &str, region: Region, style: Style, only: Option<Style>) -> Vec<Words> {
    let own = clean(slice(text, region.own));
    let lead = clean(slice(text, Span { start: region.start, end: region.own.start }));
    let rest = slice(text, Span { start: region.own.end, end: region.end });
    let (style, open, close) = match only {
        Some(style) => (style, "+", "+"),
        None => (style, "[", "]"),
    };
    let mut out: Vec<Words> = Vec::new();
    let mut line = Line::new().foreign(Style::Plain, lead);
    if !own.is_empty() {
        line = line.foreign(style, open);
        for (i, word) in own.split(' ').enumerate() {
            if i > 0 {
                out.push(Words { line: std::mem::take(&mut line), glued: false });
            }
            line = line.foreign(style, word);
        }
        line = line.foreign(style, close);
    }
    line = line.foreign(Style::Plain, clean_inner(rest).trim_end());
    if !line.is_empty() {
        out.push(Words { line, glued: false });
    }
    if let Some(first) = out.first_mut() {
        first.glued = region.glued;
    }
    out
}

fn words(text: &str, span: Span) -> Vec<String> {
    slice(text, span).split_whitespace().map(clean).filter(|word| !word.is_empty()).collect()
}

/// Equal words of both sides, pair by pair; where white space cuts them differently, the surplus
/// goes to the last pair.
fn paired(a: &[String], b: &[String]) -> Vec<Piece> {
    let count = a.len().min(b.len()).max(usize::from(!a.is_empty() || !b.is_empty()));
    let part = |words: &[String], i: usize| {
        let start = i.min(words.len());
        let end = if i + 1 == count { words.len() } else { (i + 1).min(words.len()) };
        plain(words[start..end].join(" "))
    };
    (0..count).map(|i| Piece { a: part(a, i), b: part(b, i) }).collect()
}

fn plain(text: impl AsRef<str>) -> Words {
    Words { line: Line::new().foreign(Style::Plain, text), glued: false }
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

fn slice(text: &str, span: Span) -> &str {
    text.get(span.start as usize..(span.end as usize).min(text.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_word_goes_to_the_operation_that_differs() {
        // aren't: equal "are" and deleted "not" have the same span.
        let word = Span::new(3, 9);
        let text = "We aren't “so”.";
        let whole = Span::new(0, text.len() as u32);
        let cuts = regions(text, whole, &[(Span::new(0, 9), true), (word, false)]);
        assert_eq!((cuts[0].own, cuts[1].own), (Span::new(0, 3), word));
        assert_eq!(cuts[1].end, whole.end);
        // An opening mark goes with the word after it.
        let so = Span::new(13, 15);
        let cuts = regions(text, whole, &[(Span::new(0, 9), true), (so, false)]);
        assert_eq!(slice(text, cuts[0].whole()), "We aren't ");
        assert_eq!(marked(text, cuts[1], Style::Changed, None)[0].line.text(), "“[so]”.");
    }

    #[test]
    fn words_pair_up_and_nothing_is_lost() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let pieces = paired(&words("military-industrial ties"), &words("military industrial ties"));
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1].b.line.text(), "industrial ties");
        assert!(paired(&[], &[]).is_empty());
        assert_eq!(paired(&[], &words("x y"))[0].b.line.text(), "x y");
    }
}
