//! The words of a text and where they stand: what this crate counts by.
//!
//! A word is a run of letters and digits; an apostrophe (straight or typographic) between two of
//! them belongs to it. Simpler than the engine's tokens on purpose: a contraction is one word, and
//! nothing is normalised but case and apostrophes in [`Word::hash`].

use std::ops::Range;

use crate::random::split_mix;

/// A word's place, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

impl Word {
    /// The place as a range.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Hash of the lower-cased word in `text`, with straight apostrophes.
    #[must_use]
    pub fn hash(self, text: &str) -> u64 {
        let mut hash = 0x2545_f491_4f6c_dd1d;
        for c in text[self.range()].chars().flat_map(char::to_lowercase) {
            let c = if c == '’' { '\'' } else { c };
            hash = split_mix(hash ^ u64::from(u32::from(c)));
        }
        hash
    }
}

/// All words of a text, in order.
///
/// ```
/// let text = "We aren’t well-read.";
/// let words: Vec<&str> =
///     doublet_generate::words(text).iter().map(|w| &text[w.range()]).collect();
/// assert_eq!(words, ["We", "aren’t", "well", "read"]);
/// ```
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    let mut open: Option<Word> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let inside = c.is_alphanumeric()
            || (open.is_some()
                && matches!(c, '\'' | '’')
                && chars.peek().is_some_and(|&(_, next)| next.is_alphanumeric()));
        if inside {
            open.get_or_insert(Word { start: at, end }).end = end;
        } else {
            found.extend(open.take());
        }
    }
    found.extend(open);
    found
}

/// Hashes of all runs of `n` consecutive words.
pub(crate) fn run_hashes(text: &str, words: &[Word], n: usize) -> Vec<u64> {
    let hashes: Vec<u64> = words.iter().map(|word| word.hash(text)).collect();
    hashes
        .windows(n)
        .map(|run| run.iter().fold(0, |state, &word| split_mix(state ^ word)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_words() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (" — ", &[]),
            ("'quoted' words'", &["quoted", "words"]),
            ("it's; ROCK’N’ROLL", &["it's", "ROCK’N’ROLL"]),
            ("naïve 12.5%", &["naïve", "12", "5"]),
        ];
        for (text, expected) in cases {
            let found: Vec<&str> = words(text).iter().map(|w| &text[w.range()]).collect();
            assert_eq!(&found, expected, "{text}");
        }
    }

    #[test]
    fn runs_ignore_case_and_style() {
        let a = "Don't stop the press";
        let b = "don’t -- STOP “the” press";
        assert_eq!(run_hashes(a, &words(a), 3), run_hashes(b, &words(b), 3));
        assert_eq!(run_hashes(a, &words(a), 3).len(), 2);
        assert!(run_hashes(a, &words(a), 5).is_empty());
    }
}
