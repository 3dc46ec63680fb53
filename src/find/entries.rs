//! The documents of a report, and the groups that they belong to.

use std::collections::HashMap;

use crate::document::Document;
use crate::report::model::{DocumentEntry, Group};

/// Name of the group of documents that have neither group nor source.
const NO_GROUP: &str = "documents";

/// What reports hold of documents, in their order.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) documents: Vec<DocumentEntry>,
    /// In order of first appearance.
    pub(super) groups: Vec<Group>,
    numbers: HashMap<(String, bool), u32>,
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.documents.len()
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.documents.reserve(more);
    }

    /// Takes the next document, whose text has so many bytes and tokens and this hash.
    pub(super) fn push(
        &mut self,
        document: Document,
        reference: bool,
        (bytes, tokens): (u32, u32),
        hash: u128,
    ) {
        let Document { name, text: _, group, date, metadata, origin } = document;
        let source = origin.as_ref().map(|origin| origin.source.as_str());
        let number = self.number(group.as_deref().or(source).unwrap_or(NO_GROUP), reference);
        let group = &mut self.groups[number as usize];
        group.documents += 1;
        group.bytes += u64::from(bytes);
        group.tokens += u64::from(tokens);
        self.documents.push(DocumentEntry {
            name,
            reference,
            group: number,
            date,
            origin,
            bytes,
            tokens,
            content_hash: format!("{hash:032x}"),
            metadata,
        });
    }

    /// The number of a group; what belongs to a reference is told apart.
    fn number(&mut self, name: &str, reference: bool) -> u32 {
        // Most documents belong where the one before does.
        let last = self.documents.last().map(|document| document.group);
        let is_own = |group: &Group| group.name == name && group.reference == reference;
        if let Some(last) = last.filter(|&last| is_own(&self.groups[last as usize])) {
            return last;
        }
        let next = self.groups.len() as u32;
        let number = *self.numbers.entry((name.to_owned(), reference)).or_insert(next);
        if number == next {
            self.groups.push(Group { name: name.to_owned(), reference, ..Group::default() });
        }
        number
    }
}

/// What an entry takes of a document.
pub(super) fn without_text(document: &Document) -> Document {
    let Document { name, text: _, group, date, metadata, origin } = document;
    Document {
        name: name.clone(),
        text: String::new(),
        group: group.clone(),
        date: date.clone(),
        metadata: metadata.clone(),
        origin: origin.clone(),
    }
}
