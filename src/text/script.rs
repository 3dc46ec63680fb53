//! What a character is to the tokeniser.
//!
//! Everything the tokeniser decides, it decides on the class of the original characters, so that
//! spans never depend on what normalisation makes of them. Three lists are this project's own:
//!
//! - **Dense** characters belong to scripts without spaces and become one token a grapheme. They
//!   are the letters that Unicode's word segmentation (UAX #29) leaves out of its alphabetic
//!   class: ideographs, kana, and the scripts of line-breaking class SA (Thai, Lao, Khmer,
//!   Myanmar, the Tai scripts, Ahom); and Bopomofo, which stands among ideographs. Digits of
//!   these scripts are digits. Tibetan is no dense script: its tsheg splits a line into syllables.
//! - **Ignorable** characters are those of the property `Default_Ignorable_Code_Point`: soft
//!   hyphen, zero-width space, joiners, byte-order mark, direction marks, variation selectors.
//! - **Apostrophes** are the signs that people type for one, see [`is_apostrophe`].
//!
//! Cost: a few nanoseconds a character; [`table`](super::table) remembers the answers.

use unicode_normalization::char::is_combining_mark;

/// What a character does to the run of characters that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Ends every run.
    Separator,
    /// Is skipped inside a run.
    Ignorable,
    /// Joins two letters, else ends the run.
    Apostrophe,
    /// A letter of a script with spaces.
    Letter,
    /// A digit or other number sign.
    Digit,
    /// A combining mark; belongs to what it follows.
    Mark,
    /// A letter of a script without spaces.
    Dense,
    /// A combining mark of a script without spaces; matters only where no letter precedes it.
    DenseMark,
}

/// The class of any character.
#[inline]
pub(super) fn class_of(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' => Class::Letter,
        '0'..='9' => Class::Digit,
        '\'' | '`' => Class::Apostrophe,
        '\0'..='\x7f' => Class::Separator,
        _ if is_apostrophe(c) => Class::Apostrophe,
        _ if is_ignorable(c) => Class::Ignorable,
        _ => class_by_property(c),
    }
}

fn class_by_property(c: char) -> Class {
    if is_combining_mark(c) {
        if in_dense_block(c) { Class::DenseMark } else { Class::Mark }
    } else if matches!(c, '\u{2e80}'..='\u{2fd5}') {
        // Radicals are symbols by category, but what stands for an ideograph in extracted text.
        Class::Dense
    } else if c.is_alphabetic() {
        if in_dense_block(c) { Class::Dense } else { Class::Letter }
    } else if c.is_numeric() {
        Class::Digit
    } else {
        Class::Separator
    }
}

/// Whether a character is one of the signs that stand for an apostrophe between letters.
///
/// The typewriter's `'` and its full-width form, both single quotation marks, the modifier
/// letters ʻ and ʼ, prime, acute and grave accent (often mistyped), the Armenian apostrophe and
/// the Hebrew geresh.
#[inline]
pub(super) const fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`'
            | '\u{b4}'
            | '\u{2bb}'
            | '\u{2bc}'
            | '\u{55a}'
            | '\u{5f3}'
            | '\u{2018}'
            | '\u{2019}'
            | '\u{201b}'
            | '\u{2032}'
            | '\u{ff07}'
    )
}

/// `Default_Ignorable_Code_Point`, which Unicode keeps stable but for reserved ranges.
#[inline]
pub(super) const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Blocks whose letters and marks are dense.
const fn in_dense_block(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}' // Thai, Lao
            | '\u{1000}'..='\u{109f}' // Myanmar
            | '\u{1780}'..='\u{17ff}' // Khmer
            | '\u{1950}'..='\u{19df}' // Tai Le, New Tai Lue
            | '\u{1a20}'..='\u{1aaf}' // Tai Tham
            | '\u{2e80}'..='\u{312f}' // radicals, kana, Bopomofo and their signs
            | '\u{31a0}'..='\u{31ff}' // Bopomofo and katakana extensions
            | '\u{3400}'..='\u{4dbf}' // ideographs, extension A
            | '\u{4e00}'..='\u{9fff}' // ideographs
            | '\u{a9e0}'..='\u{a9ff}' // Myanmar, extension B
            | '\u{aa60}'..='\u{aadf}' // Myanmar, extension A; Tai Viet
            | '\u{f900}'..='\u{faff}' // compatibility ideographs
            | '\u{ff66}'..='\u{ff9f}' // half-width katakana
            | '\u{116d0}'..='\u{116ff}' // Myanmar, extension C
            | '\u{11700}'..='\u{1174f}' // Ahom
            | '\u{16fe0}'..='\u{18dff}' // Tangut, Khitan
            | '\u{1aff0}'..='\u{1b2ff}' // kana supplements, Nushu
            | '\u{20000}'..='\u{3ffff}' // ideographic planes
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_known_characters() {
        for (class, characters) in [
            (Class::Separator, " \n-_.,;:!?\"“”„«»–—…\u{a0}\u{3000}。、・「」😀🇩㍿㈱©½\u{2044}"),
            (Class::Ignorable, "\u{ad}\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{fe0f}\u{200e}"),
            (Class::Apostrophe, "'`´ʻʼ՚׳‘’‛′＇"),
            (Class::Letter, "azAZéßÆŉаЯאبक한ᄀགⅣªʰﬁ"),
            (Class::Digit, "09٣๑०²①"),
            (Class::Mark, "\u{301}\u{940}\u{20e3}\u{3099}"),
            (Class::Dense, "中々〇あアーｱﾞㄅกກកကᦀ⼀𠀀"),
            (Class::DenseMark, "\u{e31}\u{102b}\u{17d2}\u{eb1}"),
        ] {
            for c in characters.chars() {
                // Fractions are number signs; the kana voicing mark is of no one script.
                let expected = match c {
                    '½' => Class::Digit,
                    '\u{3099}' => Class::DenseMark,
                    _ => class,
                };
                assert_eq!(class_of(c), expected, "U+{:04X}", c as u32);
            }
        }
    }
}
