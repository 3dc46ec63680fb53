//! Contractions written out: *aren't* is *are*, *not*.
//!
//! The clitics that stand for one word only are split off, *n't* → *not*, *'re* → *are*, *'ve* →
//! *have*, *'ll* → *will*, *'m* → *am*, up to [`MAX_CLITICS`] a word (*shouldn't've*), and the
//! irregular stems *ca*, *wo* and *sha* before *n't* become *can*, *will* and *shall*; *cannot* is
//! *can*, *not*. *'s* (is, has, possessive) and *'d* (had, would) are ambiguous and stay.
//!
//! Works on normal forms, so case and the kind of apostrophe are no matter. Cost: a comparison of
//! the word's end.

use super::TokenHash;
use crate::hash;

/// Most clitics that are split off one word.
pub(super) const MAX_CLITICS: usize = 3;

const CLITICS: [(&[u8], &[u8]); 5] =
    [(b"n't", b"not"), (b"'re", b"are"), (b"'ve", b"have"), (b"'ll", b"will"), (b"'m", b"am")];

/// What an ASCII word with apostrophes is, as far as a glance shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glance {
    /// A word by itself.
    Whole,
    /// These two words.
    Two([TokenHash; 2]),
    /// Something for [`expand`].
    Unclear,
}

/// Tells a common contraction from a word with an apostrophe that is none.
///
/// The word is given as the bits that [`first_bytes`](hash::first_bytes) keeps of its lower-case
/// form, in which `` ` `` may still stand for `'`; it has at most 16 bytes.
#[inline]
pub(super) fn glance(low: u64, high: u64, len: usize) -> Glance {
    let word = u128::from(low) | u128::from(high) << 64;
    let apostrophes = equal_bytes(low, b'\'').count_ones() + equal_bytes(high, b'\'').count_ones();
    let grave = equal_bytes(low, b'`') | equal_bytes(high, b'`');
    if apostrophes != 1 || grave != 0 || len < 3 {
        return Glance::Unclear;
    }
    let end = (word >> (8 * (len - 3))) as u32;
    let (stem_len, clitic) = match end.to_le_bytes() {
        [b'n', b'\'', b't', 0] => (len - 3, const { word_hash(b"not") }),
        [b'\'', b'r', b'e', 0] => (len - 3, const { word_hash(b"are") }),
        [b'\'', b'v', b'e', 0] => (len - 3, const { word_hash(b"have") }),
        [b'\'', b'l', b'l', 0] => (len - 3, const { word_hash(b"will") }),
        [_, b'\'', b'm', 0] => (len - 2, const { word_hash(b"am") }),
        _ => return Glance::Whole,
    };
    if stem_len == 0 {
        return Glance::Unclear;
    }
    let (low, high) = hash::first_bytes(word, stem_len);
    let is_not = clitic == const { word_hash(b"not") };
    let stem = match (low.to_le_bytes(), high) {
        ([b'c', b'a', 0, ..], 0) if is_not => const { word_hash(b"can") },
        ([b'w', b'o', 0, ..], 0) if is_not => const { word_hash(b"will") },
        ([b's', b'h', b'a', 0, ..], 0) if is_not => const { word_hash(b"shall") },
        ([b'c', b'a', b'n', b'n', b'o', b't', 0, ..], 0) => return Glance::Unclear,
        _ => TokenHash::from_hash(hash::short_token_hash(low, high), false),
    };
    Glance::Two([stem, clitic])
}

/// Bit 7 of each byte: whether it is `byte`.
const fn equal_bytes(bytes: u64, byte: u8) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x7f; 8]);
    let differing = bytes ^ u64::from_le_bytes([byte; 8]);
    !(((differing & LOW) + LOW) | differing | LOW)
}

/// The hash of a word of at most eight letters.
pub(super) const fn word_hash(word: &[u8]) -> TokenHash {
    let mut bytes = [0; 8];
    bytes.split_at_mut(word.len()).0.copy_from_slice(word);
    TokenHash::from_hash(hash::short_token_hash(u64::from_le_bytes(bytes), 0), false)
}

/// Whether a token may share its span with the one before it: the later words of contractions,
/// and dense ones, since one character can stand for several graphemes.
pub(crate) fn may_share_span(token: TokenHash) -> bool {
    const LATER: [TokenHash; CLITICS.len()] = {
        let mut later = [TokenHash(0); CLITICS.len()];
        let mut at = 0;
        while at < later.len() {
            later[at] = word_hash(CLITICS[at].1);
            at += 1;
        }
        later
    };
    token.is_dense() || LATER.contains(&token)
}

/// The words that a normal form with an apostrophe stands for, in order.
pub(super) fn expand(word: &[u8], mut emit: impl FnMut(&[u8])) {
    let mut stem = word;
    let mut found: [&[u8]; MAX_CLITICS] = [&[]; MAX_CLITICS];
    let mut count = 0;
    while let Some(slot) = found.get_mut(count) {
        let Some((rest, full)) = strip(stem) else { break };
        stem = rest;
        *slot = full;
        count += 1;
    }
    if count > 0 && found[count - 1] == b"not" {
        stem = match stem {
            b"ca" => b"can",
            b"wo" => b"will",
            b"sha" => b"shall",
            _ => stem,
        };
    }
    if stem == b"cannot" {
        emit(b"can");
        emit(b"not");
    } else if !stem.is_empty() {
        emit(stem);
    }
    for full in found[..count].iter().rev() {
        emit(full);
    }
}

fn strip(word: &[u8]) -> Option<(&[u8], &'static [u8])> {
    CLITICS.iter().find_map(|&(clitic, full)| {
        let stem = word.strip_suffix(clitic)?;
        // The old spelling sha'n't has an apostrophe for each lost letter.
        Some((stem.strip_suffix(b"'").unwrap_or(stem), full))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(word: &str) -> Vec<String> {
        let mut words = Vec::new();
        expand(word.as_bytes(), |word| words.push(String::from_utf8_lossy(word).into_owned()));
        words
    }

    fn glance_at(word: &str) -> Glance {
        let mut block = [0xee; 16];
        block[..word.len()].copy_from_slice(word.as_bytes());
        let (low, high) = hash::first_bytes(u128::from_le_bytes(block), word.len());
        glance(low, high, word.len())
    }

    proptest! {
        /// A glance that is sure is right.
        #[test]
        fn a_glance_is_right(
            word in "([a-z]{0,3}|ca|wo|sha|cannot|do|y'all)['`]?(n['`]t|['`](re|ve|ll|m|s|es|all))?['`]?x?",
        ) {
            let form = word.replace('`', "'");
            let expected: Vec<TokenHash> =
                words(&form).iter().map(|word| TokenHash::of(word.as_bytes(), false)).collect();
            match glance_at(&word) {
                Glance::Unclear => {}
                Glance::Whole => prop_assert_eq!(expected, [TokenHash::of(word.as_bytes(), false)]),
                Glance::Two(found) => prop_assert_eq!(expected, found),
            }
        }
    }

    proptest! {
        /// Every token that shares its span with the one before it is one that may.
        #[test]
        fn tokens_that_share_a_span_are_known(
            text in "(([a-z]{0,3}|can|ca|wo|sha|cannot)(n['’`]?t|['’](re|ve|ll|m|s|d)){0,4}|㌔|㍿|ﬁ|ไทย| ){0,12}",
        ) {
            let tokens = crate::text::tokenize(&text);
            for pair in tokens.windows(2).filter(|pair| pair[0].span == pair[1].span) {
                prop_assert!(may_share_span(pair[1].hash), "{:?} in {:?}", pair[1], text);
            }
        }
    }

    #[test]
    fn common_words_are_clear_at_a_glance() {
        for word in ["china's", "o'clock", "he'd", "that's"] {
            assert_eq!(glance_at(word), Glance::Whole, "{word}");
        }
        for word in ["don't", "can't", "i'm", "i've", "we'll", "they're", "shouldn't", "won't"] {
            assert!(matches!(glance_at(word), Glance::Two(_)), "{word}");
        }
    }

    #[test]
    fn contractions() {
        for (word, expected) in [
            ("aren't", "are not"),
            ("can't", "can not"),
            ("cannot", "can not"),
            ("won't", "will not"),
            ("shan't", "shall not"),
            ("sha'n't", "shall not"),
            ("ain't", "ai not"),
            ("n't", "not"),
            ("they're", "they are"),
            ("i'm", "i am"),
            ("we've", "we have"),
            ("who'll", "who will"),
            ("couldn't've", "could not have"),
            ("y'all'll've", "y'all will have"),
            ("a're're're're", "a're are are are"),
            ("ca're", "ca are"),
            ("china's", "china's"),
            ("he'd", "he'd"),
            ("o'clock", "o'clock"),
            ("ma'am", "ma'am"),
            ("cant", "cant"),
        ] {
            assert_eq!(words(word).join(" "), expected, "{word}");
        }
    }
}
