//! The whole flow: configuration, wiring, progress. No algorithm lives here.
//!
//! [`Doublet::find`] takes the documents through tokens, the document half and the passage half,
//! and puts the report together. Every stage is parallel inside and sorted at its end, so the
//! result does not depend on the number of threads. [`Doublet::gather`] does the same for documents
//! that come batch by batch, where texts are not needed to the end.

mod entries;
mod gather;
mod stage;

pub use self::gather::Gathering;
use self::stage::Observer;
pub use self::stage::{Event, Stage};
use crate::config::{Config, Scope};
use crate::document::Document;
use crate::documents::FeatureMaker;
use crate::error::{Error, ErrorKind, Result};
use crate::report::model::Report;
use crate::stop::{self, Stop};
use crate::threads;

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
            Some(threads::pool(threads, self.stop.as_ref())?)
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
    /// The result is the same for any number of threads; only
    /// [`Run::times`](crate::report::model::Run::times) differs.
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
        self.install(|| {
            let mut gathering = Gathering::new(self)?;
            gathering.take(documents)?;
            gathering.conclude(documents, protected)
        })
    }

    /// Compares a corpus with a reference: the first `reference` documents (an evaluation set, an
    /// earlier crawl) with all others. Nothing is compared within the reference nor within the
    /// corpus, so a small reference costs little more than reading the corpus.
    ///
    /// In the report every match, document cluster and passage says what of the corpus stands
    /// where in the reference; [`crate::report::json`] has the details.
    ///
    /// # Errors
    /// As [`find`](Self::find); [`ErrorKind::Config`] for a reference of more documents than there
    /// are.
    ///
    /// ```
    /// use doublet::{Document, Doublet};
    /// let documents = [
    ///     Document::new("question 7", "Which river flows through the capital of the old province?"),
    ///     Document::new("page 1", "Quiz night: which river flows through the capital of the old province? The Ems."),
    ///     Document::new("page 2", "Quiz night: nobody knew, and the Ems was the answer."),
    /// ];
    /// let report = Doublet::new().find_against(&documents, 1)?;
    /// let passage = &report.passages[0];
    /// let places: Vec<&str> =
    ///     passage.members.iter().map(|m| &*documents[m.document.index()].name).collect();
    /// assert_eq!(places, ["question 7", "page 1"]);
    /// # Ok::<(), doublet::Error>(())
    /// ```
    pub fn find_against(&self, documents: &[Document], reference: usize) -> Result<Report> {
        if reference > documents.len() {
            let found = format!("a reference of {reference} among {} documents", documents.len());
            return Err(Error::new(ErrorKind::Config, found)
                .expected("the reference first, then the corpus"));
        }
        self.install(|| {
            let mut gathering = Gathering::new(self)?;
            gathering.against(reference);
            gathering.take(documents)?;
            gathering.conclude(documents, reference)
        })
    }

    /// Begins a run that takes its documents batch by batch and forgets their texts, for
    /// collections whose texts need not be in memory together.
    ///
    /// Best called inside [`install`](Self::install), with all that follows.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the [scope](Config::scope) is not [`Scope::Documents`]: passages
    /// are shown as they stand in the texts.
    ///
    /// ```
    /// use doublet::{Config, Document, Doublet, Scope};
    /// let config = Config { scope: Scope::Documents, ..Config::default() };
    /// let doublet = Doublet::builder().config(config).build()?;
    /// let report = doublet.install(|| {
    ///     let mut gathering = doublet.gather()?;
    ///     for day in ["Monday", "Tuesday"] {
    ///         gathering.add(vec![Document::new(day, "The weather stays as it was.")])?;
    ///     }
    ///     gathering.finish()
    /// })?;
    /// let cluster = &report.document_clusters[0];
    /// assert_eq!((cluster.representative.0, cluster.members[0].document.0), (0, 1));
    /// # Ok::<(), doublet::Error>(())
    /// ```
    pub fn gather(&self) -> Result<Gathering<'_>> {
        if self.config.scope != Scope::Documents {
            let found =
                format!("documents in batches for the scope {:?}", self.config.scope.name());
            return Err(Error::new(ErrorKind::Config, found)
                .expected("the scope \"documents\"")
                .remedy("call find with all documents"));
        }
        Gathering::new(self)
    }

    /// Runs something on the threads of this run, such as the reading of its documents.
    ///
    /// # Errors
    /// Those of `run`, and [`ErrorKind::Interrupted`] when it was [stopped](Builder::stop).
    pub fn install<T: Send>(&self, run: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        match &self.pool {
            None => run(),
            Some(pool) => pool.install(|| stop::catch(run)),
        }
    }
}
