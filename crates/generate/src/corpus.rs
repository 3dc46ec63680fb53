//! Background documents of any number, with near-duplicates planted among them.
//!
//! Stands in for a large real collection: film reviews, novels and transcripts cut to log-normal
//! lengths (median 1.7 kB, from 250 bytes to 60 kB), a quarter of them copies of earlier documents:
//! exact, of another format, edited at rates from 0.5% to 30%, cut short, or two put together. The
//! kinds have the shares of the real collection that the project is measured on.
//!
//! Cost: some 40 MB/s; the memory of the last 4,096 originals (a copy is of one of them), whatever
//! the number of documents.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::edits::{Edit, Surface, change_surface, edit_words};
use crate::lexicon::Lexicon;
use crate::prose::Author;
use crate::random::{Random, exponential};
use crate::words;

/// How far back a copy may reach, in originals.
const WINDOW: usize = 4_096;
/// Shares of changed words in edited copies, in tenths of a percent.
const RATES: [usize; 9] = [5, 10, 20, 30, 50, 80, 120, 200, 300];
/// Shares of the words that truncated copies keep, in percent.
const KEPT: [usize; 6] = [35, 50, 65, 80, 90, 95];

/// What to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorpusPlan {
    /// Decides every byte.
    pub seed: u64,
    /// Documents in 1,000 that are copies. Default 250.
    pub copies: usize,
    /// Fewest bytes of an original. Default 250.
    pub shortest: usize,
    /// Most bytes of an original, about. Default 60,000.
    pub longest: usize,
    /// Bytes that half of the originals stay below. Default 1,670.
    pub median: usize,
}

impl Default for CorpusPlan {
    fn default() -> Self {
        Self { seed: 0, copies: 250, shortest: 250, longest: 60_000, median: 1_670 }
    }
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Its number, from 0.
    pub index: usize,
    /// Its text.
    pub text: String,
    /// What it is a copy of, if it is one.
    pub copy: Option<CopyOf>,
}

/// How a document was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyOf {
    /// Numbers of the documents it was made from: two for [`CopyKind::Joined`], else one.
    pub of: Vec<usize>,
    /// What was done.
    pub kind: CopyKind,
}

/// What was done to a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyKind {
    /// Nothing.
    Exact,
    /// Upper case, other quotation marks, other white space, or another line width.
    Format,
    /// Words inserted, deleted and replaced, so many in 1,000.
    Edited(usize),
    /// The first words kept, so many in 100.
    Truncated(usize),
    /// Two documents, one after the other.
    Joined,
}

impl CorpusPlan {
    /// The documents, one after another without end.
    #[must_use]
    pub fn documents(&self) -> Documents {
        Documents {
            lexicon: Lexicon::new(self.seed),
            plan: self.clone(),
            next: 0,
            originals: Vec::new(),
            vocabulary: Vec::new(),
        }
    }

    /// Documents until their texts hold `bytes` bytes or more.
    pub fn documents_of(&self, bytes: u64) -> impl Iterator<Item = Generated> {
        let mut left = Some(bytes);
        self.documents().map_while(move |document| {
            let before = left.filter(|&left| left > 0)?;
            left = Some(before.saturating_sub(document.text.len() as u64));
            Some(document)
        })
    }

    /// Writes documents as JSON lines `{"id": …, "text": …}` until the file holds `bytes` bytes or
    /// more; the number of documents.
    pub fn write_jsonl(&self, bytes: u64, out: &mut impl Write) -> io::Result<usize> {
        let mut written = 0;
        let mut line = String::new();
        for (count, document) in self.documents().enumerate() {
            if written >= bytes {
                return Ok(count);
            }
            line.clear();
            json_line(&format!("d{:07}", document.index), &document.text, &mut line);
            out.write_all(line.as_bytes())?;
            written += line.len() as u64;
        }
        unreachable!("the documents have no end")
    }
}

/// Adds one JSON line to `out`.
pub fn json_line(id: &str, text: &str, out: &mut String) {
    out.push_str("{\"id\":\"");
    push_escaped(id, out);
    out.push_str("\",\"text\":\"");
    push_escaped(text, out);
    out.push_str("\"}\n");
}

fn push_escaped(text: &str, out: &mut String) {
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        // An ASCII byte: a character by itself.
        out.push_str(&text[done..at]);
        done = at + 1;
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(&text[done..]);
}

/// Documents without end; see [`CorpusPlan::documents`].
#[derive(Debug)]
pub struct Documents {
    plan: CorpusPlan,
    lexicon: Lexicon,
    next: usize,
    /// The last originals, in a ring.
    originals: Vec<(usize, String)>,
    /// Words that edits put in.
    vocabulary: Vec<String>,
}

impl Iterator for Documents {
    type Item = Generated;

    fn next(&mut self) -> Option<Generated> {
        let index = self.next;
        self.next += 1;
        let mut random = Random::stream(self.plan.seed, index as u64);
        let copied = random.chance(self.plan.copies, 1_000) && self.originals.len() > 1;
        let (text, copy) = if copied {
            let (text, copy) = self.copy(&mut random);
            (text, Some(copy))
        } else {
            // σ = 0.96, as measured on the real collection.
            let factor = exponential(0.96 * random.normal());
            let bytes = (self.plan.median as f64 * factor) as usize;
            let bytes = bytes.clamp(self.plan.shortest, self.plan.longest.max(self.plan.shortest));
            let text = Author::new(&self.lexicon, random).text(bytes);
            self.remember(index, &text);
            (text, None)
        };
        Some(Generated { index, text, copy })
    }
}

impl Documents {
    fn remember(&mut self, index: usize, text: &str) {
        if self.vocabulary.len() < 4_096 {
            self.vocabulary
                .extend(words(text).iter().map(|word| text[word.range()].to_lowercase()));
        }
        if self.originals.len() < WINDOW {
            self.originals.push((index, text.to_owned()));
        } else {
            self.originals[index % WINDOW] = (index, text.to_owned());
        }
    }

    fn copy(&self, random: &mut Random) -> (String, CopyOf) {
        let (of, text) = &self.originals[random.below(self.originals.len())];
        let mut sources = vec![*of];
        let (text, kind) = match random.below(100) {
            0..16 => (text.clone(), CopyKind::Exact),
            16..27 => (reformat(text, random), CopyKind::Format),
            27..76 => {
                let rate = RATES[random.below(RATES.len())];
                (self.edit(text, rate, random), CopyKind::Edited(rate))
            }
            76..88 => {
                let kept = KEPT[random.below(KEPT.len())];
                (truncate(text, kept), CopyKind::Truncated(kept))
            }
            _ => {
                let (second, other) = &self.originals[random.below(self.originals.len())];
                sources.push(*second);
                (format!("{text}\n\n{other}"), CopyKind::Joined)
            }
        };
        (text, CopyOf { of: sources, kind })
    }

    /// Edits `rate` words in 1,000, sentence-sized piece by piece so that the cost stays linear.
    fn edit(&self, text: &str, rate: usize, random: &mut Random) -> String {
        const KINDS: [Edit; 3] = [Edit::Insertion, Edit::Deletion, Edit::Substitution];
        let words = words(text);
        let mut edited = String::with_capacity(text.len());
        let mut end = 0;
        for piece in words.chunks(40) {
            let (first, last) = (piece[0], piece[piece.len() - 1]);
            edited.push_str(&text[end..first.start]);
            end = last.end;
            let count = piece.iter().filter(|_| random.chance(rate, 1_000)).count();
            let piece = &text[first.start..last.end];
            match edit_words(piece, count, &KINDS, &self.vocabulary, random) {
                Some(changed) => edited.push_str(&changed.text),
                None => edited.push_str(piece),
            }
        }
        edited + &text[end..]
    }
}

/// The text in another format; its words stay.
fn reformat(text: &str, random: &mut Random) -> String {
    match random.below(4) {
        0 => change_surface(text, Surface::UpperCase),
        1 => change_surface(text, Surface::Quotes),
        2 => text.replace("\n\n", "\r\n\r\n").replace(' ', "  "),
        _ => {
            let mut wrapped = String::with_capacity(text.len());
            let mut column = 0;
            for c in text.chars() {
                let breaks = c == ' ' && column >= 60;
                wrapped.push(if breaks { '\n' } else { c });
                column = if breaks || c == '\n' { 0 } else { column + 1 };
            }
            wrapped
        }
    }
}

/// The first `kept` percent of the words.
fn truncate(text: &str, kept: usize) -> String {
    let words = words(text);
    let count = (words.len() * kept / 100).max(1);
    words.get(count - 1).map_or_else(String::new, |last| text[..last.end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        words(text).iter().map(|w| text[w.range()].to_lowercase().replace('’', "'")).collect()
    }

    #[test]
    fn bytes_are_frozen() {
        let mut jsonl = Vec::new();
        let count =
            CorpusPlan::default().write_jsonl(1_000_000, &mut jsonl).expect("memory takes all");
        let sum = jsonl.iter().fold(0u64, |sum, &b| crate::random::split_mix(sum ^ u64::from(b)));
        assert_eq!((count, sum), (312, 16_747_479_115_612_058_513));
    }

    #[test]
    fn lengths_and_copies_have_their_shares() {
        let documents: Vec<Generated> = CorpusPlan::default().documents().take(4_000).collect();
        let mut lengths: Vec<usize> =
            documents.iter().filter(|d| d.copy.is_none()).map(|d| d.text.len()).collect();
        lengths.sort_unstable();
        let quantile = |q: usize| lengths[lengths.len() * q / 100];
        assert!((1_500..1_950).contains(&quantile(50)), "{}", quantile(50));
        assert!((780..1_050).contains(&quantile(25)), "{}", quantile(25));
        assert!((2_900..3_700).contains(&quantile(75)), "{}", quantile(75));
        assert!(lengths[0] >= 250 && lengths[lengths.len() - 1] < 61_000);
        let copies = documents.iter().filter(|d| d.copy.is_some()).count();
        assert!((900..1_100).contains(&copies), "{copies}");
    }

    #[test]
    fn copies_are_what_they_say() {
        let documents: Vec<Generated> = CorpusPlan::default().documents().take(2_000).collect();
        let mut kinds = [0; 5];
        for document in &documents {
            let Some(copy) = &document.copy else { continue };
            let source = &documents[copy.of[0]].text;
            assert!(copy.of.iter().all(|&of| of < document.index));
            match copy.kind {
                CopyKind::Exact => {
                    kinds[0] += 1;
                    assert_eq!(&document.text, source);
                }
                CopyKind::Format => {
                    kinds[1] += 1;
                    assert_eq!(list(&document.text), list(source));
                }
                CopyKind::Edited(rate) => {
                    kinds[2] += 1;
                    let kept = list(&document.text).len() as f64 / list(source).len() as f64;
                    assert!((kept - 1.0).abs() < rate as f64 / 1_000.0 + 0.05, "{kept} at {rate}");
                }
                CopyKind::Truncated(kept) => {
                    kinds[3] += 1;
                    assert!(source.starts_with(&document.text));
                    assert_eq!(
                        list(&document.text).len(),
                        (list(source).len() * kept / 100).max(1)
                    );
                }
                CopyKind::Joined => {
                    kinds[4] += 1;
                    assert!(document.text.ends_with(&documents[copy.of[1]].text));
                }
            }
        }
        assert!(kinds.iter().all(|&count| count > 20), "{kinds:?}");
    }

    #[test]
    fn json_is_escaped() {
        let mut line = String::new();
        json_line("a\"", "tab\t \\ \u{1} “é”\r\n", &mut line);
        assert_eq!(line, "{\"id\":\"a\\\"\",\"text\":\"tab\\t \\\\ \\u0001 “é”\\r\\n\"}\n");
    }

    #[test]
    fn amounts_are_kept() {
        let plan = CorpusPlan::default();
        let bytes: usize = plan.documents_of(500_000).map(|d| d.text.len()).sum();
        assert!((500_000..570_000).contains(&bytes), "{bytes}");
    }
}
