//! What people do to words that they copy: edits of whole words, counted exactly, and changes of
//! the surface that leave the words alone.
//!
//! A text is taken apart into words and the gaps between them; edits change, add or take away
//! words, each at its own place, so that `n` edits are `n` differences and no edit undoes another.

use crate::lexicon::{FUNCTION_WORDS, capitalise};
use crate::random::Random;
use crate::words;

/// Kinds of edits of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edit {
    /// *are not* to *aren't*, *it is* to *it's*, or the other way round.
    Contraction,
    /// *pattern* to *patterns*, *patterned* or *patterning*; *patterns* to *pattern*.
    Inflection,
    /// A word more.
    Insertion,
    /// A word less.
    Deletion,
    /// Another word in its place.
    Substitution,
}

impl Edit {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Contraction, Self::Inflection, Self::Insertion, Self::Deletion, Self::Substitution];
}

/// Changes that leave the words alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Surface {
    /// Straight quotation marks and apostrophes become typographic ones, or the other way round.
    Quotes,
    /// All capitals.
    UpperCase,
    /// No capitals.
    LowerCase,
    /// Every word with a capital.
    TitleCase,
}

/// Pairs of words and what they contract to (lower case, straight apostrophe).
const CONTRACTIONS: [(&str, &str, &str); 47] = [
    ("are", "not", "aren't"),
    ("is", "not", "isn't"),
    ("was", "not", "wasn't"),
    ("were", "not", "weren't"),
    ("do", "not", "don't"),
    ("does", "not", "doesn't"),
    ("did", "not", "didn't"),
    ("have", "not", "haven't"),
    ("has", "not", "hasn't"),
    ("had", "not", "hadn't"),
    ("would", "not", "wouldn't"),
    ("could", "not", "couldn't"),
    ("should", "not", "shouldn't"),
    ("will", "not", "won't"),
    ("can", "not", "can't"),
    ("it", "is", "it's"),
    ("that", "is", "that's"),
    ("there", "is", "there's"),
    ("what", "is", "what's"),
    ("he", "is", "he's"),
    ("she", "is", "she's"),
    ("who", "is", "who's"),
    ("they", "are", "they're"),
    ("we", "are", "we're"),
    ("you", "are", "you're"),
    ("i", "am", "i'm"),
    ("i", "have", "i've"),
    ("they", "have", "they've"),
    ("we", "have", "we've"),
    ("you", "have", "you've"),
    ("i", "will", "i'll"),
    ("they", "will", "they'll"),
    ("we", "will", "we'll"),
    ("you", "will", "you'll"),
    ("he", "will", "he'll"),
    ("she", "will", "she'll"),
    ("it", "will", "it'll"),
    ("i", "would", "i'd"),
    ("they", "would", "they'd"),
    ("we", "would", "we'd"),
    ("you", "would", "you'd"),
    ("he", "would", "he'd"),
    ("she", "would", "she'd"),
    ("let", "us", "let's"),
    ("would", "have", "would've"),
    ("could", "have", "could've"),
    ("should", "have", "should've"),
];

/// What two words contract to, if they do.
#[must_use]
pub fn contracted(first: &str, second: &str) -> Option<&'static str> {
    CONTRACTIONS
        .iter()
        .find(|(a, b, _)| first.eq_ignore_ascii_case(a) && second.eq_ignore_ascii_case(b))
        .map(|&(_, _, short)| short)
}

/// The words that a lower-case word contracts with, and the contractions.
pub(crate) fn contractions_of(first: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    CONTRACTIONS.iter().filter(move |(a, _, _)| *a == first).map(|&(_, b, short)| (b, short))
}

/// What a contraction stands for, if it is one.
#[must_use]
pub fn written_out(word: &str) -> Option<(&'static str, &'static str)> {
    let straight = word.replace('’', "'");
    CONTRACTIONS
        .iter()
        .find(|(_, _, short)| straight.eq_ignore_ascii_case(short))
        .map(|&(a, b, _)| (a, b))
}

/// Another form of a word, or `None` where English would make none: function words, short words,
/// words with other signs than small letters. `choice` picks one.
#[must_use]
pub fn inflected(word: &str, choice: usize) -> Option<String> {
    let plain = word.len() >= 4 && word.bytes().all(|b| b.is_ascii_lowercase());
    if !plain || FUNCTION_WORDS.contains(&word) {
        return None;
    }
    if let Some(stem) = word.strip_suffix('s').filter(|stem| !stem.ends_with(['s', 'u', 'i'])) {
        return Some(stem.to_owned());
    }
    let stem = word.strip_suffix('e').unwrap_or(word);
    Some(match choice % 3 {
        0 if word.ends_with(['s', 'x', 'z']) || word.ends_with("ch") || word.ends_with("sh") => {
            format!("{word}es")
        }
        0 => format!("{word}s"),
        1 => format!("{stem}ed"),
        _ => format!("{stem}ing"),
    })
}

/// A text after its edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The text.
    pub text: String,
    /// What was done, in order of place.
    pub edits: Vec<Edit>,
}

#[derive(Clone, Debug)]
struct Piece {
    /// What stands before the word.
    gap: String,
    word: String,
    edit: Option<Edit>,
    /// Whether an edit concerns this word already.
    taken: bool,
}

/// The text, from its first to its last word, with exactly `count` words edited.
///
/// `kinds` are tried in random order, one an edit; where one finds no place (no contraction in
/// reach, no word to inflect) another takes its turn. `vocabulary` gives the words that are put
/// in. Insertions never stand at the ends: a word before the first is no part of the text. `None`
/// if the text is too short for that many edits.
///
/// ```
/// use doublet_generate::edits::{Edit, edit_words};
/// use doublet_generate::random::Random;
/// let text = "alliances are not based on a pattern";
/// let edited = edit_words(text, 1, &[Edit::Contraction], &["x".into()], &mut Random::new(1)).unwrap();
/// assert_eq!(edited.text, "alliances aren't based on a pattern");
/// ```
#[must_use]
pub fn edit_words(
    text: &str,
    count: usize,
    kinds: &[Edit],
    vocabulary: &[String],
    random: &mut Random,
) -> Option<Edited> {
    let mut pieces = take_apart(text);
    for _ in 0..count {
        let mut order = kinds.to_vec();
        random.shuffle(&mut order);
        order.into_iter().find(|&kind| edit_once(&mut pieces, kind, vocabulary, random))?;
    }
    let edits = pieces.iter().filter_map(|piece| piece.edit).collect();
    let mut edited = String::with_capacity(text.len() + 16 * count);
    // A deleted word leaves its gap's punctuation behind, as a copyist would.
    let mut pending: Option<String> = None;
    for piece in &pieces {
        if piece.edit == Some(Edit::Deletion) {
            pending = Some(longer(pending.take(), &piece.gap));
            continue;
        }
        let gap = longer(pending.take(), &piece.gap);
        if !edited.is_empty() {
            edited.push_str(&gap);
        }
        edited.push_str(&piece.word);
    }
    Some(Edited { text: edited, edits })
}

fn longer(pending: Option<String>, gap: &str) -> String {
    pending.filter(|other| other.len() > gap.len()).unwrap_or_else(|| gap.to_owned())
}

fn take_apart(text: &str) -> Vec<Piece> {
    let mut end = 0;
    words(text)
        .into_iter()
        .map(|word| {
            let gap = text[end..word.start].to_owned();
            end = word.end;
            Piece { gap, word: text[word.range()].to_owned(), edit: None, taken: false }
        })
        .collect()
}

/// Makes one edit of a kind at a random place where it can stand; false if there is none.
fn edit_once(
    pieces: &mut Vec<Piece>,
    kind: Edit,
    vocabulary: &[String],
    random: &mut Random,
) -> bool {
    let free = |i: usize| pieces.get(i).is_some_and(|piece| !piece.taken);
    let last = pieces.len().saturating_sub(1);
    let choice = random.below(3);
    let places: Vec<usize> = (0..pieces.len())
        .filter(|&i| match kind {
            Edit::Contraction => {
                free(i)
                    && (written_out(&pieces[i].word).is_some()
                        || (free(i + 1)
                            && pieces[i + 1].gap == " "
                            && contracted(&pieces[i].word, &pieces[i + 1].word).is_some()))
            }
            Edit::Inflection => free(i) && inflected(&pieces[i].word, choice).is_some(),
            // Before word `i`, between two words that both stay as they are.
            Edit::Insertion => i > 0 && free(i) && free(i - 1),
            Edit::Deletion | Edit::Substitution => free(i) && last > 0,
        })
        .collect();
    let Some(&at) = random.choose(&places) else { return false };
    match kind {
        Edit::Contraction => contract(pieces, at),
        Edit::Inflection => {
            if let Some(form) = inflected(&pieces[at].word, choice) {
                pieces[at].word = form;
            }
        }
        Edit::Insertion => {
            let word = other_word("", vocabulary, random);
            pieces.insert(at, Piece { gap: " ".to_owned(), word, edit: None, taken: false });
            // The neighbours keep their words: two edits in one gap would count as one.
            pieces[at - 1].taken = true;
            pieces[at + 1].taken = true;
        }
        Edit::Deletion => {}
        Edit::Substitution => pieces[at].word = other_word(&pieces[at].word, vocabulary, random),
    }
    pieces[at].edit = Some(kind);
    pieces[at].taken = true;
    true
}

fn contract(pieces: &mut Vec<Piece>, at: usize) {
    let capital = pieces[at].word.chars().next().is_some_and(char::is_uppercase);
    let cased = |word: &str| if capital { capitalise(word) } else { word.to_owned() };
    if let Some((first, second)) = written_out(&pieces[at].word) {
        pieces[at].word = if first == "i" { "I".to_owned() } else { cased(first) };
        let word = second.to_owned();
        pieces.insert(at + 1, Piece { gap: " ".to_owned(), word, edit: None, taken: true });
    } else if let Some(short) = contracted(&pieces[at].word, &pieces[at + 1].word) {
        pieces[at].word = cased(short);
        pieces.remove(at + 1);
    }
}

/// A word of the vocabulary that is not `old`.
fn other_word(old: &str, vocabulary: &[String], random: &mut Random) -> String {
    for _ in 0..64 {
        if let Some(word) = random.choose(vocabulary).filter(|word| !word.eq_ignore_ascii_case(old))
        {
            return word.clone();
        }
    }
    format!("{old}x")
}

/// The text under a change of its surface.
#[must_use]
pub fn change_surface(text: &str, surface: Surface) -> String {
    match surface {
        Surface::UpperCase => text.to_uppercase(),
        Surface::LowerCase => text.to_lowercase(),
        Surface::TitleCase => {
            let mut titled = String::with_capacity(text.len());
            let mut end = 0;
            for word in words(text) {
                titled.push_str(&text[end..word.start]);
                titled.push_str(&capitalise(&text[word.range()]));
                end = word.end;
            }
            titled + &text[end..]
        }
        Surface::Quotes if text.contains(['“', '”', '’']) => {
            text.replace(['“', '”'], "\"").replace('’', "'")
        }
        Surface::Quotes => {
            let mut curly = String::with_capacity(text.len() + 8);
            let mut before = ' ';
            for c in text.chars() {
                curly.push(match c {
                    '\'' => '’',
                    '"' if before.is_whitespace() => '“',
                    '"' => '”',
                    c => c,
                });
                before = c;
            }
            curly
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "We are not building alliances, said the general; it's based on a Cold War pattern";

    fn list(text: &str) -> Vec<String> {
        words(text).iter().map(|w| text[w.range()].to_lowercase()).collect()
    }

    /// Levenshtein distance in words.
    fn distance(a: &[String], b: &[String]) -> usize {
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.iter().enumerate() {
            let mut corner = row[0];
            row[0] = i + 1;
            for (j, y) in b.iter().enumerate() {
                let cost = (corner + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
                corner = row[j + 1];
                row[j + 1] = cost;
            }
        }
        row[b.len()]
    }

    #[test]
    fn edits_are_counted_exactly() {
        let vocabulary = vec!["zebra".to_owned(), "quagga".to_owned()];
        let kinds = [Edit::Inflection, Edit::Insertion, Edit::Deletion, Edit::Substitution];
        for seed in 0..2_000 {
            let count = seed as usize % 4;
            let mut random = Random::new(seed);
            let edited = edit_words(TEXT, count, &kinds, &vocabulary, &mut random).expect("room");
            assert_eq!(edited.edits.len(), count);
            assert_eq!(distance(&list(TEXT), &list(&edited.text)), count, "{edited:?}");
        }
    }

    #[test]
    fn contractions_go_both_ways() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..40 {
            let mut random = Random::new(seed);
            let edited =
                edit_words(TEXT, 1, &[Edit::Contraction], &[], &mut random).expect("three places");
            assert_eq!(edited.edits, [Edit::Contraction]);
            seen.insert(edited.text);
        }
        let all: Vec<&str> = seen.iter().map(String::as_str).collect();
        assert_eq!(
            all,
            [
                "We are not building alliances, said the general; it is based on a Cold War pattern",
                "We aren't building alliances, said the general; it's based on a Cold War pattern",
                "We're not building alliances, said the general; it's based on a Cold War pattern",
            ]
        );
        assert!(
            edit_words("no such pair", 1, &[Edit::Contraction], &[], &mut Random::new(0)).is_none()
        );
    }

    #[test]
    fn every_contraction_returns() {
        for (a, b, short) in CONTRACTIONS {
            assert_eq!(contracted(a, b), Some(short));
            assert_eq!(written_out(&short.replace('\'', "’")), Some((a, b)));
        }
    }

    #[test]
    fn forms_of_words() {
        let cases = [
            ("pattern", 0, Some("patterns")),
            ("patterns", 1, Some("pattern")),
            ("accuse", 1, Some("accused")),
            ("accuse", 2, Some("accusing")),
            ("church", 0, Some("churches")),
            ("the", 0, None),
            ("between", 0, None),
            ("Kremlin", 0, None),
        ];
        for (word, choice, form) in cases {
            assert_eq!(inflected(word, choice).as_deref(), form, "{word}");
        }
        assert_eq!(inflected("glass", 0).as_deref(), Some("glasses"));
    }

    #[test]
    fn surfaces_keep_the_words() {
        let text = "\"We aren't,\" he said";
        assert_eq!(change_surface(text, Surface::Quotes), "“We aren’t,” he said");
        assert_eq!(change_surface("“We aren’t,” he said", Surface::Quotes), text);
        assert_eq!(change_surface(text, Surface::UpperCase), "\"WE AREN'T,\" HE SAID");
        assert_eq!(change_surface(text, Surface::TitleCase), "\"We Aren't,\" He Said");
        for surface in [Surface::Quotes, Surface::UpperCase, Surface::LowerCase, Surface::TitleCase]
        {
            let changed = change_surface(text, surface).replace('’', "'");
            assert_eq!(list(&changed), list(text));
        }
    }
}
