//! Two versions of a passage cut into pieces that correspond, with marks on what differs.
//!
//! Idea: operations say which bytes of either version belong together. Punctuation between two of
//! them goes with the word it touches: closing marks with the word before, opening ones with the
//! word after. Equal stretches are cut further, word by word, so that columns can break anywhere.
//!
//! Cost: linear in the passage.

use super::line::{Line, Style};
use super::measure::{clean, clean_inner};
use crate::report::model::{Change, Operation, OperationKind};
use crate::span::Span;

/// Words of one side, or of both, that belong together.
#[derive(Default)]
pub(super) struct Piece {
    /// What A has.
    pub(super) a: Words,
    /// What B has.
    pub(super) b: Words,
}

/// One side of a piece.
#[derive(Clone, Default)]
pub(super) struct Words {
    /// The words with their marks.
    pub(super) line: Line,
    /// Whether no white space stands before it.
    pub(super) glued: bool,
}

impl From<Line> for Words {
    fn from(line: Line) -> Self {
        Self { line, glued: false }
    }
}

/// A version of a passage: the text it stands in, and where.
#[derive(Clone, Copy)]
pub(super) struct Version<'a> {
    /// The document's text.
    pub(super) text: &'a str,
    /// The passage's bytes.
    pub(super) span: Span,
}

/// Cuts versions A and B by the operations between them, of which `canonical_in_a` says which side
/// is the canonical one.
pub(super) fn pieces(
    a: Version<'_>,
    b: Version<'_>,
    steps: &[Operation],
    canonical_in_a: bool,
) -> Vec<Piece> {
    let side = |canonical: bool| -> Vec<(Span, bool)> {
        let span = |step: &Operation| if canonical { step.canonical_span } else { step.span };
        steps.iter().map(|step| (span(step), step.kind == OperationKind::Equal)).collect()
    };
    if steps.is_empty() {
        // Without an alignment both versions still stand beside each other.
        return paired(&words(a.text, a.span), &words(b.text, b.span));
    }
    let a_cuts = regions(a.text, a.span, &side(canonical_in_a));
    let b_cuts = regions(b.text, b.span, &side(!canonical_in_a));
    let mut pieces = Vec::new();
    for ((step, a_cut), b_cut) in steps.iter().zip(a_cuts).zip(b_cuts) {
        let change = match step.kind {
            OperationKind::Equal => {
                let mut equal =
                    paired(&words(a.text, a_cut.whole()), &words(b.text, b_cut.whole()));
                if let Some(first) = equal.first_mut() {
                    (first.a.glued, first.b.glued) = (a_cut.glued, b_cut.glued);
                }
                pieces.extend(equal);
                continue;
            }
            OperationKind::Replace(Change::Form | Change::Contraction) => Some(Style::Form),
            OperationKind::Replace(Change::Wording) => Some(Style::Changed),
            OperationKind::Insert | OperationKind::Delete => None,
        };
        let mark = |only: Style| match change {
            Some(style) => Mark { style, open: "[", close: "]" },
            None => Mark { style: only, open: "+", close: "+" },
        };
        let mut a_words = marked(a.text, a_cut, mark(Style::Deleted)).into_iter();
        let mut b_words = marked(b.text, b_cut, mark(Style::Inserted)).into_iter();
        for _ in 0..a_words.len().max(b_words.len()) {
            let (a, b) = (a_words.next().unwrap_or_default(), b_words.next().unwrap_or_default());
            pieces.push(Piece { a, b });
        }
    }
    pieces
}

/// How words that differ are shown.
#[derive(Clone, Copy)]
struct Mark {
    style: Style,
    open: &'static str,
    close: &'static str,
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
fn marked(text: &str, region: Region, mark: Mark) -> Vec<Words> {
    let own = clean(slice(text, region.own));
    let lead = clean(slice(text, Span { start: region.start, end: region.own.start }));
    let rest = slice(text, Span { start: region.own.end, end: region.end });
    let mut out: Vec<Words> = Vec::new();
    let mut line = Line::new().foreign(Style::Plain, lead);
    if !own.is_empty() {
        line = line.foreign(mark.style, mark.open);
        for (i, word) in own.split(' ').enumerate() {
            if i > 0 {
                out.push(Words::from(std::mem::take(&mut line)));
            }
            line = line.foreign(mark.style, word);
        }
        line = line.foreign(mark.style, mark.close);
    }
    line = line.foreign(Style::Plain, clean_inner(rest).trim_end());
    if !line.is_empty() {
        out.push(Words::from(line));
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
        Words::from(Line::new().foreign(Style::Plain, words[start..end].join(" ")))
    };
    (0..count).map(|i| Piece { a: part(a, i), b: part(b, i) }).collect()
}

/// The text at a span, or nothing where a report contradicts the text.
pub(super) fn slice(text: &str, span: Span) -> &str {
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
        let mark = Mark { style: Style::Changed, open: "[", close: "]" };
        // An opening mark goes with the word after it.
        let so = Span::new(13, 15);
        let cuts = regions(text, whole, &[(Span::new(0, 9), true), (so, false)]);
        assert_eq!(slice(text, cuts[0].whole()), "We aren't ");
        assert_eq!(marked(text, cuts[1], mark)[0].line.text(), "“[so]”.");
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
