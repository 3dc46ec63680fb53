//! What the general way needs to know of a character, looked up instead of worked out.
//!
//! An [`Entry`] holds a character's class and, for nearly all characters, its *quick form*: the
//! normal form that it has wherever it stands, so that a word's normal form is its characters'
//! quick forms side by side. By the quick check of UAX #15 that is so when all characters of the
//! form have the property `NFKC_QC` = Yes and no mark comes before one of a lower combining class;
//! the latter depends on the neighbour, so an entry also holds the combining classes at both ends
//! of the form. Characters of dense scripts say whether they join the grapheme before them.
//!
//! Entries come in pages of 128 characters, made when one of them is first seen; the large blocks
//! of ideographs and Hangul syllables need none. Cost: some 0.1 ms and 1.5 kB a page once, about
//! a nanosecond a look-up.
//!
//! Source: Unicode Standard Annexes 15 (quick check) and 29 (grapheme cluster boundaries).

use std::sync::OnceLock;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use unicode_segmentation::UnicodeSegmentation;

use super::normalize::Normalizer;
use super::script::{Class, class_of};

/// Longest quick form that an entry holds, in bytes.
const MAX_FORM: usize = 6;
/// Bytes in which it stands: as many as are copied at once.
pub(super) const FORM_BYTES: usize = 8;
const PAGE: usize = 128;
/// The first two planes: all scripts of everyday use, and emoji.
const PAGES: usize = 0x2_0000 / PAGE;

/// What is known of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it does to the run that it stands in.
    pub(super) class: Class,
    /// Whether it belongs to the grapheme cluster before it.
    pub(super) joins: bool,
    /// Whether there is a digit in the quick form.
    pub(super) digits: bool,
    /// Combining class of the quick form's first character.
    pub(super) first_class: u8,
    /// Combining class of its last character.
    pub(super) last_class: u8,
    /// Bytes of the quick form; 0 if there is none.
    pub(super) len: u8,
    /// The quick form, then zeros.
    pub(super) form: [u8; FORM_BYTES],
}

impl Entry {
    const fn without_form(class: Class) -> Self {
        Self {
            class,
            joins: false,
            digits: false,
            first_class: 0,
            last_class: 0,
            len: 0,
            form: [0; FORM_BYTES],
        }
    }

    /// The entry of a character that is always its own normal form and its own grapheme.
    #[inline]
    fn constant(class: Class, c: char) -> Self {
        let mut entry = Self::without_form(class);
        entry.len = c.encode_utf8(&mut entry.form).len() as u8;
        entry
    }

    /// Whether there is a quick form.
    #[inline]
    pub(super) fn has_form(&self) -> bool {
        self.len > 0
    }

    /// Works the entry out.
    fn new(c: char, scratch: &mut Normalizer) -> Self {
        let class = class_of(c);
        let mut entry = Self::without_form(class);
        if matches!(class, Class::Separator | Class::Ignorable | Class::Apostrophe) {
            return entry;
        }
        if matches!(class, Class::Dense | Class::DenseMark | Class::Mark) {
            let clusters =
                |pieces: &[char]| pieces.iter().collect::<String>().graphemes(true).count();
            entry.joins = clusters(&['ก', c]) == 1;
            // What joins the character after it, always or if that is a consonant.
            if clusters(&[c, 'ก']) == 1 || clusters(&['क', c, 'क']) == 1 {
                return entry;
            }
        }
        let composed: String = [c].iter().copied().nfkc().collect();
        let form = scratch.normalize(c.encode_utf8(&mut [0; 4]));
        let independent =
            |form: &str| is_nfkc_quick(form.chars()) == IsNormalized::Yes && !form.is_empty();
        let (first, last) = (form.chars().next(), form.chars().next_back());
        if let (Some(first), Some(last)) = (first, last)
            && form.len() <= MAX_FORM
            && independent(&composed)
            && independent(form)
        {
            entry.digits = form.contains(char::is_numeric);
            entry.first_class = canonical_combining_class(first);
            entry.last_class = canonical_combining_class(last);
            entry.len = form.len() as u8;
            entry.form[..form.len()].copy_from_slice(form.as_bytes());
        }
        entry
    }
}

/// What is known of a character.
#[inline]
pub(super) fn lookup(c: char) -> Entry {
    match c {
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => Entry::constant(Class::Dense, c),
        '\u{ac00}'..='\u{d7a3}' => Entry::constant(Class::Letter, c),
        _ => paged(c),
    }
}

#[inline]
fn paged(c: char) -> Entry {
    static TABLE: [OnceLock<Box<[Entry]>>; PAGES] = [const { OnceLock::new() }; PAGES];
    let at = c as usize;
    match TABLE.get(at / PAGE) {
        Some(page) => page.get_or_init(|| make_page(at / PAGE))[at % PAGE],
        None => Entry::without_form(class_of(c)),
    }
}

#[cold]
fn make_page(page: usize) -> Box<[Entry]> {
    let mut scratch = Normalizer::default();
    let characters = (page * PAGE) as u32..((page + 1) * PAGE) as u32;
    // Surrogates are no characters and never looked up.
    characters
        .map(|c| {
            char::from_u32(c)
                .map_or(Entry::without_form(Class::Separator), |c| Entry::new(c, &mut scratch))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::quick_form::QuickForm;

    #[test]
    fn constant_entries_are_those_worked_out() {
        let mut scratch = Normalizer::default();
        for c in ('\u{3400}'..='\u{9fff}').chain('\u{ac00}'..='\u{d7a3}').step_by(7) {
            assert_eq!(lookup(c), Entry::new(c, &mut scratch), "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn everyday_letters_have_quick_forms() {
        for c in "éßŁøßΩΐςЖёאبكकमกาำကាលაԱẮἀあアｱﬁｆⅧ①½\u{e31}\u{940}\u{64e}".chars()
        {
            assert!(lookup(c).len > 0, "U+{:04X}", c as u32);
        }
        // What may compose with its neighbour has none.
        for c in "\u{301}\u{345}\u{3099}\u{93c}ᅡᆨ".chars() {
            assert_eq!(lookup(c).len, 0, "U+{:04X}", c as u32);
        }
    }

    /// Every character with a quick form, beside samples that move through all the others: quick
    /// forms side by side are the normal form.
    #[test]
    fn quick_forms_hold_in_any_company() {
        let known: Vec<char> = ('\u{80}'..'\u{1fff0}').filter(|&c| lookup(c).len > 0).collect();
        let mut scratch = Normalizer::default();
        let (mut compared, mut form) = (0, QuickForm::default());
        for (i, &a) in known.iter().enumerate() {
            for &b in
                known.iter().skip(i % 9_973).step_by(9_973).chain(&known[i.saturating_sub(3)..=i])
            {
                form.clear();
                for c in [a, b, 'y'] {
                    form.push(&lookup(c));
                }
                if let Some(form) = form.form() {
                    let word = String::from_iter([a, b, 'y']);
                    assert_eq!(scratch.normalize(&word).as_bytes(), form.bytes, "{word:?}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 100_000);
    }
}
