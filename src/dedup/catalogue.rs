//! Names and places of all documents, for finding them again.
//!
//! Cost: 8 bytes a document in memory; its name and 12 bytes in a row.

use serde::{Deserialize, Serialize};

use super::record::Place;
use crate::document::{DocId, Document};
use crate::documents::store::Lengths;
use crate::error::Result;
use crate::pairing::Pairing;
use crate::source::RecordPlace;
use crate::spill::{Rows, SavedRuns, Sorted, Work, record};

/// Bytes before the name in a row of the catalogue: file and record.
const NAME_HEAD: usize = 12;

/// Names and places of all documents.
pub(super) struct Catalogue {
    pub(super) names: Rows,
    pub(super) lengths: Lengths,
    /// Bytes of each document's text.
    pub(super) bytes: Vec<u32>,
    /// Path of each file, by its number.
    pub(super) files: Vec<String>,
    /// How many documents, the first ones, stay: those of a reference, then those that protect.
    pub(super) ahead: usize,
    /// How many of those are of a reference, where there is one.
    pub(super) reference: Option<usize>,
}

impl Catalogue {
    pub(super) fn new(work: &Work) -> Self {
        Self {
            names: work.rows("names", 5),
            lengths: Lengths::default(),
            bytes: Vec::new(),
            files: Vec::new(),
            ahead: 0,
            reference: None,
        }
    }

    /// What is compared with what.
    pub(super) fn pairing(&self) -> Pairing {
        self.reference.map_or(Pairing::Everything, |reference| Pairing::Against {
            reference: reference as u32,
        })
    }

    /// Takes the next document.
    pub(super) fn add(&mut self, document: &Document, file: u32, record: u64) -> Result<()> {
        let mut row = Vec::with_capacity(NAME_HEAD + document.name.len());
        row.extend_from_slice(&file.to_le_bytes());
        row.extend_from_slice(&record.to_le_bytes());
        row.extend_from_slice(document.name.as_bytes());
        let place = self.names.append(&row)?;
        self.lengths.push(place, row.len() as u32);
        self.bytes.push(document.text.len() as u32);
        let file = file as usize;
        if self.files.len() <= file {
            self.files.resize(file + 1, String::new());
        }
        if let (Some(origin), true) = (&document.origin, self.files[file].is_empty()) {
            self.files[file].clone_from(&origin.path);
        }
        Ok(())
    }
}

record! {
    /// What the catalogue and the keep policy know of a document.
    SavedPlace { document: u32, length: u32, bytes: u32, rank: u32 }
    key(place) = u64::from(place.document)
}

/// Where the catalogue lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedCatalogue {
    names_end: u64,
    places: SavedRuns,
    files: Vec<String>,
    ahead: usize,
    reference: Option<usize>,
}

impl Catalogue {
    /// Writes down what is in memory.
    pub(super) fn save(&self, work: &Work, ranks: &[u32]) -> Result<Option<SavedCatalogue>> {
        let mut places = work.sorter("catalogue", 4);
        for (id, &bytes) in (0..).zip(&self.bytes) {
            let rank = ranks.get(id as usize).copied().unwrap_or_default();
            let length = self.lengths.find(DocId(id), 1).1 as u32;
            places.push(SavedPlace { document: id, length, bytes, rank })?;
        }
        let places = places.finish(true)?;
        Ok(places.saved().map(|places| SavedCatalogue {
            names_end: self.names.end(),
            places,
            files: self.files.clone(),
            ahead: self.ahead,
            reference: self.reference,
        }))
    }

    /// Finds it again, with the ranks of all documents.
    pub(super) fn open(work: &Work, saved: &SavedCatalogue) -> Result<(Self, Vec<u32>)> {
        let places = Sorted::<SavedPlace>::open(work, &saved.places)?;
        let (mut lengths, mut bytes, mut ranks) = (Vec::new(), Vec::new(), Vec::new());
        let mut cursor = places.all()?;
        while let Some(place) = cursor.next()? {
            lengths.push(place.length);
            bytes.push(place.bytes);
            ranks.push(place.rank);
        }
        let catalogue = Self {
            names: Rows::open(work, "names", saved.names_end)?,
            lengths: Lengths::of_lengths(lengths.into_iter(), 1),
            bytes,
            files: saved.files.clone(),
            ahead: saved.ahead,
            reference: saved.reference,
        };
        Ok((catalogue, ranks))
    }
}

impl Catalogue {
    /// Where a document stands.
    pub(super) fn place(&self, id: DocId, scratch: &mut Vec<u8>) -> Result<RecordPlace> {
        let (place, length) = self.lengths.find(id, 1);
        self.names.with(place, length, scratch, place_of)
    }

    /// Name and place of a document, for people.
    pub(super) fn known<'a>(&'a self, id: DocId, scratch: &'a mut Vec<u8>) -> Result<Place<'a>> {
        let (place, length) = self.lengths.find(id, 1);
        let row = self.names.with(place, length, &mut Vec::new(), <[u8]>::to_vec)?;
        *scratch = row;
        let RecordPlace { file, record } = place_of(scratch);
        Ok(Place {
            id: id.0,
            name: std::str::from_utf8(&scratch[NAME_HEAD..]).unwrap_or_default(),
            path: self.files.get(file as usize).map(String::as_str),
            line: (record > 0).then_some(record),
        })
    }
}

fn place_of(row: &[u8]) -> RecordPlace {
    let mut row = row;
    let file = crate::spill::Fields::get(&mut row);
    RecordPlace { file, record: crate::spill::Fields::get(&mut row) }
}
