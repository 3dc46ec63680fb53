//! Blocks of data as the page holds them, and places in UTF-16.
//!
//! Idea: a block is JSON, deflated (zlib), in base64, whose alphabet cannot end an element. Browsers
//! unpack it with `DecompressionStream`. Strings of scripts are UTF-16, so places are sent in its
//! code units: counted in one pass over each text, for all places at once.
//!
//! Cost: linear in the data; a sort of the places.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;

use crate::document::{DocId, Document};

/// A value as base64 of deflated JSON.
pub(super) fn pack(value: &impl Serialize) -> io::Result<String> {
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut deflated, value)?;
    Ok(STANDARD.encode(deflated.finish()?))
}

/// Bytes of texts as UTF-16 code units.
pub(super) struct Units {
    /// Document and byte, in order.
    places: Vec<(DocId, u32)>,
    /// The same place in code units.
    units: Vec<u32>,
}

impl Units {
    /// Counts places of these documents.
    pub(super) fn new(mut places: Vec<(DocId, u32)>, documents: &[Document]) -> Self {
        places.sort_unstable();
        places.dedup();
        let mut units = Vec::with_capacity(places.len());
        let mut current = None;
        let (mut at, mut count) = (0, 0);
        for &(document, byte) in &places {
            if current != Some(document) {
                current = Some(document);
                (at, count) = (0, 0);
            }
            let text = documents.get(document.index()).map_or("", |document| &document.text);
            let to = floor_boundary(text, byte as usize);
            count += text.get(at..to).map_or(0, units_of);
            at = to;
            units.push(count);
        }
        Self { places, units }
    }

    /// A place in code units, if it was counted.
    pub(super) fn get(&self, document: DocId, byte: u32) -> Option<u32> {
        let found = self.places.binary_search(&(document, byte)).ok()?;
        self.units.get(found).copied()
    }
}

fn units_of(text: &str) -> u32 {
    text.encode_utf16().count() as u32
}

/// The last boundary of characters up to a byte; of a foreign report it may not be one itself.
fn floor_boundary(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    (0..=byte).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_scripts_count() {
        let documents = [Document::new("a", "x"), Document::new("b", "é漢😀!")];
        let (a, b) = (DocId(0), DocId(1));
        let places = vec![(b, 10), (b, 2), (b, 0), (b, 5), (b, 9), (a, 1), (b, 99), (b, 6)];
        let units = Units::new(places, &documents);
        assert_eq!(units.get(a, 1), Some(1));
        let found = [0, 2, 5, 6, 9, 10, 99].map(|byte| units.get(b, byte));
        assert_eq!(found, [Some(0), Some(1), Some(2), Some(2), Some(4), Some(5), Some(5)]);
        assert_eq!(units.get(b, 1), None);
    }
}
