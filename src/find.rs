//! The whole flow: configuration, wiring, progress. No algorithm lives here.
//!
//! [`Doublet::find`] takes the documents through tokens, the document half and the passage half,
//! and puts the report together. Every stage is parallel inside and sorted at its end, so the
//! result does not depend on the number of threads.

use std::collections::HashMap;
use std::time::Instant;

use rayon::prelude::*;

use crate::config::{Config, PassageConfig, Scope, Sensitivity};
use crate::document::{Document, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::content_hash;
use crate::passage::coverage::{Extent, coverage};
use crate::passage::{Collection, find_passages};
use crate::report::model::{
    DocumentEntry, Group, Parameters, Report, Run, SCHEMA_VERSION, StageTime, Suppressed,
};
use crate::text::{TokenBuffer, TokenIndex, Tokenizer};

/// Name of the group of documents that have neither group nor source.
const NO_GROUP: &str = "documents";

/// Finds what repeats.
///
/// ```
/// use doublet::{Document, Doublet};
/// let documents = [
///     Document::new("Herald", "He said: “We are not building any military alliances today.”"),
///     Document::new("Courier", "The minister: we aren’t building any military alliances today!"),
/// ];
/// let report = Doublet::new().find(&documents)?;
/// let passage = &report.passages[0];
/// assert_eq!(passage.text, "We are not building any military alliances today");
/// let member = &passage.members[1];
/// let words = &documents[member.document.index()].text[member.span.range()];
/// assert_eq!(words, "we aren’t building any military alliances today");
/// # Ok::<(), doublet::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Doublet {
    config: Config,
}

/// Builds a [`Doublet`].
#[derive(Clone, Debug, Default)]
pub struct Builder {
    config: Config,
}

impl Builder {
    /// Sets all options at once.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Checks the options.
    pub fn build(self) -> Result<Doublet> {
        Ok(Doublet { config: self.config })
    }
}

impl Doublet {
    /// With the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With options of your own.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Compares documents and finds the passages that they share.
    pub fn find(&self, documents: &[Document]) -> Result<Report> {
        if self.config.threads == 0 {
            return self.run(documents);
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.config.threads)
            .build()
            .map_err(|error| Error::new(ErrorKind::Config, "no threads").because(error))?;
        pool.install(|| self.run(documents))
    }

    fn run(&self, documents: &[Document]) -> Result<Report> {
        let mut times = Vec::new();
        let mut clock = Instant::now();
        let mut lap = |stage: &str, times: &mut Vec<StageTime>| {
            times.push(StageTime {
                stage: stage.to_owned(),
                seconds: clock.elapsed().as_secs_f64(),
            });
            clock = Instant::now();
        };
        let tokens: Vec<TokenIndex> = documents
            .par_iter()
            .with_min_len(16)
            .map_init(
                || (Tokenizer::new(), TokenBuffer::default()),
                |(tokenizer, buffer), document| {
                    tokenizer.tokenize(&document.text, buffer);
                    TokenIndex::new(buffer)
                },
            )
            .collect();
        lap("tokens", &mut times);
        let total: u64 = tokens.iter().map(|index| index.len() as u64).sum();
        let hashes: Vec<u128> = tokens
            .par_iter()
            .map(|index| content_hash(index.hashes().iter().map(|hash| hash.0)))
            .collect();
        let mut suppressed = Suppressed {
            empty_documents: tokens.iter().filter(|index| index.is_empty()).count() as u64,
            ..Suppressed::default()
        };
        let mut first_with = HashMap::new();
        let copy_of: Vec<u32> = hashes
            .iter()
            .zip(0u32..)
            .map(|(&hash, id)| *first_with.entry(hash).or_insert(id))
            .collect();
        let representative = copy_of.clone();
        lap("documents", &mut times);
        let dates: Vec<Option<Timestamp>> = documents.iter().map(|_| None).collect();
        let passages_config = PassageConfig {
            sensitivity: self.config.passages.sensitivity.resolve(total),
            ..self.config.passages.clone()
        };
        let collection = Collection {
            documents,
            tokens: &tokens,
            copy_of: &copy_of,
            representative: &representative,
        };
        let passages = if self.config.scope == Scope::Documents {
            Vec::new()
        } else {
            find_passages(&collection, &dates, &passages_config, &mut suppressed)
        };
        lap("passages", &mut times);
        let (groups, group_of) = groups(documents, &tokens);
        let counts: Vec<u32> = tokens.iter().map(|index| index.len() as u32).collect();
        let extent = Extent { tokens: &counts, groups: &group_of, group_count: groups.len() };
        let coverage = coverage(&extent, &passages);
        lap("report", &mut times);
        Ok(Report {
            schema_version: SCHEMA_VERSION,
            run: Run {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                parameters: parameters(&self.config, passages_config.sensitivity),
                documents: documents.len() as u64,
                bytes: documents.iter().map(|document| document.text.len() as u64).sum(),
                tokens: total,
                times,
            },
            groups,
            documents: documents
                .iter()
                .zip(&group_of)
                .zip(counts.iter().zip(&hashes))
                .map(|((document, &group), (&tokens, hash))| DocumentEntry {
                    name: document.name.clone(),
                    group,
                    date: document.date.clone(),
                    origin: document.origin.clone(),
                    bytes: document.text.len() as u32,
                    tokens,
                    content_hash: format!("{hash:032x}"),
                    metadata: document.metadata.clone(),
                })
                .collect(),
            matches: Vec::new(),
            document_clusters: Vec::new(),
            passages,
            coverage,
            suppressed,
            skipped: Vec::new(),
        })
    }
}

/// The groups in order of first appearance, and each document's.
fn groups(documents: &[Document], tokens: &[TokenIndex]) -> (Vec<Group>, Vec<u32>) {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut group_of = Vec::with_capacity(documents.len());
    for (document, index) in documents.iter().zip(tokens) {
        let source = document.origin.as_ref().map(|origin| origin.source.as_str());
        let name = document.group.as_deref().or(source).unwrap_or(NO_GROUP);
        let number = *numbers.entry(name).or_insert_with(|| {
            groups.push(Group { name: name.to_owned(), ..Group::default() });
            groups.len() as u32 - 1
        });
        group_of.push(number);
        let group = &mut groups[number as usize];
        group.documents += 1;
        group.bytes += document.text.len() as u64;
        group.tokens += index.len() as u64;
    }
    (groups, group_of)
}

fn parameters(config: &Config, sensitivity: Sensitivity) -> Parameters {
    Parameters {
        scope: String::new(),
        sketch_spec: String::new(),
        shingle_size: config.documents.shingle_size,
        sketch_size: config.documents.sketch_size,
        threshold: config.documents.threshold,
        containment: config.documents.containment,
        bands: 0,
        rows: 0,
        linkage: String::new(),
        keep: config.documents.keep.to_string(),
        min_words: config.passages.min_words,
        sensitivity: sensitivity.name().to_owned(),
        min_identity: config.passages.min_identity,
        min_distinctiveness: config.passages.min_distinctiveness,
    }
}
