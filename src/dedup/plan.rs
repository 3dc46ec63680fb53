//! The plan: what goes, why, and what stands for it.
//!
//! Idea: documents first, in the order of the keep policy, then passages of those that stay, then
//! the documents that cuts leave too short. Each step only ever takes from what stays, and what
//! stands for something is pinned, so no removal leads to a removal.
//!
//! Cost: linear in the matches and in the members of passages, besides their sorts; texts are
//! read only where something is cut.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::bounds::Bounds;
use super::documents::{self as whole, Decisions};
use super::passages::{self, Cuts, Cutter, Standing, Texts as _, outline_of};
use crate::config::Scope;
use crate::document::{DocId, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::report::model::Report;
use crate::span::Span;

/// Why something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The same words in the same order.
    Exact,
    /// Similarity of at least the threshold.
    Near,
    /// Nearly all of it stands in the other document.
    Contained,
    /// A passage that stands elsewhere.
    Passage,
    /// Too little was left of the document when its passages were cut.
    Short,
}

impl Rule {
    /// All rules, in the order in which they are told.
    pub const ALL: [Self; 5] =
        [Self::Exact, Self::Near, Self::Contained, Self::Passage, Self::Short];

    /// The name in `removed.jsonl`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Near => "near",
            Self::Contained => "contained",
            Self::Passage => "passage",
            Self::Short => "short",
        }
    }
}

/// What is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a set of four")]
pub struct Rules {
    /// Documents of the same words.
    pub exact: bool,
    /// Near-duplicates.
    pub near: bool,
    /// Documents that stand in another.
    pub contained: bool,
    /// Repeated passages, from the second place on.
    pub passages: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { exact: true, near: true, contained: false, passages: false }
    }
}

impl Rules {
    /// Which halves of the flow decide what goes.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match (self.passages, self.documents()) {
            (true, true) => Scope::Both,
            (true, false) => Scope::Passages,
            (false, _) => Scope::Documents,
        }
    }

    /// Whether whole documents are compared.
    #[must_use]
    pub const fn documents(self) -> bool {
        self.exact || self.near || self.contained
    }
}

impl FromStr for Rules {
    type Err = Error;

    /// Reads names with commas between them.
    ///
    /// ```
    /// use doublet::dedup::Rules;
    /// let rules: Rules = "exact,near".parse()?;
    /// assert_eq!(rules, Rules::default());
    /// assert!("exact,similar".parse::<Rules>().is_err());
    /// # Ok::<(), doublet::Error>(())
    /// ```
    fn from_str(text: &str) -> Result<Self> {
        let mut rules = Self { exact: false, near: false, contained: false, passages: false };
        for name in text.split(',') {
            match name.trim() {
                "exact" => rules.exact = true,
                "near" => rules.near = true,
                "contained" => rules.contained = true,
                "passages" => rules.passages = true,
                other => {
                    return Err(Error::new(ErrorKind::Config, format!("the rule {other:?}"))
                        .expected("exact, near, contained or passages, with commas between them"));
                }
            }
        }
        Ok(rules)
    }
}

/// How a plan is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What is to go.
    pub rules: Rules,
    /// Where passages are cut.
    pub bounds: Bounds,
    /// Whether passages that the report calls boilerplate are cut too. Default false.
    pub boilerplate: bool,
    /// A document of which cuts leave fewer words goes whole. Default 20.
    pub min_words_left: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            bounds: Bounds::default(),
            boilerplate: false,
            min_words_left: 20,
        }
    }
}

/// A span that is cut, and what stands for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// What is cut, in bytes of the text.
    pub span: Span,
    /// The document that keeps the passage.
    pub kept: DocId,
    /// Where it keeps it.
    pub kept_span: Span,
    /// Share of equal words, of this place or the kept one with the passage's canonical wording,
    /// whichever is lower.
    pub score: f64,
}

/// Something that goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Removal {
    /// Of which document.
    pub document: DocId,
    /// Why.
    pub rule: Rule,
    /// Similarity, containment or identity by the rule; for `short` the share of bytes cut.
    pub score: f64,
    /// The document that stands for it.
    pub kept: DocId,
    /// The spans it concerns: one for a passage, all cuts for `short`, none otherwise.
    pub cuts: Vec<Cut>,
}

/// What goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Everything that goes, by document, then span.
    pub removals: Vec<Removal>,
    /// Whether each document goes whole, by id.
    pub gone: Vec<bool>,
    /// The spans to cut from documents that stay, in order and apart from each other.
    pub cuts: BTreeMap<DocId, Vec<Span>>,
}

impl Plan {
    /// Decides what goes.
    ///
    /// `report` is about `documents`, of which the first `protected` stay, and all of a reference if
    /// there is one, which is counted with them; `ranks` is the order of
    /// preference ([`protected_first`](crate::cluster::protected_first) of
    /// [`keep_ranks`](crate::cluster::keep_ranks)), by id.
    ///
    /// ```
    /// use doublet::dedup::{Options, Plan, Rule};
    /// use doublet::{Document, Doublet};
    /// let text = "the quick brown fox jumps over the lazy dog and runs away";
    /// let documents = [Document::new("a", text), Document::new("b", text)];
    /// let report = Doublet::new().find(&documents)?;
    /// let plan = Plan::new(&documents, &report, &[0, 1], 0, &Options::default());
    /// assert_eq!(plan.gone, [false, true]);
    /// assert_eq!(plan.removals[0].rule, Rule::Exact);
    /// # Ok::<(), doublet::Error>(())
    /// ```
    #[must_use]
    pub fn new(
        documents: &[Document],
        report: &Report,
        ranks: &[u32],
        protected: usize,
        options: &Options,
    ) -> Self {
        let ahead = protected.max(report.reference().unwrap_or(0));
        let decisions = Decisions::new(report, ranks, ahead, options.rules);
        let mut plan = Self { gone: decisions.gone(), ..Self::default() };
        let cuts = if options.rules.passages {
            let pairing = whole::pairing(report);
            let standing = Standing { ranks, pairing, ahead, gone: &plan.gone };
            let mut cutter = Cutter::new(documents, standing, options, usize::MAX);
            report.passages.iter().for_each(|cluster| cutter.cluster(outline_of(cluster)));
            cutter.finish()
        } else {
            Cuts::default()
        };
        plan.removals = decisions.into_removals();
        let mut pinned = cuts.pinned;
        pinned.resize(documents.len(), false);
        for removal in &plan.removals {
            pinned[removal.kept.index()] = true;
        }
        for (document, found) in cuts.by_document {
            let is_pinned = pinned[document.index()];
            plan.cut(documents, document, found, is_pinned, options.min_words_left);
        }
        plan.removals.sort_by_key(|removal| {
            (removal.document, removal.cuts.first().map(|cut| cut.span.start))
        });
        plan
    }

    /// Cuts a document, or takes it whole where too little is left.
    fn cut(
        &mut self,
        documents: &[Document],
        document: DocId,
        cuts: Vec<Cut>,
        is_pinned: bool,
        min_words_left: usize,
    ) {
        match documents.show(document, |text| Fate::of(text, &cuts, is_pinned, min_words_left)) {
            Fate::Stays => {}
            Fate::Cut(spans) => {
                self.removals.extend(cuts.into_iter().map(|cut| Removal {
                    document,
                    rule: Rule::Passage,
                    score: cut.score,
                    kept: cut.kept,
                    cuts: vec![cut],
                }));
                self.cuts.insert(document, spans);
            }
            Fate::Short { score, kept } => {
                self.gone[document.index()] = true;
                self.removals.push(Removal { document, rule: Rule::Short, score, kept, cuts });
            }
        }
    }

    /// Number of removals of a rule.
    #[must_use]
    pub fn count(&self, rule: Rule) -> usize {
        self.removals.iter().filter(|removal| removal.rule == rule).count()
    }
}

/// What becomes of a document whose passages may be cut.
pub(super) enum Fate {
    /// It stays as it is.
    Stays,
    /// These spans go, in order and apart.
    Cut(Vec<Span>),
    /// It goes whole: this share of it would be cut, for the most part for this document.
    Short { score: f64, kept: DocId },
}

impl Fate {
    /// Where too little is left, the document goes whole; one that stands for others cannot, so it
    /// is left as it is then.
    pub(super) fn of(text: &str, cuts: &[Cut], is_pinned: bool, min_words_left: usize) -> Self {
        let spans = joined(cuts.iter().map(|cut| cut.span));
        if passages::words_left(text, &spans) >= min_words_left {
            return Self::Cut(spans);
        }
        match longest(cuts).filter(|_| !is_pinned) {
            None => Self::Stays,
            Some(longest) => {
                let cut: u64 = spans.iter().map(|span| u64::from(span.len())).sum();
                Self::Short { score: cut as f64 / text.len().max(1) as f64, kept: longest.kept }
            }
        }
    }
}

/// The longest of some cuts, which stands for all where one must.
pub(super) fn longest(cuts: &[Cut]) -> Option<Cut> {
    cuts.iter().max_by_key(|cut| (cut.span.len(), cut.span.start)).copied()
}

/// Spans in order, those that touch made one.
pub(super) fn joined(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.collect();
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => *last = last.hull(span),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Doublet;

    fn plan(texts: &[String], options: &Options, protected: usize) -> Plan {
        let documents: Vec<Document> = texts.iter().map(|text| Document::new("d", text)).collect();
        let report = Doublet::new().find_protecting(&documents, protected).expect("it runs");
        let ranks: Vec<u32> = (0..documents.len() as u32).collect();
        Plan::new(&documents, &report, &ranks, protected, options)
    }

    /// Words that no other seed has, in scripts with and without spaces.
    fn words(seed: usize, count: usize) -> String {
        let word = |i: usize| match seed % 3 {
            0 => format!("w{seed}é{i} "),
            1 => format!("слово{seed}x{i}, "),
            _ => char::from_u32(0x4E00 + (seed * 211 + i * 7) as u32 % 20_000)
                .map_or_else(String::new, String::from),
        };
        (0..count).map(word).collect()
    }

    fn passages() -> Options {
        let rules: Rules = "exact,near,passages".parse().expect("rules");
        Options { rules, ..Options::default() }
    }

    #[test]
    fn a_document_that_stands_for_others_does_not_go_for_being_short() {
        let whole = format!("{}{}", words(0, 60), words(3, 60));
        let part = words(3, 60);
        let texts = [whole, part.clone(), part];
        let found = plan(&texts, &passages(), 0);
        // The second is all in the first, but the third went for it.
        assert_eq!(found.gone, [false, false, true]);
        assert!(found.cuts.is_empty());
        let alone = plan(&texts[..2], &passages(), 0);
        assert_eq!(alone.gone, [false, true]);
        assert_eq!((alone.removals[0].rule, alone.removals[0].kept), (Rule::Short, DocId(0)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        #[test]
        fn cuts_are_apart_split_no_character_and_spare_what_stands_for_them(
            pieces in prop::collection::vec(
                prop::collection::vec((0_usize..9, 10_usize..40), 1..5), 2..8),
            protected in 0_usize..2,
            bounds in prop::sample::select(vec![Bounds::Word, Bounds::Sentence, Bounds::Paragraph]),
            boilerplate: bool,
            min_words_left in 0_usize..60,
        ) {
            let text = |pieces: &Vec<(usize, usize)>| -> String {
                let piece = |&(seed, count): &(usize, usize)| words(seed, count) + ".\n\n";
                pieces.iter().map(piece).collect()
            };
            let texts: Vec<String> = pieces.iter().map(text).collect();
            let options = Options { bounds, boilerplate, min_words_left, ..passages() };
            let plan = plan(&texts, &options, protected);
            prop_assert!(plan.gone[..protected].iter().all(|gone| !gone));
            prop_assert!(plan.cuts.keys().all(|id| id.index() >= protected));
            for (id, spans) in &plan.cuts {
                prop_assert!(!plan.gone[id.index()]);
                let text = &texts[id.index()];
                prop_assert!(spans.iter().all(|span| text.get(span.range()).is_some()));
                prop_assert!(spans.windows(2).all(|pair| pair[0].end < pair[1].start));
                prop_assert!(passages::words_left(text, spans) >= min_words_left);
            }
            for removal in &plan.removals {
                prop_assert!(!plan.gone[removal.kept.index()]);
                for cut in &removal.cuts {
                    let kept_cuts = plan.cuts.get(&cut.kept);
                    let mut kept_cuts = kept_cuts.into_iter().flatten();
                    prop_assert!(kept_cuts.all(|span| span.overlap(cut.kept_span) == 0));
                }
            }
        }
    }
}
