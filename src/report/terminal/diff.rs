//! What a version changes, word by word, with a few words of context.
//!
//! Idea: a member's operations say which bytes of the canonical passage a change concerns and
//! which words stand in their place. All that lies between two changes is equal, so the canonical
//! text supplies the context and the document itself is not needed.
//!
//! Marks: `[are not → aren’t]` other words in their place, `+very+` only this version has them,
//! `-very-` this version lacks them. Cost: linear in the passage.

use unicode_segmentation::UnicodeSegmentation;

use super::line::{Line, Style};
use super::measure::{ELLIPSIS, clean, clean_inner, shorten, width};
use crate::report::model::{Change, Operation, OperationKind, PassageCluster, PassageMember};

/// Words of context on either side of a change.
const CONTEXT_WORDS: usize = 2;
/// Columns that a context takes at least, where the text has them: two graphemes of a script
/// without spaces would say little.
const CONTEXT_COLUMNS: usize = 6;

/// Number of changes in a member.
pub(super) fn change_count(member: &PassageMember) -> usize {
    changes(member).count()
}

fn changes(member: &PassageMember) -> impl Iterator<Item = &Operation> {
    member.operations.iter().filter(|step| step.kind != OperationKind::Equal)
}

/// A few changes that stand close together, in their context.
pub(super) struct Snippet {
    /// What to show.
    pub(super) line: Line,
    /// How many changes it shows.
    pub(super) changes: usize,
}

/// The first `most` changes of a member, with context; words of one change take at most `longest`
/// columns.
pub(super) fn snippets(
    cluster: &PassageCluster,
    member: &PassageMember,
    most: usize,
    longest: usize,
) -> Vec<Snippet> {
    let base = cluster.members.get(cluster.canonical as usize).map_or(0, |c| c.span.start);
    let between = |start: u32, end: u32| -> String {
        let start = start.saturating_sub(base) as usize;
        let end = end.saturating_sub(base) as usize;
        clean_inner(cluster.text.get(start..end.min(cluster.text.len())).unwrap_or_default())
    };
    let mut snippets: Vec<Snippet> = Vec::new();
    let mut cursor = base;
    for step in changes(member).take(most) {
        let gap = between(cursor, step.canonical_span.start);
        cursor = cursor.max(step.canonical_span.end);
        let joined = match snippets.last_mut() {
            Some(last) if word_count(&gap) <= 2 * CONTEXT_WORDS => {
                part_words(&mut last.line, &gap);
                last.line.push(Style::Plain, &gap, true);
                last.changes += 1;
                last
            }
            Some(last) => {
                let head = first_words(&gap);
                part_words(&mut last.line, head);
                last.line.push(Style::Plain, &format!("{head}{ELLIPSIS}"), true);
                snippets.push(start_with(&gap));
                snippets.last_mut().expect("a snippet was just pushed")
            }
            None => {
                snippets.push(start_with(&gap));
                snippets.last_mut().expect("a snippet was just pushed")
            }
        };
        push_change(&mut joined.line, step, longest);
    }
    let rest = between(cursor, base.saturating_add(cluster.text.len() as u32));
    if let Some(last) = snippets.last_mut() {
        let head = first_words(&rest);
        part_words(&mut last.line, head);
        last.line.push(Style::Plain, head, true);
        if head.len() < rest.len() {
            last.line.push(Style::Plain, ELLIPSIS, true);
        }
    }
    snippets
}

/// A space after a mark, where a word follows.
fn part_words(line: &mut Line, next: &str) {
    if next.starts_with(char::is_alphanumeric) {
        line.push(Style::Plain, " ", true);
    }
}

fn start_with(gap: &str) -> Snippet {
    let tail = last_words(gap);
    let mut line = Line::new();
    if tail.len() < gap.len() {
        line.push(Style::Plain, ELLIPSIS, true);
    }
    line.push(Style::Plain, tail, true);
    Snippet { line, changes: 1 }
}

/// Adds the marked words of one change.
fn push_change(line: &mut Line, step: &Operation, longest: usize) {
    let words =
        |text: &Option<String>| shorten(&clean(text.as_deref().unwrap_or_default()), longest);
    let (old, new) = (words(&step.canonical_text), words(&step.text));
    let text_before = line.text();
    if text_before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | ']')) {
        line.push(Style::Plain, " ", true);
    }
    match step.kind {
        OperationKind::Equal => {}
        OperationKind::Insert => line.push(Style::Inserted, &format!("+{new}+"), true),
        OperationKind::Delete => line.push(Style::Deleted, &format!("-{old}-"), true),
        OperationKind::Replace(change) => {
            let (old_style, new_style) = match change {
                Change::Contraction | Change::Form => (Style::Form, Style::Form),
                Change::Wording => (Style::Deleted, Style::Inserted),
            };
            line.push(Style::Dim, "[", true);
            line.push(old_style, &old, true);
            line.push(Style::Dim, " → ", true);
            line.push(new_style, &new, true);
            line.push(Style::Dim, "]", true);
        }
    }
}

fn is_word(unit: &str) -> bool {
    unit.contains(char::is_alphanumeric)
}

fn word_count(text: &str) -> usize {
    text.split_word_bounds().filter(|unit| is_word(unit)).count()
}

/// The end of a text that serves as context.
fn last_words(text: &str) -> &str {
    let start = context_start(text.split_word_bound_indices().rev());
    start.map_or(text, |start| &text[start..])
}

/// The beginning of a text that serves as context.
fn first_words(text: &str) -> &str {
    let end =
        context_start(text.split_word_bound_indices().map(|(i, unit)| (i + unit.len(), unit)));
    end.map_or(text, |end| &text[..end])
}

/// Where the context is long enough, walking away from the change; nothing if the text ends first.
fn context_start<'a>(units: impl Iterator<Item = (usize, &'a str)>) -> Option<usize> {
    let (mut words, mut columns) = (0, 0);
    for (offset, unit) in units {
        columns += width(unit);
        if is_word(unit) {
            words += 1;
            if words >= CONTEXT_WORDS && columns >= CONTEXT_COLUMNS {
                return Some(offset);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocId;
    use crate::report::model::{LineSpan, PassageKind};
    use crate::span::{Span, TokenRange};

    /// Operations that turn `canonical` into another text by `edits`: byte range, kind, new words.
    fn cluster(canonical: &str, edits: &[(&str, OperationKind, &str)]) -> PassageCluster {
        let mut operations = Vec::new();
        for &(old, kind, new) in edits {
            // An insertion is written after the words that `old` names.
            let at = canonical.find(old).expect("the old words stand in the text");
            let span = match kind {
                OperationKind::Insert => {
                    Span::new((at + old.len()) as u32, (at + old.len()) as u32)
                }
                _ => Span::new(at as u32, (at + old.len()) as u32),
            };
            let shift = |span: Span| Span::new(span.start + 100, span.end + 100);
            operations.push(Operation {
                kind,
                canonical_tokens: TokenRange::new(0, 0),
                tokens: TokenRange::new(0, 0),
                canonical_span: shift(span),
                span: Span::new(0, 0),
                canonical_text: (kind != OperationKind::Insert).then(|| old.to_owned()),
                text: (kind != OperationKind::Delete).then(|| new.to_owned()),
            });
        }
        let member = |operations| PassageMember {
            document: DocId(0),
            span: Span::new(100, 100 + canonical.len() as u32),
            lines: LineSpan::default(),
            tokens: TokenRange::new(0, 0),
            identity: 1.0,
            operations,
        };
        PassageCluster {
            kind: PassageKind::Reuse,
            text: canonical.to_owned(),
            words: 0,
            documents: 2,
            distinctiveness: 1.0,
            canonical: 0,
            members: vec![member(vec![]), member(operations)],
        }
    }

    fn shown(canonical: &str, edits: &[(&str, OperationKind, &str)]) -> Vec<String> {
        let cluster = cluster(canonical, edits);
        snippets(&cluster, &cluster.members[1], 100, 60).iter().map(|s| s.line.text()).collect()
    }

    const TEXT: &str = "Russia and China are not building any military alliances based on patterns";

    #[test]
    fn changes_stand_in_their_context() {
        let edits = [
            ("are not", OperationKind::Replace(Change::Contraction), "aren’t"),
            ("patterns", OperationKind::Replace(Change::Form), "pattern"),
        ];
        assert_eq!(
            shown(TEXT, &edits),
            ["…and China [are not → aren’t] building any…", "…based on [patterns → pattern]"]
        );
    }

    #[test]
    fn neighbours_share_their_context() {
        let edits =
            [("and ", OperationKind::Delete, ""), ("China ", OperationKind::Insert, "surely")];
        assert_eq!(shown(TEXT, &edits), ["Russia -and- China +surely+ are not…"]);
    }

    #[test]
    fn a_report_that_contradicts_itself_does_no_harm() {
        let mut broken =
            cluster(TEXT, &[("China", OperationKind::Replace(Change::Wording), "Korea")]);
        broken.text = "é".to_owned();
        broken.canonical = 9;
        assert_eq!(snippets(&broken, &broken.members[1], 9, 60).len(), 1);
    }
}
