//! A made-up language with the statistics of English.
//!
//! Real function words stand at the top of the vocabulary (contractions need them), pseudo-words
//! made of syllables below. Frequencies follow Zipf–Mandelbrot, (rank + 2.7)^−9/8. Every word has a
//! few favourite successors, which gives texts the repeated pairs and triples of real prose, and a
//! stock of set phrases of three to six words gives them its formulas: a finder that takes every
//! run of common words for reuse fails here as it does on real text.
//!
//! Cost: 20,000 words and their tables take 3 MB and 10 ms; a draw is one table look-up.
//! Source: Mandelbrot, *An informational theory of the statistical structure of language*, 1953.

use std::collections::HashSet;

use crate::random::Random;

/// Number of words.
pub const VOCABULARY: usize = 20_000;
/// Favourite successors of a word.
const SUCCESSORS: usize = 8;
/// Set phrases.
const PHRASES: usize = 600;
/// Bits of the frequency table's index.
const TABLE_BITS: u32 = 19;

/// The most frequent words of English, most frequent first.
pub const FUNCTION_WORDS: [&str; 120] = [
    "the", "of", "and", "to", "a", "in", "that", "is", "it", "was", "he", "for", "on", "you",
    "with", "as", "his", "be", "at", "by", "we", "had", "they", "not", "are", "but", "from", "or",
    "have", "she", "an", "which", "this", "were", "her", "would", "all", "there", "their", "been",
    "has", "will", "one", "who", "when", "if", "no", "more", "so", "what", "said", "do", "about",
    "into", "up", "out", "can", "them", "some", "could", "time", "him", "only", "than", "other",
    "its", "then", "our", "two", "these", "may", "any", "like", "first", "did", "now", "my",
    "such", "over", "man", "me", "even", "most", "made", "after", "also", "well", "before", "must",
    "through", "years", "where", "much", "should", "your", "way", "down", "because", "long",
    "each", "just", "those", "people", "too", "mister", "how", "little", "good", "make", "very",
    "still", "own", "see", "men", "work", "here", "does", "between", "both", "being",
];

const ONSETS: [&str; 30] = [
    "b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "w", "br", "cl", "cr",
    "dr", "fl", "gr", "pl", "pr", "sh", "sp", "st", "str", "th", "tr", "ch",
];
const NUCLEI: [&str; 12] = ["a", "e", "i", "o", "u", "a", "e", "o", "ea", "ai", "ou", "y"];
const CODAS: [&str; 20] = [
    "", "", "", "", "", "n", "r", "l", "t", "s", "m", "d", "k", "p", "nd", "st", "nt", "ck", "rd",
    "ng",
];

/// Words, their frequencies, who follows whom, and set phrases.
#[derive(Clone, Debug)]
pub struct Lexicon {
    /// All words one after another, and where each ends: one block of memory, since drawing words
    /// is what writing costs.
    letters: String,
    ends: Vec<u32>,
    table: Vec<u16>,
    successors: Vec<[u16; SUCCESSORS]>,
    phrases: Vec<Vec<u16>>,
}

impl Lexicon {
    /// The language of a seed. Different seeds share the function words alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut random = Random::stream(seed, 0x1e81_c011);
        let words = vocabulary(&mut random);
        let table = frequencies();
        let draw = |random: &mut Random| table[random.bits() as usize >> (64 - TABLE_BITS)];
        let successors = (0..VOCABULARY)
            .map(|_| std::array::from_fn(|_| draw(&mut random)))
            .collect::<Vec<[u16; SUCCESSORS]>>();
        let phrases = (0..PHRASES)
            .map(|_| {
                let length = random.between(3, 6);
                (0..length).map(|_| draw(&mut random)).collect()
            })
            .collect();
        let mut letters = String::new();
        let ends = words
            .iter()
            .map(|word| {
                letters.push_str(word);
                letters.len() as u32
            })
            .collect();
        Self { letters, ends, table, successors, phrases }
    }

    /// Word of a rank, 0 the most frequent.
    #[must_use]
    pub fn word(&self, rank: u16) -> &str {
        let rank = usize::from(rank);
        let start = rank.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.letters[start as usize..self.ends[rank] as usize]
    }

    /// A word by its frequency.
    #[must_use]
    pub fn draw(&self, random: &mut Random) -> u16 {
        self.table[(random.bits() >> (64 - TABLE_BITS)) as usize]
    }

    /// A word that is none of the function words.
    #[must_use]
    pub fn draw_content(&self, random: &mut Random) -> u16 {
        loop {
            let rank = self.draw(random);
            if usize::from(rank) >= FUNCTION_WORDS.len() {
                return rank;
            }
        }
    }

    /// A favourite successor of a word, the first of them most often.
    #[must_use]
    pub fn successor(&self, of: u16, random: &mut Random) -> u16 {
        let bits = random.bits();
        // The lower of two uniform draws: a falling preference.
        let (a, b) = ((bits >> 8) as usize % SUCCESSORS, (bits >> 40) as usize % SUCCESSORS);
        self.successors[usize::from(of)][a.min(b)]
    }

    /// A set phrase, the first of them most often.
    #[must_use]
    pub fn phrase(&self, random: &mut Random) -> &[u16] {
        let first = random.below(PHRASES);
        &self.phrases[random.below(first + 1)]
    }

    /// A name that is hardly ever made twice: two or three syllables, capitalised.
    #[must_use]
    pub fn name(random: &mut Random) -> String {
        let syllables = random.between(2, 3);
        let mut name = String::new();
        for _ in 0..syllables {
            push_syllable(&mut name, random);
        }
        capitalise(&name)
    }
}

/// The word with a capital first letter.
pub(crate) fn capitalise(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn push_syllable(word: &mut String, random: &mut Random) {
    word.push_str(ONSETS[random.below(ONSETS.len())]);
    word.push_str(NUCLEI[random.below(NUCLEI.len())]);
    word.push_str(CODAS[random.below(CODAS.len())]);
}

/// Function words, then pseudo-words: the rarer, the longer.
fn vocabulary(random: &mut Random) -> Vec<String> {
    let mut words: Vec<String> = FUNCTION_WORDS.iter().map(|&word| word.to_owned()).collect();
    let mut seen: HashSet<String> = words.iter().cloned().collect();
    while words.len() < VOCABULARY {
        let rank = words.len();
        let most = if rank < 9_000 { 2 } else { 3 };
        let least = if rank < 2_000 { 1 } else { 2 };
        let most = if rank < 1_000 { 1 } else { most };
        let mut word = String::new();
        for _ in 0..random.between(least, most) {
            push_syllable(&mut word, random);
        }
        if word.len() >= 3 && seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

/// Rank of a word at every 2¹⁹th of the probability.
fn frequencies() -> Vec<u16> {
    // Square roots are exact to the last bit everywhere; powers are not.
    let weight = |rank: usize| {
        let x = rank as f64 + 2.7;
        (1e12 / (x * x.sqrt().sqrt().sqrt())) as u64
    };
    let total: u64 = (0..VOCABULARY).map(weight).sum();
    let size = 1usize << TABLE_BITS;
    let mut table = Vec::with_capacity(size);
    let mut below = 0u64;
    for rank in 0..VOCABULARY {
        below += weight(rank);
        let end = (u128::from(below) * size as u128 / u128::from(total)) as usize;
        table.resize(end, rank as u16);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(lexicon: &Lexicon) -> Vec<&str> {
        (0..VOCABULARY as u16).map(|rank| lexicon.word(rank)).collect()
    }

    #[test]
    fn words_are_distinct_and_follow_zipf() {
        let lexicon = Lexicon::new(1);
        let distinct: HashSet<&str> = list(&lexicon).into_iter().collect();
        assert_eq!(distinct.len(), VOCABULARY);
        let mut random = Random::new(2);
        let mut counts = vec![0u32; VOCABULARY];
        for _ in 0..400_000 {
            counts[usize::from(lexicon.draw(&mut random))] += 1;
        }
        // Rank 0 against rank 9: ((9 + 2.7) / 2.7)^(9/8) = 5.21.
        let ratio = f64::from(counts[0]) / f64::from(counts[9]);
        assert!((4.8..5.6).contains(&ratio), "{ratio}");
        assert!(counts[VOCABULARY / 2..].iter().filter(|&&c| c > 0).count() > VOCABULARY / 3);
    }

    #[test]
    fn every_word_can_be_drawn() {
        let table = frequencies();
        assert_eq!(table.len(), 1 << TABLE_BITS);
        let drawn: HashSet<u16> = table.into_iter().collect();
        assert_eq!(drawn.len(), VOCABULARY);
    }

    #[test]
    fn seeds_make_languages() {
        let (a, b) = (Lexicon::new(1), Lexicon::new(2));
        assert_eq!(list(&a), list(&Lexicon::new(1)));
        assert_eq!(a.word(0), b.word(0));
        let shared = list(&a).iter().zip(&list(&b)).filter(|(a, b)| a == b).count();
        assert!(shared < FUNCTION_WORDS.len() + 50, "{shared}");
    }
}
