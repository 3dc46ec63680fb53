//! Where documents come from: the dates and groups that tell fixed text and first carriers.
//!
//! Cost: 16 bytes in memory a document where any has a date, 4 where any has a group.

use std::num::NonZeroU32;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::document::{Document, Timestamp};
use crate::error::Result;
use crate::spill::{SavedRuns, Sorted, Work, record};

/// Dates and groups of all documents; nothing where no document has any.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    dates: Vec<Option<Timestamp>>,
    /// Number of the group that each document says it belongs to.
    groups: Vec<Option<NonZeroU32>>,
    numbers: HashMap<String, NonZeroU32>,
}

impl Origins {
    pub(crate) fn of(documents: &[Document]) -> Self {
        let mut origins = Self::default();
        documents.iter().zip(0..).for_each(|(document, id)| origins.add(id, document));
        origins
    }

    /// Takes a document; later ones have higher numbers.
    pub(crate) fn add(&mut self, id: usize, document: &Document) {
        if let Some(date) = document.date.as_deref().and_then(Timestamp::parse) {
            self.dates.resize(id, None);
            self.dates.push(Some(date));
        }
        if let Some(group) = document.group.as_deref() {
            let next = NonZeroU32::MIN.saturating_add(self.numbers.len() as u32);
            let number = match self.numbers.get(group) {
                Some(&number) => number,
                None => *self.numbers.entry(group.to_owned()).or_insert(next),
            };
            self.groups.resize(id, None);
            self.groups.push(Some(number));
        }
    }

    pub(crate) fn date(&self, document: u32) -> Option<Timestamp> {
        self.dates.get(document as usize).copied().flatten()
    }

    pub(super) fn group(&self, document: u32) -> Option<NonZeroU32> {
        self.groups.get(document as usize).copied().flatten()
    }

    /// Writes them down.
    pub(crate) fn save(&self, work: &Work) -> Result<Option<SavedOrigins>> {
        let mut sorter = work.sorter("origins", 4);
        for document in 0..self.dates.len().max(self.groups.len()) as u32 {
            let (date, group) = (self.date(document), self.group(document));
            if date.is_some() || group.is_some() {
                sorter.push(SavedOrigin {
                    document,
                    is_dated: u8::from(date.is_some()),
                    seconds: date.map_or(0, |Timestamp(seconds)| seconds.cast_unsigned()),
                    group: group.map_or(0, NonZeroU32::get),
                })?;
            }
        }
        Ok(sorter.finish(true)?.saved().map(SavedOrigins))
    }

    /// Finds them again.
    pub(crate) fn open(work: &Work, saved: &SavedOrigins) -> Result<Self> {
        let mut origins = Self::default();
        let stored = Sorted::<SavedOrigin>::open(work, &saved.0)?;
        let mut cursor = stored.all()?;
        while let Some(saved) = cursor.next()? {
            let id = saved.document as usize;
            if saved.is_dated == 1 {
                origins.dates.resize(id, None);
                origins.dates.push(Some(Timestamp(saved.seconds.cast_signed())));
            }
            if let Some(group) = NonZeroU32::new(saved.group) {
                origins.groups.resize(id, None);
                origins.groups.push(Some(group));
            }
        }
        Ok(origins)
    }
}

record! {
    /// Date and group of a document in a file.
    SavedOrigin { document: u32, is_dated: u8, seconds: u64, group: u32 }
    key(origin) = u64::from(origin.document)
}

/// Where they lie in their work files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedOrigins(SavedRuns);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_back_from_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let work = Work::within(1 << 20, folder.path());
        let documents = [
            Document::new("a", ""),
            Document::new("b", "").dated("2020-01-02"),
            Document { group: Some("g".into()), ..Document::new("c", "") },
            Document::new("d", ""),
            Document { group: Some("h".into()), ..Document::new("e", "").dated("-5") },
        ];
        let origins = Origins::of(&documents);
        let saved = origins.save(&work).expect("room").expect("it is on disk");
        let again = Origins::open(&work, &saved).expect("as it was left");
        for id in 0..6 {
            assert_eq!(again.date(id), origins.date(id));
            assert_eq!(again.group(id), origins.group(id));
        }
        assert!(again.date(1).is_some() && again.group(2) != again.group(4));
    }
}
