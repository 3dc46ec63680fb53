//! Where a passage may be cut: at words, sentences or paragraphs.
//!
//! Idea: a cut never takes what does not repeat. So bounds shrink a passage to the whole sentences
//! or paragraphs inside it, and where there is none nothing is cut. What surrounds the words of a
//! sentence (quotation marks, the full stop, the blank after it) goes with it.
//!
//! Cost: one pass over the text for each document that is cut.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::span::Span;

/// Where passages are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bounds {
    /// At their first and last word.
    #[default]
    Word,
    /// Whole sentences inside them. A line end ends a sentence, too.
    Sentence,
    /// Whole paragraphs inside them: stretches between empty lines.
    Paragraph,
}

impl Bounds {
    /// The units of a text, in order and without gaps; none where passages are cut as they are.
    pub(super) fn units(self, text: &str) -> Vec<Unit> {
        let ranges: Vec<Range<usize>> = match self {
            Self::Word => Vec::new(),
            Self::Sentence => text
                .split_sentence_bound_indices()
                .map(|(start, sentence)| start..start + sentence.len())
                .collect(),
            Self::Paragraph => paragraphs(text),
        };
        ranges.into_iter().filter_map(|range| Unit::new(text, range)).collect()
    }

    /// What of `piece` is cut: the piece itself, or the units inside it.
    pub(super) fn within(self, units: &[Unit], piece: Span) -> Vec<Span> {
        if self == Self::Word {
            return vec![piece];
        }
        let first = units.partition_point(|unit| unit.words.start < piece.start);
        let inside = units[first..].iter().take_while(|unit| unit.words.end <= piece.end);
        let mut cut: Vec<Span> = Vec::new();
        for unit in inside {
            match cut.last_mut() {
                Some(last) if last.end == unit.whole.start => *last = last.hull(unit.whole),
                _ => cut.push(unit.whole),
            }
        }
        cut
    }
}

/// A sentence or a paragraph that holds words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// With everything up to the next one.
    whole: Span,
    /// From its first letter or digit to its last.
    words: Span,
}

impl Unit {
    fn new(text: &str, range: Range<usize>) -> Option<Self> {
        let unit = &text[range.clone()];
        let start = unit.find(char::is_alphanumeric)?;
        let (last, character) = unit.char_indices().rfind(|(_, c)| c.is_alphanumeric())?;
        let at = |offset: usize| (range.start + offset) as u32;
        Some(Self {
            whole: Span::new(at(0), range.end as u32),
            words: Span::new(at(start), at(last + character.len_utf8())),
        })
    }
}

/// Stretches that end after empty lines.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut paragraphs = Vec::new();
    let (mut start, mut at, mut after_empty) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let is_empty = line.trim().is_empty();
        if after_empty && !is_empty {
            paragraphs.push(start..at);
            start = at;
        }
        after_empty = is_empty;
        at += line.len();
    }
    paragraphs.push(start..text.len());
    paragraphs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut<'t>(bounds: Bounds, text: &'t str, passage: &str) -> Vec<&'t str> {
        let start = text.find(passage).expect("the passage stands in the text") as u32;
        let piece = Span::new(start, start + passage.len() as u32);
        let spans = bounds.within(&bounds.units(text), piece);
        spans.into_iter().map(|span| &text[span.range()]).collect()
    }

    #[test]
    fn whole_sentences_inside_a_passage() {
        let text = "He left. “She stayed.” Nobody knew. They asked.";
        let passage = "left. “She stayed.” Nobody knew";
        assert_eq!(cut(Bounds::Sentence, text, passage), ["“She stayed.” Nobody knew. "]);
        assert_eq!(cut(Bounds::Sentence, text, "stayed.” Nobody"), [""; 0]);
        assert_eq!(cut(Bounds::Word, text, passage), [passage]);
    }

    #[test]
    fn whole_paragraphs_inside_a_passage() {
        let text = "One\ntwo.\n\nThree\nfour.\n \nFive.\n";
        assert_eq!(cut(Bounds::Paragraph, text, "two.\n\nThree\nfour"), ["Three\nfour.\n \n"]);
        assert_eq!(cut(Bounds::Paragraph, text, "One\ntwo.\n\nThree"), ["One\ntwo.\n\n"]);
    }

    proptest! {
        #[test]
        fn units_are_in_order_and_split_no_character(text in "(\\PC|[ .\n。é😀]){0,80}") {
            for bounds in [Bounds::Sentence, Bounds::Paragraph] {
                let mut end = 0;
                for unit in bounds.units(&text) {
                    prop_assert!(unit.whole.start >= end && unit.whole.contains(unit.words));
                    prop_assert!(text.get(unit.whole.range()).is_some());
                    prop_assert!(text.get(unit.words.range()).is_some());
                    end = unit.whole.end;
                }
            }
        }
    }
}
