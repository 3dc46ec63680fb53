//! Keep policies: which version of a document represents the others.
//!
//! Idea: each policy gives every document a key; sorted once, the keys become ranks, and from
//! there on "better" is "smaller". What lacks a key (no date, no such field, a field that cannot
//! be read) comes last; ties go to the lowest id.
//!
//! Cost: one sort of the documents.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use crate::config::Keep;
use crate::document::{Document, FieldValue, Timestamp};

/// Rank of each document under a policy, by id: 0 is the one to keep first; all are different.
///
/// `tokens` are their numbers of tokens, by id. `parse_date` reads dates as they are written
/// ([`Timestamp`]); a field that it cannot read is compared as text, after all that it can.
/// Numbers in a date field are seconds.
///
/// ```
/// use doublet::cluster::keep_ranks;
/// use doublet::{Document, Keep, Timestamp};
/// let documents = [
///     Document::new("a", "…").dated("30"),
///     Document::new("b", "…"),
///     Document::new("c", "…").dated("70"),
/// ];
/// let seconds = |text: &str| text.parse().ok().map(Timestamp);
/// assert_eq!(keep_ranks(&Keep::Newest(None), &documents, &[5, 9, 5], seconds), [1, 2, 0]);
/// assert_eq!(keep_ranks(&Keep::Longest, &documents, &[5, 9, 5], seconds), [1, 0, 2]);
/// ```
pub fn keep_ranks(
    policy: &Keep,
    documents: &[Document],
    tokens: &[u32],
    parse_date: impl Fn(&str) -> Option<Timestamp>,
) -> Vec<u32> {
    let mut keys = KeepKeys::new(policy);
    documents.iter().for_each(|document| keys.push(document, &parse_date));
    keys.ranks(documents.len(), |id| tokens.get(id).copied().unwrap_or(0), 0)
}

/// What a policy compares of the documents seen so far: nothing for `longest` and `first`, 4 to
/// 24 bytes a document (and texts that are no dates) for the others.
pub(crate) struct KeepKeys {
    policy: Keep,
    keys: Vec<Key>,
    sources: Vec<u32>,
    /// Number of each source, in order of first appearance; documents made in memory are one.
    numbers: BTreeMap<Option<String>, u32>,
}

impl KeepKeys {
    pub(crate) fn new(policy: &Keep) -> Self {
        let (keys, sources, numbers) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { policy: policy.clone(), keys, sources, numbers }
    }

    /// Takes the next document.
    pub(crate) fn push(
        &mut self,
        document: &Document,
        parse_date: impl Fn(&str) -> Option<Timestamp>,
    ) {
        match &self.policy {
            Keep::Longest | Keep::First => {}
            Keep::Newest(field) | Keep::Oldest(field) => {
                self.keys.push(date_key(document, field.as_deref(), &parse_date));
            }
            Keep::Max(field) => self.keys.push(Key::number(document.metadata.get(field))),
            Keep::SourceOrder => {
                let source = document.origin.as_ref().map(|origin| origin.source.clone());
                let next = self.numbers.len() as u32;
                self.sources.push(*self.numbers.entry(source).or_insert(next));
            }
        }
    }

    /// Ranks of so many documents, which were all pushed, by id. The first `protected` come before
    /// all others.
    pub(crate) fn ranks(
        &self,
        documents: usize,
        tokens: impl Fn(usize) -> u32,
        protected: usize,
    ) -> Vec<u32> {
        let keys = &self.keys;
        let length = |id: usize| Reverse(tokens(id));
        let by_policy = |a: usize, b: usize| match &self.policy {
            Keep::Longest => length(a).cmp(&length(b)),
            Keep::First => Ordering::Equal,
            Keep::Newest(_) | Keep::Max(_) => {
                keys[a].missing_last(&keys[b], Key::order(&keys[b], &keys[a]))
            }
            Keep::Oldest(_) => keys[a].missing_last(&keys[b], Key::order(&keys[a], &keys[b])),
            Keep::SourceOrder => (self.sources[a], length(a)).cmp(&(self.sources[b], length(b))),
        };
        let late = |id: usize| id >= protected;
        ranks(documents, |a, b| late(a).cmp(&late(b)).then_with(|| by_policy(a, b)))
    }
}

/// The same order with the first `protected` documents before all others.
///
/// ```
/// use doublet::cluster::protected_first;
/// assert_eq!(protected_first(&[2, 3, 0, 1], 2), [0, 1, 2, 3]);
/// ```
#[must_use]
pub fn protected_first(ranks: &[u32], protected: usize) -> Vec<u32> {
    self::ranks(ranks.len(), |a, b| (a >= protected, ranks[a]).cmp(&(b >= protected, ranks[b])))
}

/// What a policy compares.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    Number(f64),
    Integer(i64),
    Text(Box<str>),
    Missing,
}

impl Key {
    fn number(value: Option<&FieldValue>) -> Self {
        match value {
            Some(FieldValue::Integer(number)) => Self::Integer(*number),
            Some(FieldValue::Float(number)) if !number.is_nan() => Self::Number(*number),
            Some(FieldValue::Text(text)) => match text.trim().parse::<f64>() {
                Ok(number) if !number.is_nan() => Self::Number(number),
                _ => Self::Missing,
            },
            _ => Self::Missing,
        }
    }

    /// Numbers by size, texts by code points.
    fn order(a: &Self, b: &Self) -> Ordering {
        match (a, b) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => a.size().total_cmp(&b.size()),
        }
    }

    fn size(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Integer(number) => *number as f64,
            Self::Text(_) | Self::Missing => 0.0,
        }
    }

    /// `order` among keys of one kind; else numbers, then texts, then nothing, in any direction.
    fn missing_last(&self, other: &Self, order: Ordering) -> Ordering {
        let kind = |key: &Self| match key {
            Self::Number(_) | Self::Integer(_) => 0,
            Self::Text(_) => 1,
            Self::Missing => 2,
        };
        kind(self).cmp(&kind(other)).then(order)
    }
}

/// The key of a date: of the document's, or of a field.
fn date_key(
    document: &Document,
    field: Option<&str>,
    parse_date: &impl Fn(&str) -> Option<Timestamp>,
) -> Key {
    let of_text = |text: &str| match parse_date(text) {
        Some(Timestamp(seconds)) => Key::Integer(seconds),
        None => Key::Text(text.into()),
    };
    match field {
        None => document.date.as_deref().map_or(Key::Missing, of_text),
        Some(field) => match document.metadata.get(field) {
            Some(FieldValue::Text(text)) => of_text(text),
            value => Key::number(value),
        },
    }
}

/// Ranks by a comparison of ids, ties by id.
fn ranks(len: usize, compare: impl Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut order: Vec<u32> = (0..len as u32).collect();
    order.sort_unstable_by(|&a, &b| compare(a as usize, b as usize).then(a.cmp(&b)));
    let mut ranks = vec![0; len];
    for (rank, id) in (0..).zip(order) {
        ranks[id as usize] = rank;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Origin;

    fn seconds(text: &str) -> Option<Timestamp> {
        text.strip_prefix('@')?.parse().ok().map(Timestamp)
    }

    fn order(policy: &Keep, documents: &[Document], tokens: &[u32]) -> Vec<usize> {
        let ranks = keep_ranks(policy, documents, tokens, seconds);
        let mut order: Vec<usize> = (0..documents.len()).collect();
        order.sort_by_key(|&id| ranks[id]);
        order
    }

    fn with_field(values: &[Option<FieldValue>]) -> Vec<Document> {
        let document = |value: &Option<FieldValue>| {
            let mut document = Document::new("d", "…");
            document.metadata.extend(value.clone().map(|value| ("field".to_owned(), value)));
            document
        };
        values.iter().map(document).collect()
    }

    #[test]
    fn longest_and_first() {
        let documents = vec![Document::default(); 4];
        assert_eq!(order(&Keep::Longest, &documents, &[3, 7, 7, 1]), [1, 2, 0, 3]);
        assert_eq!(order(&Keep::First, &documents, &[3, 7, 7, 1]), [0, 1, 2, 3]);
    }

    #[test]
    fn dates_in_both_directions_with_the_unknown_last() {
        let documents: Vec<Document> = ["@5", "", "@9", "soon", "@5"]
            .iter()
            .map(|date| {
                let document = Document::new("d", "…");
                if date.is_empty() { document } else { document.dated(*date) }
            })
            .collect();
        assert_eq!(order(&Keep::Newest(None), &documents, &[1; 5]), [2, 0, 4, 3, 1]);
        assert_eq!(order(&Keep::Oldest(None), &documents, &[1; 5]), [0, 4, 2, 3, 1]);
    }

    #[test]
    fn fields_hold_dates_seconds_or_text() {
        let field = || Some("field".to_owned());
        let documents = with_field(&[
            Some(FieldValue::Integer(7)),
            Some(FieldValue::Text("@8".to_owned())),
            Some(FieldValue::Float(7.5)),
            None,
            Some(FieldValue::Bool(true)),
        ]);
        assert_eq!(order(&Keep::Newest(field()), &documents, &[1; 5]), [1, 2, 0, 3, 4]);
        let versions = with_field(&["b", "c", "a"].map(|v| Some(FieldValue::Text(v.to_owned()))));
        assert_eq!(order(&Keep::Newest(field()), &versions, &[1; 3]), [1, 0, 2]);
        assert_eq!(order(&Keep::Oldest(field()), &versions, &[1; 3]), [2, 0, 1]);
    }

    #[test]
    fn the_largest_number_may_be_written_as_text() {
        let documents = with_field(&[
            Some(FieldValue::Integer(10)),
            Some(FieldValue::Text("high".to_owned())),
            Some(FieldValue::Text(" 12.5".to_owned())),
            Some(FieldValue::Float(f64::NAN)),
            Some(FieldValue::Float(-1.0)),
        ]);
        assert_eq!(order(&Keep::Max("field".to_owned()), &documents, &[1; 5]), [2, 0, 4, 1, 3]);
    }

    #[test]
    fn sources_in_order_of_appearance_and_the_longest_of_each() {
        let documents: Vec<Document> = ["new", "old", "new", "old"]
            .iter()
            .map(|source| {
                let mut document = Document::new("d", "…");
                document.origin = Some(Origin {
                    source: (*source).to_owned(),
                    path: String::new(),
                    line: None,
                    encoding: None,
                });
                document
            })
            .collect();
        assert_eq!(order(&Keep::SourceOrder, &documents, &[1, 9, 4, 5]), [2, 0, 1, 3]);
    }
}
