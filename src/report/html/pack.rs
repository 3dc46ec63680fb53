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

use super::texts::Texts;
use crate::document::DocId;

/// A value as base64 of deflated JSON.
pub(super) fn pack(value: &impl Serialize) -> io::Result<String> {
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut deflated, value)?;
    Ok(STANDARD.encode(deflated.finish()?))
}

/// Counts the UTF-16 code units of one text up to bytes that are asked for, mostly forwards.
pub(super) struct Counter<'t> {
    text: &'t str,
    at: usize,
    units: u32,
}

impl<'t> Counter<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, at: 0, units: 0 }
    }

    /// Code units before a byte; of bytes inside a character, those before the character. Linear
    /// in the distance from the byte that was asked for before.
    pub(super) fn units(&mut self, byte: u32) -> u32 {
        let to = floor_boundary(self.text, byte as usize);
        let between = |from: usize, to: usize| self.text.get(from..to).map_or(0, units_of);
        if to >= self.at {
            self.units += between(self.at, to);
        } else {
            self.units -= between(to, self.at);
        }
        self.at = to;
        self.units
    }
}

/// Bytes of texts as UTF-16 code units.
pub(super) struct Units {
    /// Document and byte, in order.
    places: Vec<(DocId, u32)>,
    /// The same place in code units.
    units: Vec<u32>,
}

impl Units {
    /// Counts places of documents with texts.
    pub(super) fn new(mut places: Vec<(DocId, u32)>, texts: Texts<'_>) -> Self {
        places.sort_unstable();
        places.dedup();
        let mut units = Vec::with_capacity(places.len());
        for of_one in places.chunk_by(|one, next| one.0 == next.0) {
            let mut counter = Counter::new(texts.get(of_one[0].0).unwrap_or_default());
            units.extend(of_one.iter().map(|&(_, byte)| counter.units(byte)));
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
    use crate::document::Document;

    #[test]
    fn places_are_counted_as_scripts_count() {
        let documents = [Document::new("a", "x"), Document::new("b", "é漢😀!")];
        let (a, b) = (DocId(0), DocId(1));
        let places = vec![(b, 10), (b, 2), (b, 0), (b, 5), (b, 9), (a, 1), (b, 99), (b, 6)];
        let units = Units::new(places, Texts::Documents(&documents));
        assert_eq!(units.get(a, 1), Some(1));
        let found = [0, 2, 5, 6, 9, 10, 99].map(|byte| units.get(b, byte));
        assert_eq!(found, [Some(0), Some(1), Some(2), Some(2), Some(4), Some(5), Some(5)]);
        assert_eq!(units.get(b, 1), None);
        let mut counter = Counter::new(&documents[1].text);
        assert_eq!([9, 2, 5, 0, 10].map(|byte| counter.units(byte)), [4, 1, 2, 0, 5]);
    }
}
