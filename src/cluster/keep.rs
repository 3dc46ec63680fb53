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
    let length = |id: usize| Reverse(tokens.get(id).copied().unwrap_or(0));
    let keys = |field: &Option<String>| -> Vec<Key> {
        documents.iter().map(|document| date_key(document, field.as_deref(), &parse_date)).collect()
    };
    match policy {
        Keep::Longest => ranks(documents.len(), |a, b| length(a).cmp(&length(b))),
        Keep::First => ranks(documents.len(), |_, _| Ordering::Equal),
        Keep::Newest(field) => {
            let keys = keys(field);
            ranks(keys.len(), |a, b| keys[a].missing_last(&keys[b], Key::order(&keys[b], &keys[a])))
        }
        Keep::Oldest(field) => {
            let keys = keys(field);
            ranks(keys.len(), |a, b| keys[a].missing_last(&keys[b], Key::order(&keys[a], &keys[b])))
        }
        Keep::Max(field) => {
            let keys: Vec<Key> = documents
                .iter()
                .map(|document| Key::number(document.metadata.get(field)))
                .collect();
            ranks(keys.len(), |a, b| keys[a].missing_last(&keys[b], Key::order(&keys[b], &keys[a])))
        }
        Keep::SourceOrder => {
            let sources = source_order(documents);
            ranks(sources.len(), |a, b| (sources[a], length(a)).cmp(&(sources[b], length(b))))
        }
    }
}

/// What a policy compares.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    Number(f64),
    Integer(i64),
    Text(String),
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
        None => Key::Text(text.to_owned()),
    };
    match field {
        None => document.date.as_deref().map_or(Key::Missing, of_text),
        Some(field) => match document.metadata.get(field) {
            Some(FieldValue::Text(text)) => of_text(text),
            value => Key::number(value),
        },
    }
}

/// Number of each document's source, in order of first appearance; documents made in memory are
/// one source.
fn source_order(documents: &[Document]) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    documents
        .iter()
        .map(|document| {
            let source = document.origin.as_ref().map(|origin| origin.source.as_str());
            let next = numbers.len();
            *numbers.entry(source).or_insert(next)
        })
        .collect()
}

/// Ranks by a comparison of ids, ties by id.
fn ranks(len: usize, compare: impl Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|&a, &b| compare(a, b));
    let mut ranks = vec![0; len];
    for (rank, id) in (0..).zip(order) {
        ranks[id] = rank;
    }
    ranks
}
