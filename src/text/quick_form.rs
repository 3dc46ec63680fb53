//! The normal form of a word or grapheme, put together from its characters' quick forms.
//!
//! Most words never need more: as long as every character has a quick form
//! ([`table`](super::table)) and no mark comes before one of a lower combining class, their forms
//! side by side are the normal form. Each is written as eight bytes, of which the next one
//! overwrites what was too many, so that nothing depends on its length.
//!
//! Cost: a copy of eight bytes a character; nothing is allocated once a long word was seen.

use super::TokenHash;
use super::table::{Entry, FORM_BYTES};
use crate::hash;

/// Bytes of a form that is hashed as one block.
const BLOCK: usize = 16;

/// A normal form and what is known of it when it is hashed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form<'f> {
    /// UTF-8.
    pub(super) bytes: &'f [u8],
    /// The bytes, filled up with zeros, if there are at most 16.
    block: Option<u128>,
    /// Whether there is a digit.
    digits: bool,
}

impl<'f> Form<'f> {
    /// A form of which nothing is known.
    pub(super) fn new(bytes: &'f [u8]) -> Self {
        Self { bytes, block: None, digits: hash::has_digits(bytes) }
    }

    /// The token of this form.
    #[inline]
    pub(super) fn hash(self, dense: bool) -> TokenHash {
        let hash = match self.block {
            Some(block) => hash::block_hash(block, self.digits),
            None => hash::form_hash(self.bytes, self.digits),
        };
        TokenHash::from_hash(hash, dense)
    }
}

/// A form that grows.
#[derive(Clone, Debug, Default)]
pub(super) struct QuickForm {
    /// The form's bytes, then rubbish.
    bytes: Vec<u8>,
    len: usize,
    digits: bool,
    /// Combining class of the last character.
    last_class: u8,
    /// Only normalisation can tell the form.
    failed: bool,
}

impl QuickForm {
    /// Makes it empty.
    #[inline]
    pub(super) fn clear(&mut self) {
        (self.len, self.digits, self.last_class, self.failed) = (0, false, 0, false);
    }

    /// Whether all characters so far had quick forms that go together.
    #[inline]
    pub(super) fn holds(&self) -> bool {
        !self.failed
    }

    /// Appends a letter in lower case, a digit or an apostrophe.
    #[inline]
    pub(super) fn push_ascii(&mut self, byte: u8) {
        self.digits |= byte.is_ascii_digit();
        self.last_class = 0;
        self.write([byte; FORM_BYTES], 1);
    }

    /// Appends a character's quick form.
    #[inline]
    pub(super) fn push(&mut self, entry: &Entry) {
        self.failed |=
            !entry.has_form() || entry.first_class != 0 && entry.first_class < self.last_class;
        self.digits |= entry.digits;
        self.last_class = entry.last_class;
        self.write(entry.form, entry.len as usize);
    }

    /// Appends the first `len` of some bytes.
    #[inline]
    fn write(&mut self, bytes: [u8; FORM_BYTES], len: usize) {
        if self.bytes.len() < self.len + BLOCK {
            self.bytes.resize(2 * (self.len + BLOCK), 0);
        }
        if let Some(rest) = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            *rest = bytes;
            self.len += len;
        }
    }

    /// The form, if it [`holds`](Self::holds).
    #[inline]
    pub(super) fn form(&self) -> Option<Form<'_>> {
        let bytes = self.bytes.get(..self.len).filter(|_| !self.failed)?;
        let block = self.bytes.first_chunk().filter(|_| self.len <= BLOCK);
        let block = block.map(|&block| hash::first_bytes(u128::from_le_bytes(block), self.len));
        let block = block.map(|(low, high)| u128::from(low) | u128::from(high) << 64);
        Some(Form { bytes, block, digits: self.digits })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::table::lookup;

    proptest! {
        /// What is known of a form is what would be found out.
        #[test]
        fn forms_are_hashed_as_their_bytes(
            words in proptest::collection::vec("[a-z0-9éжЯ漢²Ⅷﬁ\u{301}ᾳ한𝟙']{0,24}", 1..4),
        ) {
            let mut form = QuickForm::default();
            for word in words {
                form.clear();
                for c in word.chars() {
                    match u8::try_from(c) {
                        Ok(byte) if c.is_ascii() => form.push_ascii(byte),
                        _ => form.push(&lookup(c)),
                    }
                }
                let entries = || word.chars().filter(|c| !c.is_ascii()).map(lookup);
                let Some(form) = form.form() else {
                    prop_assert!(entries().any(|entry| !entry.has_form() || entry.first_class > 0));
                    continue;
                };
                for dense in [false, true] {
                    prop_assert_eq!(form.hash(dense), TokenHash::of(form.bytes, dense));
                }
            }
        }
    }
}
