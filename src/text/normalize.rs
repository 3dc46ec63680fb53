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
//! in capitals folds like the same text in small letters. One letter does not: the deprecated *ŉ*
//! (U+0149), whose capital is an apostrophe and *N*, loses its apostrophe where the capital inside
//! a word keeps it.
//!
//! Cost: some 100 ns a character; [`table`](super::table) spares most words this.
//!
//! Source: Unicode Standard Annex 15 (normalisation); Unicode Standard, 3.13 (case folding).

use unicode_normalization::UnicodeNormalization;

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

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(token in "\\PC{0,12}") {
            let once = form(&token);
            prop_assert_eq!(form(&once), once);
        }

        #[test]
        fn case_does_not_matter(token in "[\\p{Latin}\\p{Greek}\\p{Cyrillic}\\p{Armenian}]{1,12}") {
            // The one exception, named in the header.
            prop_assume!(!token.contains('ŉ'));
            prop_assert_eq!(form(&token.to_uppercase()), form(&token));
            prop_assert_eq!(form(&token.to_lowercase()), form(&token));
        }
    }
}
