//! Inputs that break finders of repeats.
//!
//! Each makes something quadratic that should be linear: one bucket with all documents in it, one
//! anchor with hundreds of thousands of places, one passage in every document. All are streams:
//! their memory does not grow with the number of documents.

use crate::edits::{Edit, edit_words};
use crate::lexicon::Lexicon;
use crate::prose::Author;
use crate::random::Random;

/// Prose of about `words` words.
#[must_use]
pub fn article(seed: u64, words: usize) -> String {
    // 5.7 bytes a word with its space.
    Author::new(&Lexicon::new(seed), Random::stream(seed, 0)).text(words * 57 / 10)
}

/// `count` copies of one article of about 400 words. Where `edited`, each has one word replaced,
/// deleted or inserted at a place of its own, so that no two need be equal.
pub fn copies(seed: u64, count: usize, edited: bool) -> impl Iterator<Item = String> {
    const KINDS: [Edit; 3] = [Edit::Insertion, Edit::Deletion, Edit::Substitution];
    let article = article(seed, 400);
    let vocabulary: Vec<String> = (0..4_096u64)
        .map(|i| Lexicon::name(&mut Random::stream(seed ^ 0x00c0_ffee, i)).to_lowercase())
        .collect();
    (0..count as u64).map(move |i| {
        let mut random = Random::stream(seed, 1 + i);
        let version = edit_words(&article, usize::from(edited), &KINDS, &vocabulary, &mut random);
        version.map_or_else(|| article.clone(), |version| version.text)
    })
}

/// One document that repeats a sentence of some 20 words `count` times.
#[must_use]
pub fn repeated_sentence(seed: u64, count: usize) -> String {
    let mut sentence = String::new();
    Author::new(&Lexicon::new(seed), Random::stream(seed, 0)).sentence(&mut sentence);
    sentence.push(' ');
    sentence.repeat(count)
}

/// `count` unrelated documents of about 200 words, each with the same disclaimer of about 300 words
/// after it.
pub fn shared_disclaimer(seed: u64, count: usize) -> impl Iterator<Item = String> {
    let lexicon = Lexicon::new(seed);
    let disclaimer = Author::new(&lexicon, Random::stream(seed, 0)).text(300 * 57 / 10);
    (0..count as u64).map(move |i| {
        let own = Author::new(&lexicon, Random::stream(seed, 1 + i)).text(200 * 57 / 10);
        format!("{own}\n\n{disclaimer}")
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::words;

    #[test]
    fn copies_differ_by_a_word_or_not_at_all() {
        let exact: HashSet<String> = copies(1, 50, false).collect();
        assert_eq!(exact.len(), 1);
        let article = exact.into_iter().next().expect("one");
        let length = words(&article).len();
        assert!((360..460).contains(&length), "{length}");
        let edited: Vec<String> = copies(1, 50, true).collect();
        assert!(edited.iter().collect::<HashSet<_>>().len() > 45);
        assert!(edited.iter().all(|text| words(text).len().abs_diff(length) <= 1));
    }

    #[test]
    fn a_sentence_again_and_again() {
        let once = repeated_sentence(1, 1);
        let often = repeated_sentence(1, 1_000);
        assert_eq!(often, once.repeat(1_000));
        assert!((5..60).contains(&words(&once).len()));
    }

    #[test]
    fn disclaimers_are_equal_and_the_rest_is_not() {
        let documents: Vec<String> = shared_disclaimer(1, 20).collect();
        let tail = |text: &str| text.rsplit("\n\n").next().map(str::to_owned);
        let tails: HashSet<_> = documents.iter().map(|text| tail(text)).collect();
        assert_eq!(tails.len(), 1);
        let heads: HashSet<&str> = documents.iter().map(|text| &text[..60]).collect();
        assert_eq!(heads.len(), 20);
    }
}
