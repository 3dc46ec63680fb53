//! Quotes planted into unrelated documents, each place known to the byte.
//!
//! A quote is a passage of a held-out document, of a length class (8–11 or 12–60 words). It goes
//! into 2, 10 or 50 documents. One of them, at random, carries it word for word; each other carries
//! a copy with exactly 0, 1, 2 or 3 edited words ([`Edit`]), so that original and copy differ by
//! that number and two copies by up to twice as many. A quarter of the copies are also set in other
//! quotation marks or another case, which counts as no edit.
//!
//! Strict where it can be:
//! - no run of six words of a quote stands anywhere in the background, nor in another quote, so
//!   that whatever is found at a quote's place is the quote;
//! - source and background are of one language, so a quote's words are no rarer than any others;
//! - quotes stand at the ends of sentences and in the middle of them, in quotation marks or not;
//! - words at a quote's ends may be edited like any others;
//! - two quotes in one document are 40 words apart or more.
//!
//! Cost: linear in background and copies; some 50 MB/s.

use std::fmt;
use std::ops::Range;

use crate::corpus::CorpusPlan;
use crate::edits::{Edit, Surface, change_surface, edit_words};
use crate::fresh::Picker;
use crate::places::{Place, Rooms};
use crate::random::Random;
use crate::words::words;

/// What to plant. Every combination of length class, edits and carriers is a *cell*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotePlan {
    /// Decides every byte.
    pub seed: u64,
    /// Length classes: fewest and most words. Default 8–11 and 12–60.
    pub lengths: Vec<(usize, usize)>,
    /// Edited words a copy. Default 0, 1, 2, 3.
    pub edits: Vec<usize>,
    /// Documents that carry a quote, at least 2. Default 2, 10, 50.
    pub carriers: Vec<usize>,
    /// Fewest copies in a cell, the originals not counted; it decides how many quotes a cell has.
    /// Default 300.
    pub copies: usize,
    /// Fewest words between two quotes of a document. Default 40.
    pub spacing: usize,
    /// Copies in 100 whose surface changes too. Default 25.
    pub surfaces: usize,
}

impl Default for QuotePlan {
    fn default() -> Self {
        Self {
            seed: 0,
            lengths: vec![(8, 11), (12, 60)],
            edits: vec![0, 1, 2, 3],
            carriers: vec![2, 10, 50],
            copies: 300,
            spacing: 40,
            surfaces: 25,
        }
    }
}

/// The documents with quotes in them, and the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The background with the quotes, in its order.
    pub documents: Vec<String>,
    /// The quotes; the index is the quote's id.
    pub quotes: Vec<Quote>,
}

/// A quote and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Its words as the original has them.
    pub text: String,
    /// How many words.
    pub words: usize,
    /// Index of its length class in [`QuotePlan::lengths`].
    pub length_class: usize,
    /// Edited words of each copy.
    pub edits: usize,
    /// Every place, the original among them, by document.
    pub carriers: Vec<Carrier>,
}

/// One place of a quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Index of the document.
    pub document: usize,
    /// From the quote's first to its last word, in bytes, without marks around it.
    pub span: Range<usize>,
    /// Whether this is the verbatim one.
    pub original: bool,
    /// Edits of its words, in order of place.
    pub edits: Vec<Edit>,
    /// Change of its surface.
    pub surface: Option<Surface>,
}

/// Why the quotes could not be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlantError {
    /// The background has too little room: more documents or longer ones are needed.
    NoRoom,
    /// The sources have too few fresh passages: more of them are needed.
    NoSource,
}

impl fmt::Display for PlantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRoom => "the background has too little room for the quotes",
            Self::NoSource => "the sources have too few passages that the background lacks",
        })
    }
}

impl std::error::Error for PlantError {}

/// A synthetic background of `documents` unrelated documents and `sources` held-out documents of
/// the same language to quote from.
#[must_use]
pub fn synthetic_background(
    seed: u64,
    documents: usize,
    sources: usize,
) -> (Vec<String>, Vec<String>) {
    let plan = CorpusPlan { seed, copies: 0, longest: 20_000, ..CorpusPlan::default() };
    let mut texts = plan.documents().map(|document| document.text);
    (texts.by_ref().take(documents).collect(), texts.take(sources).collect())
}

impl QuotePlan {
    /// Plants quotes out of `sources` into `background`.
    ///
    /// The background's documents should be unrelated to one another and to the sources: a caller
    /// with real documents takes away copies first.
    pub fn plant(
        &self,
        background: Vec<String>,
        sources: &[String],
    ) -> Result<Planted, PlantError> {
        let mut random = Random::stream(self.seed, 0x0000_9107_e500);
        let mut picker = Picker::new(&background, sources);
        let mut rooms = Rooms::new(&background, self.spacing, &mut random);
        let vocabulary = sample_words(&background, &mut random);
        let mut quotes = Vec::new();
        let mut insertions: Vec<Insertion> = Vec::new();
        // The quotes with most carriers first, while every document still has room.
        for &carriers in self.carriers.iter().rev() {
            for _ in 0..self.copies.div_ceil(carriers.max(2) - 1) {
                for (length_class, &(low, high)) in self.lengths.iter().enumerate() {
                    for &edits in &self.edits {
                        let text = picker.pick(random.between(low, high), &mut random)?;
                        let places = rooms.take(carriers.max(2), &mut random)?;
                        let original = random.below(places.len());
                        for (i, place) in places.into_iter().enumerate() {
                            let copy =
                                self.copy(&text, edits, i == original, &vocabulary, &mut random);
                            insertions.push(Insertion { quote: quotes.len(), place, copy });
                        }
                        let words = words(&text).len();
                        let carriers = Vec::with_capacity(carriers);
                        quotes.push(Quote { text, words, length_class, edits, carriers });
                    }
                }
            }
        }
        let documents = insert(background, insertions, &mut quotes, &mut random);
        Ok(Planted { documents, quotes })
    }

    fn copy(
        &self,
        text: &str,
        edits: usize,
        original: bool,
        vocabulary: &[String],
        random: &mut Random,
    ) -> Version {
        let plain = Version { text: text.to_owned(), original, edits: Vec::new(), surface: None };
        if original {
            return plain;
        }
        let edited = edit_words(text, edits, &Edit::ALL, vocabulary, random);
        let mut copy = match edited {
            Some(edited) => Version { text: edited.text, edits: edited.edits, ..plain },
            None => plain,
        };
        if random.chance(self.surfaces, 100) {
            let surface = [
                Surface::Quotes,
                Surface::Quotes,
                Surface::UpperCase,
                Surface::LowerCase,
                Surface::TitleCase,
            ][random.below(5)];
            copy.text = change_surface(&copy.text, surface);
            copy.surface = Some(surface);
        }
        copy
    }
}

/// The text of one carrier.
struct Version {
    text: String,
    original: bool,
    edits: Vec<Edit>,
    surface: Option<Surface>,
}

struct Insertion {
    quote: usize,
    place: Place,
    copy: Version,
}

/// Puts the copies into their documents and notes their spans.
fn insert(
    background: Vec<String>,
    mut insertions: Vec<Insertion>,
    quotes: &mut [Quote],
    random: &mut Random,
) -> Vec<String> {
    insertions.sort_by_key(|insertion| (insertion.place.document, insertion.place.at));
    let mut insertions = insertions.into_iter().peekable();
    let mut documents = Vec::with_capacity(background.len());
    for (document, text) in background.into_iter().enumerate() {
        let mut planted = String::with_capacity(text.len());
        let mut done = 0;
        while let Some(insertion) = insertions.next_if(|next| next.place.document == document) {
            let Insertion { quote, place, copy } = insertion;
            planted.push_str(&text[done..place.at]);
            done = place.at;
            let marks = ["", "\"", "“"][random.below(3)];
            planted.push(' ');
            planted.push_str(marks);
            let start = planted.len();
            planted.push_str(&copy.text);
            let span = start..planted.len();
            if place.sentence_end {
                planted.push('.');
            }
            planted.push_str(if marks == "“" { "”" } else { marks });
            quotes[quote].carriers.push(Carrier {
                document,
                span,
                original: copy.original,
                edits: copy.edits,
                surface: copy.surface,
            });
        }
        planted.push_str(&text[done..]);
        documents.push(planted);
    }
    documents
}

/// Some thousand running words of the background.
fn sample_words(background: &[String], random: &mut Random) -> Vec<String> {
    let mut sample = Vec::new();
    for _ in 0..200 {
        let Some(text) = random.choose(background) else { break };
        let list = words(text);
        let start = random.below(list.len());
        sample.extend(list.iter().skip(start).take(40).map(|w| text[w.range()].to_lowercase()));
    }
    sample
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::fresh::FRESH_RUN;
    use crate::words::run_hashes;

    fn small() -> (QuotePlan, Planted, Vec<String>) {
        let plan = QuotePlan { copies: 20, ..QuotePlan::default() };
        let (background, sources) = synthetic_background(3, 600, 60);
        let planted = plan.plant(background.clone(), &sources).expect("room for all");
        (plan, planted, background)
    }

    #[test]
    fn truth_is_true() {
        let (plan, planted, background) = small();
        assert_eq!(planted.documents.len(), background.len());
        for quote in &planted.quotes {
            let (low, high) = plan.lengths[quote.length_class];
            assert!((low..=high).contains(&quote.words));
            assert!(plan.carriers.contains(&quote.carriers.len()));
            assert_eq!(quote.carriers.iter().filter(|c| c.original).count(), 1);
            let mut documents: Vec<usize> = quote.carriers.iter().map(|c| c.document).collect();
            documents.dedup();
            assert_eq!(documents.len(), quote.carriers.len());
            for carrier in &quote.carriers {
                let text = &planted.documents[carrier.document][carrier.span.clone()];
                if carrier.original {
                    assert_eq!(text, quote.text);
                } else {
                    assert_eq!(carrier.edits.len(), quote.edits);
                }
                if carrier.edits.is_empty() {
                    assert_eq!(
                        run_hashes(text, &words(text), 1),
                        run_hashes(&quote.text, &words(&quote.text), 1)
                    );
                }
            }
        }
    }

    #[test]
    fn without_the_quotes_the_background_remains() {
        let (_, planted, background) = small();
        let mut spans: Vec<Vec<Range<usize>>> = vec![Vec::new(); background.len()];
        for carrier in planted.quotes.iter().flat_map(|quote| &quote.carriers) {
            spans[carrier.document].push(carrier.span.clone());
        }
        for ((text, spans), before) in planted.documents.iter().zip(&mut spans).zip(&background) {
            spans.sort_by_key(|span| span.start);
            let mut kept = String::new();
            let mut done = 0;
            for span in spans.iter() {
                let between = words(&text[done..span.start]).len();
                assert!(done == 0 || between >= 40, "{between} words apart");
                kept.push_str(&text[done..span.start]);
                kept.push(' ');
                done = span.end;
            }
            kept.push_str(&text[done..]);
            assert_eq!(run_hashes(&kept, &words(&kept), 1), run_hashes(before, &words(before), 1));
        }
    }

    #[test]
    fn quotes_are_fresh() {
        let (_, planted, background) = small();
        let runs: HashSet<u64> =
            background.iter().flat_map(|text| run_hashes(text, &words(text), FRESH_RUN)).collect();
        let mut own: HashSet<u64> = HashSet::new();
        for quote in &planted.quotes {
            let list = words(&quote.text);
            for run in run_hashes(&quote.text, &list, FRESH_RUN) {
                assert!(!runs.contains(&run), "{}", quote.text);
                assert!(own.insert(run), "{}", quote.text);
            }
        }
    }

    #[test]
    fn all_kinds_occur_and_bytes_are_frozen() {
        let (_, planted, _) = small();
        let carriers: Vec<&Carrier> = planted.quotes.iter().flat_map(|q| &q.carriers).collect();
        for kind in Edit::ALL {
            assert!(carriers.iter().any(|c| c.edits.contains(&kind)), "{kind:?}");
        }
        for surface in [Surface::Quotes, Surface::UpperCase, Surface::LowerCase, Surface::TitleCase]
        {
            assert!(carriers.iter().any(|c| c.surface == Some(surface)), "{surface:?}");
        }
        let sum = planted
            .documents
            .iter()
            .flat_map(|text| text.bytes())
            .fold(0u64, |sum, b| crate::random::split_mix(sum ^ u64::from(b)));
        assert_eq!((planted.quotes.len(), sum), (192, 15_452_314_060_844_644_185));
    }

    #[test]
    fn too_little_of_anything_is_an_error() {
        let (background, sources) = synthetic_background(3, 10, 5);
        let plan = QuotePlan { copies: 20, ..QuotePlan::default() };
        assert_eq!(plan.plant(background.clone(), &sources), Err(PlantError::NoRoom));
        assert_eq!(plan.plant(background.clone(), &[]), Err(PlantError::NoSource));
        // The background itself is no source of fresh passages.
        assert_eq!(plan.plant(background.clone(), &background), Err(PlantError::NoSource));
    }
}
