//! Contractions written out: *aren't* is *are*, *not*.
//!
//! The clitics that stand for one word only are split off, *n't* → *not*, *'re* → *are*, *'ve* →
//! *have*, *'ll* → *will*, *'m* → *am*, up to [`MAX_CLITICS`] a word (*shouldn't've*), and the
//! irregular stems *ca*, *wo* and *sha* before *n't* become *can*, *will* and *shall*; *cannot* is
//! *can*, *not*. *'s* (is, has, possessive) and *'d* (had, would) are ambiguous and stay.
//!
//! Works on normal forms, so case and the kind of apostrophe are no matter. Cost: a comparison of
//! the word's end.

/// Most clitics that are split off one word.
pub(super) const MAX_CLITICS: usize = 3;

const CLITICS: [(&[u8], &[u8]); 5] =
    [(b"n't", b"not"), (b"'re", b"are"), (b"'ve", b"have"), (b"'ll", b"will"), (b"'m", b"am")];

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
    use super::*;

    fn words(word: &str) -> Vec<String> {
        let mut words = Vec::new();
        expand(word.as_bytes(), |word| words.push(String::from_utf8_lossy(word).into_owned()));
        words
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
