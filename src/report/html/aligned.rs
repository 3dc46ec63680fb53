//! Alignments as the page's script composes them: any two members through the canonical passage.
//!
//! Idea: a report aligns every member with the canonical passage. Two members are aligned with one
//! another by going from the first to the canonical passage and on to the second. For that, the
//! canonical passage is cut wherever an operation of any member begins or ends; each stretch
//! between two cuts lies in one operation of every member. A member's row says which stretches each
//! of its operations covers and where its own words stand, in UTF-16 code units; its equal
//! operations are cut at every stretch, so that a word that the other member changed is found
//! inside them. The script then joins stretches until both rows have an operation that ends.
//!
//! Cost: tokenises the members again; a row holds at most one entry a token.

use serde::Serialize;

use super::pack::Counter;
use super::pieces::kind_of;
use super::texts::Texts;
use crate::report::model::{OperationKind, PassageCluster, PassageMember};
use crate::span::TokenRange;
use crate::text::{TokenBuffer, Tokenizer};

/// One operation of a member, or a stretch of an equal one: its kind, the number of stretches it
/// covers (none for an insertion), code units from the end of the entry before to its start, and
/// its length in code units.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Entry(u8, u32, i64, u32);

/// The rows of these members, in their order; `None` where a text is not at hand or the report
/// does not fit it.
pub(super) fn rows<'a>(
    cluster: &PassageCluster,
    members: impl Iterator<Item = &'a PassageMember> + Clone,
    texts: Texts<'_>,
) -> Vec<Option<Vec<Entry>>> {
    let Some(canonical) = cluster.members.get(cluster.canonical as usize) else {
        return Vec::new();
    };
    let covered = canonical.tokens;
    let usable = |member: &PassageMember| {
        texts.get(member.document).is_some() && is_complete(member, covered)
    };
    let mut cuts: Vec<u32> = members
        .clone()
        .filter(|member| usable(member))
        .flat_map(|member| &member.operations)
        .flat_map(|step| [step.canonical_tokens.start, step.canonical_tokens.end])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut tokenizer = Tokenizer::new();
    let mut tokens = TokenBuffer::default();
    members
        .map(|member| {
            let text = texts.get(member.document).filter(|_| usable(member))?;
            let own = text.get(member.span.range())?;
            tokenizer.tokenize(own, &mut tokens);
            (tokens.len() == member.tokens.len() as usize).then(|| row(member, own, &tokens, &cuts))
        })
        .collect()
}

/// Whether the operations cover the canonical passage and the member without a gap.
fn is_complete(member: &PassageMember, canonical: TokenRange) -> bool {
    let (mut at, mut own) = (canonical.start, member.tokens.start);
    for step in &member.operations {
        let equal =
            step.kind != OperationKind::Equal || step.canonical_tokens.len() == step.tokens.len();
        if step.canonical_tokens.start != at || step.tokens.start != own || !equal {
            return false;
        }
        (at, own) = (step.canonical_tokens.end, step.tokens.end);
    }
    at == canonical.end && own == member.tokens.end
}

fn row(member: &PassageMember, own: &str, tokens: &TokenBuffer, cuts: &[u32]) -> Vec<Entry> {
    let base = member.tokens.start;
    let mut counter = Counter::new(own);
    let mut last = 0;
    let mut entry = |kind: u8, stretches: u32, range: TokenRange| {
        let range = TokenRange::new(range.start - base, range.end - base);
        let (start, end) = match tokens.hull(range) {
            Some(span) => (counter.units(span.start), counter.units(span.end)),
            None => (last, last),
        };
        let lead = i64::from(start) - i64::from(last);
        last = end;
        Entry(kind, stretches, lead, end.saturating_sub(start))
    };
    let mut row = Vec::with_capacity(member.operations.len());
    for step in &member.operations {
        let canonical = step.canonical_tokens;
        let first = cuts.partition_point(|&cut| cut < canonical.start);
        let end = cuts.partition_point(|&cut| cut < canonical.end);
        let inside = &cuts[first..(end + 1).min(cuts.len())];
        if step.kind == OperationKind::Equal {
            for ends in inside.windows(2) {
                let own = |cut: u32| step.tokens.start + (cut - canonical.start);
                row.push(entry(kind_of(step.kind), 1, TokenRange::new(own(ends[0]), own(ends[1]))));
            }
        } else {
            row.push(entry(kind_of(step.kind), (end - first) as u32, step.tokens));
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, Doublet};

    /// What each member's row says, as kind, stretches and words.
    fn shown(documents: &[Document]) -> Vec<Vec<(u8, u32, String)>> {
        let report = Doublet::new().find(documents).expect("it runs");
        let passage = &report.passages[0];
        let rows = rows(passage, passage.members.iter(), Texts::Documents(documents));
        let words = |(member, row): (&PassageMember, Option<Vec<Entry>>)| {
            let own = &documents[member.document.index()].text[member.span.range()];
            let units: Vec<u16> = own.encode_utf16().collect();
            let mut at = 0;
            row.expect("a row")
                .into_iter()
                .map(|Entry(kind, stretches, lead, length)| {
                    let start = (at + lead) as usize;
                    at = start as i64 + i64::from(length);
                    let words = String::from_utf16(&units[start..at as usize]);
                    (kind, stretches, words.expect("whole characters"))
                })
                .collect()
        };
        passage.members.iter().zip(rows).map(words).collect()
    }

    #[test]
    fn stretches_are_cut_where_any_member_changes() {
        let documents = [
            "Alpha: we are not building any new 🚢 harbour walls in this decade, said the mayor",
            "Beta! We aren’t building any new 🚢 harbour walls in this decade, said the mayor.",
            "Gamma? we are not building any old 🚢 harbour walls in this very decade, said the mayor",
        ]
        .map(|text| Document::new(&text[..4], text));
        let rows = shown(&documents);
        assert_eq!(rows.len(), 3);
        for row in &rows {
            let stretches: u32 = row.iter().map(|entry| entry.1).sum();
            assert_eq!(stretches, rows[0].iter().map(|entry| entry.1).sum::<u32>());
            // Equal operations are in single stretches, insertions in none.
            assert!(row.iter().all(|entry| entry.0 != 0 || entry.1 == 1));
        }
        let has = |row: usize, kind: u8, words: &str| {
            rows[row].iter().any(|entry| entry.0 == kind && entry.2 == words)
        };
        assert!(has(1, 1, "aren’t") && has(0, 0, "are not"), "{rows:?}");
        assert!(has(2, 3, "old") && has(1, 0, "new"), "{rows:?}");
        assert!(has(2, 4, "very"), "{rows:?}");
    }

    #[test]
    fn reports_of_other_texts_have_no_rows() {
        let texts = [
            "One: the harbour is closed to all vessels until further notice",
            "Two: the \
                     harbour is closed to all vessels until further notice",
        ];
        let documents = texts.map(|text| Document::new("x", text));
        let report = Doublet::new().find(&documents).expect("it runs");
        let passage = &report.passages[0];
        let of = |texts| rows(passage, passage.members.iter(), texts);
        assert!(of(Texts::Documents(&documents)).iter().all(Option::is_some));
        assert!(of(Texts::Documents(&[])).iter().all(Option::is_none));
        let other = [Document::new("x", "a, b, c"), Document::new("y", "…")];
        assert!(of(Texts::Documents(&other)).iter().all(Option::is_none));
        let mut broken = passage.clone();
        broken.members[1].operations.clear();
        let rows = rows(&broken, broken.members.iter(), Texts::Documents(&documents));
        assert!(rows[0].is_some() && rows[1].is_none());
    }
}
