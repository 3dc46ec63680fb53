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
    numbers: HashMap<String, u32>,
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.documents.len()
    }

    /// Takes the next document, whose text has so many bytes and tokens and this hash.
    pub(super) fn push(&mut self, document: Document, bytes: u32, tokens: u32, hash: u128) {
        let Document { name, text: _, group, date, metadata, origin } = document;
        let source = origin.as_ref().map(|origin| origin.source.as_str());
        let number = self.number(group.as_deref().or(source).unwrap_or(NO_GROUP));
        let group = &mut self.groups[number as usize];
        group.documents += 1;
        group.bytes += u64::from(bytes);
        group.tokens += u64::from(tokens);
        self.documents.push(DocumentEntry {
            name,
            group: number,
            date,
            origin,
            bytes,
            tokens,
            content_hash: format!("{hash:032x}"),
            metadata,
        });
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.groups.len() as u32;
        self.groups.push(Group { name: name.to_owned(), ..Group::default() });
        self.numbers.insert(name.to_owned(), number);
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
