//! The whole flow: configuration, wiring, progress. No algorithm lives here.
//!
//! [`Doublet::find`] takes the documents through tokens, the document half and the passage half,
//! and puts the report together. Every stage is parallel inside and sorted at its end, so the
//! result does not depend on the number of threads.

use std::collections::HashMap;
use std::time::Instant;

use rayon::prelude::*;

use crate::cluster::{keep_ranks, protected_first};
use crate::config::{Config, PassageConfig, Scope};
use crate::document::{DocId, Document, Timestamp};
use crate::documents::store::{Store, StoreBuilder, TokenRows, TokensAt};
use crate::documents::{DocumentFeatures, DocumentFindings, FeatureMaker, compare_store};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::content_hash;
use crate::passage::coverage::{Extent, coverage};
use crate::passage::{Collection, find_passages};
use crate::report::model::{
    DocumentCluster, DocumentEntry, Group, Parameters, Report, Run, SCHEMA_VERSION, StageTime,
};
use crate::spill::Work;
use crate::stop::{self, Stop};
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
#[derive(Default)]
pub struct Doublet {
    config: Config,
    observer: Option<Observer>,
    pool: Option<rayon::ThreadPool>,
    stop: Stop,
}

/// Builds a [`Doublet`].
///
/// ```
/// use doublet::{Config, Doublet, PassageConfig, Scope};
/// let config = Config {
///     scope: Scope::Passages,
///     passages: PassageConfig { min_words: 6, ..PassageConfig::default() },
///     ..Config::default()
/// };
/// let doublet = Doublet::builder().config(config).threads(2).build()?;
/// # Ok::<(), doublet::Error>(())
/// ```
#[derive(Default)]
pub struct Builder {
    config: Config,
    observer: Option<Observer>,
    stop: Option<Stop>,
}

type Observer = Box<dyn Fn(Event) + Send + Sync>;

/// What a run tells while it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A stage begins.
    Started(Stage),
}

/// The stages of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Tokens, sketches and bands of every document.
    Tokens,
    /// Candidates, verification and clusters of documents.
    Documents,
    /// Anchors and the runs of equal words that grow from their links.
    Links,
    /// Alignment of what documents share.
    Alignments,
    /// Passage clusters.
    Passages,
    /// Coverage and the report.
    Report,
}

impl Stage {
    /// The name in reports and progress bars.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Documents => "documents",
            Self::Links => "links",
            Self::Alignments => "alignments",
            Self::Passages => "passages",
            Self::Report => "report",
        }
    }
}

impl Builder {
    /// Sets all options at once.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the number of worker threads; 0 takes one a core.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.config.threads = threads;
        self
    }

    /// Calls `observer` as the run goes on, from the thread that runs it.
    #[must_use]
    pub fn progress(mut self, observer: impl Fn(Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Lets runs be stopped from another thread: they fail with [`ErrorKind::Interrupted`] within
    /// milliseconds after somebody [asked](Stop::ask). Such runs have a thread pool of their own.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Checks the options.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a value out of its range, or when a thread pool of the wanted
    /// size cannot be made.
    pub fn build(self) -> Result<Doublet> {
        FeatureMaker::new(&self.config.documents)?;
        self.config.passages.check()?;
        let threads = self.config.threads;
        let pool = if threads == 0 && self.stop.is_none() {
            None
        } else {
            let mut builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
            if let Some(stop) = self.stop.clone() {
                builder = builder.start_handler(move |_| stop.watch());
            }
            Some(builder.build().map_err(|error| {
                Error::new(ErrorKind::Config, format!("no room for {threads} threads"))
                    .remedy("ask for fewer")
                    .because(error)
            })?)
        };
        let stop = self.stop.unwrap_or_default();
        Ok(Doublet { config: self.config, observer: self.observer, pool, stop })
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

    /// The options.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Compares documents and finds the passages that they share.
    ///
    /// The result is the same for any number of threads; only [`Run::times`] differs.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for more than 2³² − 2 documents or a text of 4 GiB or more;
    /// [`ErrorKind::Interrupted`] when it was [stopped](Builder::stop).
    pub fn find(&self, documents: &[Document]) -> Result<Report> {
        self.find_protecting(documents, 0)
    }

    /// As [`find`](Self::find), but the first `protected` documents represent their clusters,
    /// whatever the keep policy says of the others.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_protecting(&self, documents: &[Document], protected: usize) -> Result<Report> {
        match &self.pool {
            None => self.run(documents, protected),
            Some(pool) => pool.install(|| stop::catch(|| self.run(documents, protected))),
        }
    }

    fn run(&self, documents: &[Document], protected: usize) -> Result<Report> {
        check_limits(documents)?;
        let mut clock = Clock::new(self.observer.as_deref());
        clock.begin(Stage::Tokens);
        self.stop.check()?;
        let Analysis { counts, content_hashes, tokens, store } = analyse(documents, &self.config)?;
        let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();

        clock.begin(Stage::Documents);
        self.stop.check()?;
        let compared = match &store {
            None => DocumentFindings::default(),
            Some(store) => {
                let ranks =
                    keep_ranks(&self.config.documents.keep, documents, &counts, Timestamp::parse);
                let ranks = protected_first(&ranks, protected);
                match &tokens {
                    Held::Rows(rows) => compare_store(store, rows, &ranks, &self.config.documents)?,
                    Held::Indexes(indexes) => {
                        let lookup = |id: DocId| indexes[id.index()].hashes();
                        compare_store(store, &TokensAt(&lookup), &ranks, &self.config.documents)?
                    }
                }
            }
        };
        drop(store);

        let mut suppressed = compared.suppressed;
        suppressed.empty_documents = counts.iter().filter(|&&count| count == 0).count() as u64;
        let config = self.config.passages.resolved(total);
        let mut passages = Vec::new();
        if let Held::Indexes(tokens) = &tokens {
            let copy_of = first_copies(&content_hashes);
            let representative = representatives(&compared.clusters, &copy_of);
            let dates = dates(documents);
            let collection = Collection {
                documents,
                tokens,
                copy_of: &copy_of,
                representative: &representative,
            };
            passages = find_passages(&collection, &dates, &config, &mut suppressed, &mut |stage| {
                clock.begin(stage);
                stop::checkpoint();
            });
        }

        clock.begin(Stage::Report);
        self.stop.check()?;
        let (groups, group_of) = groups(documents, &counts);
        let extent = Extent { tokens: &counts, groups: &group_of, group_count: groups.len() };
        let coverage = coverage(&extent, &passages);
        let entry = |((document, &group), (&tokens, hash)): ((&Document, &u32), (&u32, &u128))| {
            DocumentEntry {
                name: document.name.clone(),
                group,
                date: document.date.clone(),
                origin: document.origin.clone(),
                bytes: document.text.len() as u32,
                tokens,
                content_hash: format!("{hash:032x}"),
                metadata: document.metadata.clone(),
            }
        };
        let entries = documents.iter().zip(&group_of).zip(counts.iter().zip(&content_hashes));
        let documents_entries: Vec<DocumentEntry> = entries.map(entry).collect();
        Ok(Report {
            schema_version: SCHEMA_VERSION,
            run: Run {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                parameters: parameters(&self.config, &config)?,
                documents: documents.len() as u64,
                bytes: documents.iter().map(|document| document.text.len() as u64).sum(),
                tokens: total,
                times: clock.finish(),
                text_field: None,
            },
            groups,
            documents: documents_entries,
            matches: compared.matches,
            document_clusters: compared.clusters,
            passages,
            coverage,
            suppressed,
            skipped: Vec::new(),
        })
    }
}

/// Times the stages and tells of them.
struct Clock<'a> {
    observer: Option<&'a (dyn Fn(Event) + Send + Sync)>,
    times: Vec<StageTime>,
    since: Option<(Stage, Instant)>,
}

impl<'a> Clock<'a> {
    const fn new(observer: Option<&'a (dyn Fn(Event) + Send + Sync)>) -> Self {
        Self { observer, times: Vec::new(), since: None }
    }

    fn begin(&mut self, stage: Stage) {
        self.end();
        self.since = Some((stage, Instant::now()));
        if let Some(observer) = self.observer {
            observer(Event::Started(stage));
        }
    }

    fn end(&mut self) {
        if let Some((stage, since)) = self.since.take() {
            let seconds = since.elapsed().as_secs_f64();
            self.times.push(StageTime { stage: stage.name().to_owned(), seconds });
        }
    }

    fn finish(mut self) -> Vec<StageTime> {
        self.end();
        self.times
    }
}

/// What one pass over the texts makes.
struct Analysis {
    /// Tokens of each document.
    counts: Vec<u32>,
    content_hashes: Vec<u128>,
    tokens: Held,
    /// Where documents are compared.
    store: Option<Store>,
}

/// The tokens of all documents.
enum Held {
    /// With their places, for passages.
    Indexes(Vec<TokenIndex>),
    /// Alone.
    Rows(TokenRows),
}

/// Documents that are analysed before what was made of them is put in its place.
const BATCH: usize = 1024;

/// The one pass over the texts: tokens, and from them sketch, bands and content hash.
fn analyse(documents: &[Document], config: &Config) -> Result<Analysis> {
    let maker = FeatureMaker::new(&config.documents)?;
    let compare = config.scope != Scope::Passages;
    let work = Work::in_memory();
    let mut builder = compare.then(|| StoreBuilder::new(&work, maker.spec().sketch_size()));
    let mut tokens = match config.scope {
        Scope::Documents => Held::Rows(TokenRows::new(&work)),
        Scope::Both | Scope::Passages => Held::Indexes(Vec::with_capacity(documents.len())),
    };
    let mut counts = Vec::with_capacity(documents.len());
    let mut content_hashes = Vec::with_capacity(documents.len());
    for batch in documents.chunks(BATCH) {
        let analysed: Vec<(TokenIndex, u128, Option<DocumentFeatures>)> = batch
            .par_iter()
            .with_min_len(8)
            .map_init(
                || (Tokenizer::new(), TokenBuffer::default(), maker.clone()),
                |(tokenizer, buffer, maker), document| {
                    stop::checkpoint();
                    tokenizer.tokenize(&document.text, buffer);
                    let index = TokenIndex::new(buffer);
                    let features = compare.then(|| maker.features(index.hashes()));
                    let hash = features.as_ref().map_or_else(
                        || content_hash(index.hashes().iter().map(|token| token.0)),
                        |features| features.content_hash,
                    );
                    (index, hash, features)
                },
            )
            .collect();
        for (index, hash, features) in analysed {
            counts.push(index.len() as u32);
            content_hashes.push(hash);
            if let (Some(builder), Some(features)) = (&mut builder, &features) {
                builder.add(features)?;
            }
            match &mut tokens {
                Held::Indexes(indexes) => indexes.push(index),
                Held::Rows(rows) => rows.add(index.hashes())?,
            }
        }
    }
    if let Held::Rows(rows) = &mut tokens {
        rows.seal(false)?;
    }
    let store = builder.map(|builder| builder.finish(false)).transpose()?;
    Ok(Analysis { counts, content_hashes, tokens, store })
}

fn check_limits(documents: &[Document]) -> Result<()> {
    DocId::from_index(documents.len())?;
    match documents.iter().find(|document| document.text.len() >= u32::MAX as usize) {
        None => Ok(()),
        Some(document) => Err(Error::new(
            ErrorKind::Limit,
            format!("{} bytes of text in the document {:?}", document.text.len(), document.name),
        )
        .expected("less than 4 GiB")
        .remedy("split the document")),
    }
}

/// For each document the first one with the same tokens. Documents without tokens are nobody's
/// copy here: they share no passage.
fn first_copies(content_hashes: &[u128]) -> Vec<u32> {
    let mut first_with: HashMap<u128, u32> = HashMap::with_capacity(content_hashes.len());
    let first = |(&hash, id): (&u128, u32)| *first_with.entry(hash).or_insert(id);
    content_hashes.iter().zip(0..).map(first).collect()
}

/// For each document the one that passages find it through: the first copy of its cluster's
/// representative.
fn representatives(clusters: &[DocumentCluster], copy_of: &[u32]) -> Vec<u32> {
    let mut representative = copy_of.to_vec();
    for cluster in clusters {
        let centre = copy_of[cluster.representative.index()];
        for member in &cluster.members {
            let first = copy_of[member.document.index()];
            if first != centre {
                representative[first as usize] = centre;
                representative[member.document.index()] = centre;
            }
        }
    }
    representative
}

fn dates(documents: &[Document]) -> Vec<Option<Timestamp>> {
    documents
        .par_iter()
        .map(|document| document.date.as_deref().and_then(Timestamp::parse))
        .collect()
}

/// The groups in order of first appearance, and each document's.
fn groups(documents: &[Document], counts: &[u32]) -> (Vec<Group>, Vec<u32>) {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut group_of = Vec::with_capacity(documents.len());
    for (document, &tokens) in documents.iter().zip(counts) {
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
        group.tokens += u64::from(tokens);
    }
    (groups, group_of)
}

fn parameters(config: &Config, passages: &PassageConfig) -> Result<Parameters> {
    let maker = FeatureMaker::new(&config.documents)?;
    let documents = &config.documents;
    Ok(Parameters {
        scope: config.scope.name().to_owned(),
        sketch_spec: maker.spec().id(),
        shingle_size: documents.shingle_size,
        sketch_size: documents.sketch_size,
        threshold: documents.threshold,
        containment: documents.containment,
        bands: maker.banding().bands(),
        rows: maker.banding().rows(),
        linkage: documents.linkage.name().to_owned(),
        keep: documents.keep.to_string(),
        min_words: passages.min_words,
        sensitivity: passages.sensitivity.name().to_owned(),
        min_identity: passages.min_identity,
        min_distinctiveness: passages.min_distinctiveness,
    })
}
