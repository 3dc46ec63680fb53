//! Where quotes can go: places of every document that lie far enough apart.
//!
//! Cost: one pass over the background.

use crate::quotes::PlantError;
use crate::random::Random;
use crate::words::{Word, words};

/// An insertion point may move forward by this many words to reach the end of its sentence.
const REACH: usize = 20;

/// A place between two words of a document.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) document: usize,
    /// Byte after a word or after a sentence's last sign.
    pub(crate) at: usize,
    pub(crate) sentence_end: bool,
}

/// Free places of every document.
pub(crate) struct Rooms {
    free: Vec<Vec<Place>>,
    /// Documents with a free place.
    open: Vec<usize>,
}

impl Rooms {
    pub(crate) fn new(background: &[String], spacing: usize, random: &mut Random) -> Self {
        let free: Vec<Vec<Place>> = background
            .iter()
            .enumerate()
            .map(|(document, text)| {
                let words = words(text);
                let mut places = Vec::new();
                let mut next = random.below(spacing.max(1));
                while next < words.len() {
                    let (last, sentence_end) = place(text, &words, next, random);
                    let at = if sentence_end { last.1 } else { words[last.0].end };
                    places.push(Place { document, at, sentence_end });
                    next = last.0 + spacing + 1 + random.below(spacing.max(1));
                }
                random.shuffle(&mut places);
                places
            })
            .collect();
        let open = (0..free.len()).filter(|&document| !free[document].is_empty()).collect();
        Self { free, open }
    }

    /// Places in `count` different documents.
    pub(crate) fn take(
        &mut self,
        count: usize,
        random: &mut Random,
    ) -> Result<Vec<Place>, PlantError> {
        if self.open.len() < count {
            return Err(PlantError::NoRoom);
        }
        for i in 0..count {
            let other = i + random.below(self.open.len() - i);
            self.open.swap(i, other);
        }
        let places =
            self.open[..count].iter().filter_map(|&document| self.free[document].pop()).collect();
        for i in (0..count).rev() {
            if self.free[self.open[i]].is_empty() {
                self.open.swap_remove(i);
            }
        }
        Ok(places)
    }
}

/// Where a quote goes when word `from` is the earliest it may follow: after the end of that word's
/// sentence where one is near (half of the time), else right after the word. The word that it
/// follows with the byte after the sentence's last sign, and whether it is a sentence's end.
fn place(text: &str, words: &[Word], from: usize, random: &mut Random) -> ((usize, usize), bool) {
    if random.chance(1, 2) {
        for i in from..words.len().min(from + REACH) {
            let end = words.get(i + 1).map_or(text.len(), |next| next.start);
            let gap = &text[words[i].end..end];
            let signs = gap.find(char::is_whitespace).unwrap_or(gap.len());
            if gap.starts_with(['.', '!', '?']) && signs < gap.len().max(1) {
                return ((i, words[i].end + signs), true);
            }
        }
    }
    ((from, words[from].end), false)
}
