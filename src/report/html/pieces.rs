//! A member's words as pieces: equal ones, and those that differ from the canonical passage.
//!
//! Idea: a member's operations cover its tokens; what stands between two of them (spaces, marks)
//! is taken from the member's own text where it is at hand, and from the canonical passage where
//! it is not. The page then needs no offsets to mark changes, in whatever script.
//!
//! Cost: linear in the passage.

use serde::Serialize;

use crate::report::model::{Change, OperationKind, PassageCluster, PassageMember};

/// A piece: what it is, the canonical words (of a change), the member's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Piece(pub(super) u8, pub(super) String, pub(super) String);

/// Kinds of pieces, as the page's script knows them.
const EQUAL: u8 = 0;
const CONTRACTION: u8 = 1;
const FORM: u8 = 2;
const WORDING: u8 = 3;
const INSERTED: u8 = 4;
const DELETED: u8 = 5;
/// Equal words that were left out; the last string says how many characters.
const ELIDED: u8 = 6;

/// Bytes of equal words that stand in one piece, and what is kept of each end of longer ones: two
/// near-copies would otherwise hold their whole texts here too.
const LONGEST: usize = 6_000;
const KEPT: usize = 1_500;

/// The number of an operation's kind.
pub(super) fn kind_of(kind: OperationKind) -> u8 {
    match kind {
        OperationKind::Equal => EQUAL,
        OperationKind::Replace(Change::Contraction) => CONTRACTION,
        OperationKind::Replace(Change::Form) => FORM,
        OperationKind::Replace(Change::Wording) => WORDING,
        OperationKind::Insert => INSERTED,
        OperationKind::Delete => DELETED,
    }
}

/// The pieces of a member; `text` is its document's, where it is at hand.
pub(super) fn pieces(
    cluster: &PassageCluster,
    member: &PassageMember,
    text: Option<&str>,
) -> Vec<Piece> {
    let base = cluster.members.get(cluster.canonical as usize).map_or(0, |c| c.span.start);
    let canonical = |start: u32, end: u32| {
        let end = end.saturating_sub(base) as usize;
        let place = start.saturating_sub(base) as usize..end.min(cluster.text.len());
        cluster.text.get(place).unwrap_or_default()
    };
    let own = |start: u32, end: u32| text.and_then(|text| text.get(start as usize..end as usize));
    let mut row = Row { pieces: Vec::new() };
    let (mut own_end, mut canonical_end) = (member.span.start, base);
    let mut begun = false;
    for step in &member.operations {
        let deleted = step.kind == OperationKind::Delete;
        // What stands between this step and the one before it.
        let canonical_gap = canonical(canonical_end, step.canonical_span.start);
        if text.is_some() {
            if !deleted && step.span.start > own_end {
                row.equal(own(own_end, step.span.start).unwrap_or(" "));
            }
        } else if begun && !deleted {
            let inserted = step.kind == OperationKind::Insert;
            row.equal(if inserted && canonical_gap.is_empty() { " " } else { canonical_gap });
        }
        let old = step.canonical_text.as_deref().unwrap_or_default();
        let new = step.text.as_deref().unwrap_or_default();
        match step.kind {
            OperationKind::Equal => {
                let span = step.canonical_span;
                let words = own(step.span.start, step.span.end);
                row.equal(words.unwrap_or_else(|| canonical(span.start, span.end)));
            }
            OperationKind::Replace(_) | OperationKind::Insert => {
                row.push(Piece(kind_of(step.kind), old.to_owned(), new.to_owned()));
            }
            OperationKind::Delete => {
                // Set apart as it was in the canonical passage.
                let apart = !canonical_gap.is_empty() && !row.ends_with_space();
                let end = step.canonical_span.end;
                let follows = canonical(end, u32::MAX).starts_with(char::is_whitespace);
                let (lead, tail) = match (apart, follows) {
                    (true, _) => (" ", ""),
                    (false, true) => ("", " "),
                    (false, false) => ("", ""),
                };
                row.push(Piece(DELETED, format!("{lead}{old}{tail}"), String::new()));
            }
        }
        if !deleted {
            own_end = step.span.end;
        }
        canonical_end = canonical_end.max(step.canonical_span.end);
        begun = true;
    }
    row.pieces.into_iter().flat_map(elide).collect()
}

/// A piece, or the ends of a long one with what is between them left out.
fn elide(piece: Piece) -> Vec<Piece> {
    let Piece(EQUAL, _, words) = &piece else { return vec![piece] };
    if words.len() <= LONGEST {
        return vec![piece];
    }
    let boundary = |at: usize| (at..=words.len()).find(|&at| words.is_char_boundary(at));
    let (head, tail) = (boundary(KEPT), boundary(words.len() - KEPT));
    let (head, tail) = (head.unwrap_or_default(), tail.unwrap_or(words.len()));
    let between = words[head..tail].chars().count().to_string();
    let equal = |words: &str| Piece(EQUAL, String::new(), words.to_owned());
    vec![equal(&words[..head]), Piece(ELIDED, String::new(), between), equal(&words[tail..])]
}

struct Row {
    pieces: Vec<Piece>,
}

impl Row {
    fn push(&mut self, piece: Piece) {
        self.pieces.push(piece);
    }

    /// Adds equal words; neighbours become one piece.
    fn equal(&mut self, words: &str) {
        match self.pieces.last_mut() {
            _ if words.is_empty() => {}
            Some(Piece(EQUAL, _, last)) => last.push_str(words),
            _ => self.push(Piece(EQUAL, String::new(), words.to_owned())),
        }
    }

    fn ends_with_space(&self) -> bool {
        let Some(Piece(_, old, new)) = self.pieces.last() else { return true };
        let last = if new.is_empty() { old } else { new };
        last.ends_with(char::is_whitespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocId;
    use crate::report::model::{Operation, PassageKind};
    use crate::span::{Span, TokenRange};

    fn step(kind: OperationKind, canonical: Span, own: Span, texts: [&str; 2]) -> Operation {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Operation {
            kind,
            canonical_tokens: TokenRange::default(),
            tokens: TokenRange::default(),
            canonical_span: canonical,
            span: own,
            canonical_text: some(texts[0]),
            text: some(texts[1]),
        }
    }

    fn member(span: Span, operations: Vec<Operation>) -> PassageMember {
        PassageMember {
            document: DocId(0),
            span,
            lines: crate::report::model::LineSpan::default(),
            tokens: TokenRange::default(),
            identity: 1.0,
            operations,
        }
    }

    #[test]
    fn of_long_equal_words_the_ends_are_kept() {
        let words = "é漢 ".repeat(3_000);
        let pieces = elide(Piece(EQUAL, String::new(), words.clone()));
        let kept: usize = [0, 2].iter().map(|&i: &usize| pieces[i].2.chars().count()).sum();
        let left_out: usize = pieces[1].2.parse().expect("a number");
        assert_eq!((pieces[1].0, kept + left_out), (ELIDED, words.chars().count()));
        assert!(words.starts_with(&pieces[0].2) && words.ends_with(&pieces[2].2));
        assert_eq!(elide(Piece(EQUAL, String::new(), "short".to_owned())).len(), 1);
        assert_eq!(elide(Piece(INSERTED, String::new(), words)).len(), 1);
    }

    #[test]
    fn with_and_without_the_text() {
        // Canonical, from byte 10: "we are not very late"; the member: "“We, aren’t late now".
        let operations = vec![
            step(OperationKind::Equal, Span::new(10, 12), Span::new(3, 5), ["", ""]),
            step(
                OperationKind::Replace(Change::Contraction),
                Span::new(13, 20),
                Span::new(7, 15),
                ["are not", "aren’t"],
            ),
            step(OperationKind::Delete, Span::new(21, 25), Span::new(15, 15), ["very", ""]),
            step(OperationKind::Equal, Span::new(26, 30), Span::new(16, 20), ["", ""]),
            step(OperationKind::Insert, Span::new(30, 30), Span::new(21, 24), ["", "now"]),
        ];
        let first = step(OperationKind::Equal, Span::new(10, 30), Span::new(10, 30), ["", ""]);
        let cluster = PassageCluster {
            kind: PassageKind::Reuse,
            text: "we are not very late".to_owned(),
            words: 5,
            documents: 2,
            distinctiveness: 1.0,
            canonical: 0,
            members: vec![
                member(Span::new(10, 30), vec![first]),
                member(Span::new(3, 24), operations),
            ],
        };
        let shown = |text: Option<&str>| {
            let piece = |piece: &Piece| format!("{}[{}|{}]", piece.0, piece.1, piece.2);
            pieces(&cluster, &cluster.members[1], text).iter().map(piece).collect::<String>()
        };
        assert_eq!(
            shown(Some("“We, aren’t late now")),
            "0[|We, ]1[are not|aren’t]5[ very|]0[| late ]4[|now]"
        );
        let first = step(OperationKind::Delete, Span::new(10, 12), Span::new(3, 3), ["we", ""]);
        let mut without = cluster.clone();
        without.members[1].operations[0] = first;
        let shortened = pieces(&without, &without.members[1], None);
        assert_eq!(shortened[0], Piece(DELETED, "we ".to_owned(), String::new()));
        assert_eq!(shown(None), "0[|we ]1[are not|aren’t]5[ very|]0[| late ]4[|now]");
        let canonical = pieces(&cluster, &cluster.members[0], None);
        assert_eq!(canonical, [Piece(EQUAL, String::new(), cluster.text.clone())]);
    }
}
