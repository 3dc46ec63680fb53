//! What a run is asked to do: one struct a stage, checked once before anything runs.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// All options of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Which halves run.
    pub scope: Scope,
    /// The half that compares documents.
    pub documents: DocumentConfig,
    /// The half that finds passages.
    pub passages: PassageConfig,
    /// Worker threads; 0 takes one a core.
    pub threads: usize,
}

/// Which halves of the flow run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Documents and passages.
    #[default]
    Both,
    /// Documents only.
    Documents,
    /// Passages only.
    Passages,
}

impl Scope {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Documents => "documents",
            Self::Passages => "passages",
        }
    }
}

/// How documents are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentConfig {
    /// Words a shingle, 1 to 64. Default 5.
    pub shingle_size: u32,
    /// Registers a sketch, a power of two from 16 to 4096. Default 256.
    pub sketch_size: u32,
    /// Lowest Jaccard similarity of near-duplicates, above 0 to 1. Default 0.8.
    pub threshold: f64,
    /// Lowest share of a document's shingles that another must hold to contain it, above 0 to 1.
    /// Default 0.9.
    pub containment: f64,
    /// Wanted probability that a pair at the threshold becomes a candidate. Default 0.99.
    pub recall: f64,
    /// How matches become clusters.
    pub linkage: Linkage,
    /// Which version represents a cluster.
    pub keep: Keep,
}

impl Default for DocumentConfig {
    fn default() -> Self {
        Self {
            shingle_size: 5,
            sketch_size: 256,
            threshold: 0.8,
            containment: 0.9,
            recall: 0.99,
            linkage: Linkage::Star,
            keep: Keep::Longest,
        }
    }
}

/// How matches become clusters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Linkage {
    /// Every member matches the representative itself.
    #[default]
    Star,
    /// Chains of matches join (connected components).
    Single,
}

impl Linkage {
    /// The name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Star => "star",
            Self::Single => "single",
        }
    }
}

/// Which version of a document represents its cluster. Ties go to the lowest id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// The one with the most tokens.
    #[default]
    Longest,
    /// The first in input order.
    First,
    /// The latest by a metadata field, or by the document's date without one.
    Newest(Option<String>),
    /// The earliest by a metadata field, or by the document's date without one.
    Oldest(Option<String>),
    /// The largest number in a metadata field.
    Max(String),
    /// The one from the source named first; the longest of that source.
    SourceOrder,
}

impl FromStr for Keep {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, field) = match text.split_once(':') {
            Some((name, field)) if !field.is_empty() => (name, Some(field.to_owned())),
            Some((name, _)) => (name, None),
            None => (text, None),
        };
        match (name, field) {
            ("longest", None) => Ok(Self::Longest),
            ("first", None) => Ok(Self::First),
            ("newest", field) => Ok(Self::Newest(field)),
            ("oldest", field) => Ok(Self::Oldest(field)),
            ("max", Some(field)) => Ok(Self::Max(field)),
            ("source-order", None) => Ok(Self::SourceOrder),
            _ => Err(Error::new(ErrorKind::Config, format!("the keep policy {text:?}")).expected(
                "longest, first, newest[:FIELD], oldest[:FIELD], max:FIELD or source-order",
            )),
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Longest => f.write_str("longest"),
            Self::First => f.write_str("first"),
            Self::Newest(None) => f.write_str("newest"),
            Self::Oldest(None) => f.write_str("oldest"),
            Self::Newest(Some(field)) => write!(f, "newest:{field}"),
            Self::Oldest(Some(field)) => write!(f, "oldest:{field}"),
            Self::Max(field) => write!(f, "max:{field}"),
            Self::SourceOrder => f.write_str("source-order"),
        }
    }
}

/// How passages are found.
#[derive(Clone, Debug, PartialEq)]
pub struct PassageConfig {
    /// Fewest words that an alignment must match, in part or whole, at least 3. Default 8.
    pub min_words: u32,
    /// How short an undisturbed run still leads to a passage.
    pub sensitivity: Sensitivity,
    /// Lowest identity of a member with its canonical passage, 0 to 1. Default 0.6.
    pub min_identity: f64,
    /// Lowest distinctiveness of reuse, 0 to 1; below it a passage is boilerplate.
    pub min_distinctiveness: f64,
}

impl Default for PassageConfig {
    fn default() -> Self {
        Self {
            min_words: 8,
            sensitivity: Sensitivity::Auto,
            min_identity: 0.6,
            min_distinctiveness: 0.25,
        }
    }
}

impl PassageConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a value out of its range.
    pub fn check(&self) -> Result<()> {
        if self.min_words < 3 {
            return Err(Error::new(
                ErrorKind::Config,
                format!("passages of {} words", self.min_words),
            )
            .expected("at least 3")
            .remedy("raise the fewest words"));
        }
        let shares =
            [("identity", self.min_identity), ("distinctiveness", self.min_distinctiveness)];
        match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((name, share)) => {
                Err(Error::new(ErrorKind::Config, format!("a lowest {name} of {share}"))
                    .expected("a share from 0 to 1"))
            }
            None => Ok(()),
        }
    }

    /// The same with the sensitivity that a collection of so many tokens runs at.
    #[must_use]
    pub fn resolved(&self, tokens: u64) -> Self {
        Self { sensitivity: self.sensitivity.resolve(tokens), ..self.clone() }
    }
}

/// Which words-in-a-row become anchors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sensitivity {
    /// 5-grams in windows of 6: every run of 10 shared words is found.
    Fast,
    /// 4-grams in windows of 3: every run of 6 shared words is found.
    Balanced,
    /// Every 3-gram.
    High,
    /// `High` for small inputs, `Balanced` beyond.
    #[default]
    Auto,
}
