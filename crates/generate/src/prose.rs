//! Prose in the made-up language: sentences, paragraphs, dialogue, names, numbers, contractions.
//!
//! A document has its own topic (words that it uses far more often than others), its own names and
//! its own typographic habits. Each word comes from the favourites of the word before it, from the
//! topic, or from the language at large; set phrases come in between. The shares are set so that
//! distinct runs of words are as frequent as in the real English of the same size; see the test.
//!
//! Cost: some 50 MB/s.

use crate::edits::{contractions_of, inflected};
use crate::lexicon::{FUNCTION_WORDS, Lexicon};
use crate::random::Random;

/// Words that a document's topic consists of.
const TOPIC: usize = 40;

/// Writes the text of one document.
#[derive(Debug)]
pub struct Author<'a> {
    lexicon: &'a Lexicon,
    random: Random,
    topic: [u16; TOPIC],
    names: Vec<String>,
    /// Typographic quotation marks and apostrophes.
    curly: bool,
    /// In 100 sentences, how many are spoken.
    dialogue: usize,
    /// Set phrase that is being written, last word first.
    phrase: Vec<u16>,
}

impl<'a> Author<'a> {
    /// An author whose text is a function of the stream's state.
    #[must_use]
    pub fn new(lexicon: &'a Lexicon, mut random: Random) -> Self {
        let topic = std::array::from_fn(|_| lexicon.draw_content(&mut random));
        let names = (0..random.between(3, 9)).map(|_| Lexicon::name(&mut random)).collect();
        let curly = random.chance(1, 3);
        let dialogue = random.below(30);
        Self { lexicon, random, topic, names, curly, dialogue, phrase: Vec::new() }
    }

    /// A text of at least `bytes` bytes that ends with a sentence; some 60 bytes more on average.
    #[must_use]
    pub fn text(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 256);
        loop {
            for _ in 0..self.random.between(2, 8) {
                self.sentence(&mut text);
                if text.len() >= bytes {
                    return text;
                }
                text.push(' ');
            }
            text.pop();
            text.push_str("\n\n");
        }
    }

    /// One sentence with its full stop.
    pub fn sentence(&mut self, text: &mut String) {
        let spoken = self.random.below(100) < self.dialogue;
        let (open, close) = if self.curly { ('“', '”') } else { ('"', '"') };
        if spoken {
            text.push(open);
        }
        // The sum of three draws: 5 to 38 words, mostly around 21.
        let length = 5 + (0..3).map(|_| self.random.below(12)).sum::<usize>();
        let mut before = 0u16;
        let mut start = true;
        for i in 0..length {
            if !start {
                text.push_str(if i > 2 && i + 3 < length && self.random.chance(1, 15) {
                    ", "
                } else {
                    " "
                });
            }
            before = self.word(text, before, start);
            start = false;
        }
        text.push(match self.random.below(20) {
            0 => '?',
            1 => '!',
            _ => '.',
        });
        if spoken {
            text.push(close);
        }
    }

    /// Writes one word (or the two of a verb and its *not*) and returns its rank.
    fn word(&mut self, text: &mut String, before: u16, start: bool) -> u16 {
        let random = &mut self.random;
        let rank = if let Some(rank) = self.phrase.pop() {
            rank
        } else {
            match random.below(1_000) {
                0..20 => {
                    let name = random.below(self.names.len());
                    text.push_str(&self.names[name]);
                    return before;
                }
                20..26 => {
                    text.push_str(&random.below(2_100).to_string());
                    return before;
                }
                26..42 => {
                    self.phrase.extend(self.lexicon.phrase(random).iter().rev());
                    self.phrase.pop().unwrap_or_default()
                }
                42..120 => self.topic[random.below(TOPIC)],
                120..620 => self.lexicon.successor(before, random),
                _ => self.lexicon.draw(random),
            }
        };
        let word = self.lexicon.word(rank);
        // "are not", "it is": written out or contracted, by the author's mood.
        if usize::from(rank) < FUNCTION_WORDS.len() {
            if random.chance(1, 10) && self.pair(text, word, start) {
                return rank;
            }
        } else if random.chance(1, 6)
            && let Some(form) = inflected(word, random.below(3))
        {
            push(text, &form, start);
            return rank;
        }
        push(text, word, start);
        rank
    }

    /// Writes a word with one that it contracts with, in two words or in one; false if it
    /// contracts with none.
    fn pair(&mut self, text: &mut String, word: &str, start: bool) -> bool {
        let pairs: Vec<(&str, &str)> = contractions_of(word).collect();
        let Some(&(second, short)) = self.random.choose(&pairs) else { return false };
        if self.random.chance(1, 2) {
            push(text, word, start);
            text.push(' ');
            text.push_str(second);
        } else if self.curly {
            push(text, &short.replace('\'', "’"), start);
        } else {
            push(text, short, start);
        }
        true
    }
}

fn push(text: &mut String, word: &str, capital: bool) {
    let at = text.len();
    text.push_str(word);
    // Words of the language begin with an ASCII letter.
    if capital && let Some(first) = text.get_mut(at..=at) {
        first.make_ascii_uppercase();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::words::{run_hashes, words};

    /// 10 MB of the real English of film reviews, novels and transcripts (1.78 million words) has
    /// these shares of distinct runs of 1, 2, 3, 4, 5, 6 and 8 words: 0.026, 0.325, 0.730, 0.928,
    /// 0.982, 0.994, 0.998.
    #[test]
    fn runs_recur_as_in_english() {
        let lexicon = Lexicon::new(1);
        let mut seen: [HashSet<u64>; 9] = Default::default();
        let mut total = [0usize; 9];
        let mut bytes = 0;
        for i in 0..3_000 {
            let text = Author::new(&lexicon, Random::stream(9, i)).text(3_300);
            let words = words(&text);
            bytes += text.len();
            for n in [1, 2, 3, 4, 5, 6, 8] {
                let runs = run_hashes(&text, &words, n);
                total[n] += runs.len();
                seen[n].extend(runs);
            }
        }
        let share = |n: usize| seen[n].len() as f64 / total[n] as f64;
        let shares: Vec<(usize, f64)> = [1, 2, 3, 4, 5, 6, 8].map(|n| (n, share(n))).to_vec();
        let about = |n, low, high| assert!((low..high).contains(&share(n)), "{n} in {shares:?}");
        about(1, 0.018, 0.05);
        about(2, 0.28, 0.40);
        about(3, 0.66, 0.80);
        about(4, 0.88, 0.95);
        about(5, 0.96, 0.99);
        about(6, 0.98, 0.998);
        about(8, 0.995, 1.0);
        let word = bytes as f64 / total[1] as f64;
        assert!((5.0..6.6).contains(&word), "{word} bytes a word");
    }
}
