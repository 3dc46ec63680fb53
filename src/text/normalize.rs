//! The normal form of a token.
//!
//! Compatibility composition (NFKC) and case folding, each applied until nothing changes, over
//! the letters, marks and digits of a token; a joining apostrophe is `'` whatever sign was typed,
//! ignorable characters are gone. Characters whose NFKC form contains separators (`½` → `1⁄2`,
//! `ﷺ` → four words) keep the letters and digits of that form, joined: where a token starts and
//! ends was decided on the original characters.
//!
//! Case folding is lower case of upper case of lower case, character by character: it makes *ß*,
//! *ẞ* and *SS* one, *ς* and *σ*, and beyond Unicode's own folding *ı* and *i*, so that a text set
//! in capitals folds like the same text in small letters.
//!
//! Cost: about 100 ns a word through the general way; characters of two UTF-8 bytes (Latin,
//! Greek, Cyrillic, Hebrew, Arabic) and the extended Latin and Greek blocks have their folded form
//! in a table of 17 kB made at first use.
//!
//! Source: Unicode Standard Annex 15 (normalisation); Unicode Standard, 3.13 (case folding).

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::script::{Class, class_of, is_apostrophe, is_ignorable};

/// Rounds after which normalisation stops even if something still changed; two suffice for every
/// string tried, the limit only bounds the time that an unforeseen one can take.
const MAX_ROUNDS: usize = 4;

/// Scratch for normal forms.
#[derive(Clone, Debug, Default)]
pub(super) struct Normalizer {
    composed: String,
    folded: String,
}

impl Normalizer {
    /// The normal form of a token's original text.
    pub(super) fn normalize(&mut self, token: &str) -> &str {
        let kept = token.chars().filter(|&c| !is_ignorable(c));
        let unified = kept.map(|c| if is_apostrophe(c) { '\'' } else { c });
        self.composed.clear();
        self.composed.extend(unified.nfkc());
        for _ in 0..MAX_ROUNDS {
            self.folded.clear();
            self.folded.extend(self.composed.chars().filter(|&c| belongs(c)).flat_map(fold));
            if self.folded == self.composed {
                break;
            }
            self.composed.clear();
            self.composed.extend(self.folded.nfkc());
        }
        &self.composed
    }
}

/// Whether a character of an NFKC form stays in the normal form.
fn belongs(c: char) -> bool {
    match class_of(c) {
        Class::Letter | Class::Digit | Class::Mark | Class::Dense | Class::DenseMark => true,
        // Only a joining apostrophe has become U+0027; other signs come out of ligatures.
        Class::Apostrophe => c == '\'',
        Class::Separator | Class::Ignorable => false,
    }
}

/// Case folding of one character.
fn fold(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Normal form of a character that is unaffected by the characters around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quick {
    /// What the character is.
    pub(super) class: Class,
    /// Bytes of the normal form; 0 where the general way is needed.
    len: u8,
    bytes: [u8; 4],
}

impl Quick {
    /// The normal form in UTF-8, if the table knows it.
    #[inline]
    pub(super) fn form(&self) -> Option<&[u8]> {
        if self.len == 0 { None } else { self.bytes.get(..self.len as usize) }
    }

    fn new(c: char, scratch: &mut Normalizer) -> Self {
        let mut quick = Self { class: class_of(c), len: 0, bytes: [0; 4] };
        if !matches!(quick.class, Class::Letter | Class::Digit) {
            return quick;
        }
        let form = scratch.normalize(c.encode_utf8(&mut [0; 4]));
        // A form that starts with a mark would combine with what stands before it.
        if form.starts_with(is_combining_mark) {
            return quick;
        }
        let form = form.as_bytes();
        if let Some(bytes) = quick.bytes.get_mut(..form.len()) {
            bytes.copy_from_slice(form);
            quick.len = form.len() as u8;
        }
        quick
    }
}

const TWO_BYTES: std::ops::Range<u32> = 0x80..0x800;
const EXTENDED: std::ops::Range<u32> = 0x1e00..0x2000;

/// The table of quick characters. No two of its letters compose with each other.
pub(super) struct QuickTable(Box<[Quick]>);

impl QuickTable {
    /// The table, made at first use.
    pub(super) fn get() -> &'static Self {
        static TABLE: LazyLock<QuickTable> = LazyLock::new(|| {
            let mut scratch = Normalizer::default();
            let characters = TWO_BYTES.chain(EXTENDED).map(|c| char::from_u32(c).unwrap_or(' '));
            QuickTable(characters.map(|c| Quick::new(c, &mut scratch)).collect())
        });
        &TABLE
    }

    /// What the table knows about a character.
    #[inline]
    pub(super) fn lookup(&self, c: char) -> Option<&Quick> {
        let c = c as u32;
        if TWO_BYTES.contains(&c) {
            self.0.get((c - TWO_BYTES.start) as usize)
        } else if EXTENDED.contains(&c) {
            self.0.get((c - EXTENDED.start + TWO_BYTES.end - TWO_BYTES.start) as usize)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(token: &str) -> String {
        Normalizer::default().normalize(token).to_owned()
    }

    #[test]
    fn known_forms() {
        for (token, expected) in [
            ("Straße", "strasse"),
            ("STRASSE", "strasse"),
            ("STRAẞE", "strasse"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("Σίσυφος", "σίσυφοσ"),
            ("ﬁnd", "find"),
            ("e\u{301}tude", "étude"),
            ("co\u{ad}op\u{200b}erate", "cooperate"),
            ("Ｆｕｌｌ", "full"),
            ("İstanbul", "i\u{307}stanbul"),
            ("ıslak", "islak"),
            ("don’t", "don't"),
            ("x²", "x2"),
            ("½", "12"),
            ("Ⅷ", "viii"),
            ("ŉ", "n"),
            ("ﷺ", "صلىاللهعليهوسلم"),
            ("ｶﾞ", "ガ"),
            ("ᾳ", "αι"),
            ("\u{212b}", "å"),
            ("한", "한"),
        ] {
            assert_eq!(form(token), expected, "{token}");
        }
    }

    #[test]
    fn every_character_reaches_a_fixed_form() {
        let mut scratch = Normalizer::default();
        for c in '\0'..=char::MAX {
            let once = scratch.normalize(c.encode_utf8(&mut [0; 4])).to_owned();
            assert_eq!(scratch.normalize(&once), once, "U+{:04X}", c as u32);
        }
    }

    /// Words of table characters alone: the table and the general way agree.
    #[test]
    fn the_table_is_right_about_every_pair_in_context() {
        let table = QuickTable::get();
        let known: Vec<char> = ('\u{80}'..'\u{2000}')
            .filter(|&c| table.lookup(c).is_some_and(|quick| quick.form().is_some()))
            .collect();
        assert!(known.len() > 1_500);
        let mut scratch = Normalizer::default();
        for (i, &a) in known.iter().enumerate() {
            // Every character beside a sample that moves through all others.
            for &b in known.iter().skip(i % 97).step_by(97) {
                let word: String = ['x', a, b, 'y'].iter().collect();
                let mut quick = vec![b'x'];
                for c in [a, b] {
                    quick.extend(table.lookup(c).and_then(Quick::form).unwrap_or_default());
                }
                quick.push(b'y');
                assert_eq!(scratch.normalize(&word).as_bytes(), quick, "{word}");
            }
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(token in "\\PC{0,12}") {
            let once = form(&token);
            prop_assert_eq!(form(&once), once);
        }

        #[test]
        fn case_does_not_matter(token in "[\\p{Latin}\\p{Greek}\\p{Cyrillic}\\p{Armenian}]{1,12}") {
            prop_assert_eq!(form(&token.to_uppercase()), form(&token));
            prop_assert_eq!(form(&token.to_lowercase()), form(&token));
        }
    }
}
