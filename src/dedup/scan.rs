//! The first pass over a collection: what must be kept of its documents to decide what goes.
//!
//! Idea: documents arrive batch by batch and are forgotten; what later stages need of them lies
//! in stores within a budget of memory. [`Scanned::decide`] then finds the pairs and decides
//! component by component, and finds passages and decides what is cut; [`Verdicts`] say what
//! goes. The texts of what goes are read again when they are written down.
//!
//! Cost, at the defaults: 45 bytes a document in memory, and up to 40 more while it decides;
//! besides, in memory or on disk as the budget has it, some 1.1 kilobytes a document and 4 bytes a
//! token; where passages are looked for the texts as well.
//!
//! [`Verdicts`]: super::Verdicts

use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, SavedCatalogue};
use super::plan::Options;
use crate::cluster::KeepKeys;
use crate::config::{Config, Scope};
use crate::document::Timestamp;
use crate::documents::analysis::analyse;
use crate::documents::store::{Brief, SavedStore, Store, StoreBuilder, TokenRow, TokenRows};
use crate::documents::{FeatureMaker, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::passage::archive::{TextRow, TextRows};
use crate::passage::{Origins, SavedOrigins};
use crate::source::Batch;
use crate::spill::Work;
use crate::text::{Checkpoints, TokenBuffer};

/// Takes the documents of a collection, in input order.
///
/// ```
/// use doublet::dedup::{Options, Scan};
/// use doublet::source::{Input, ReadConfig, StreamOptions, stream};
/// use doublet::spill::Work;
/// use doublet::{Config, Scope};
/// let lines = "{\"text\": \"The same words.\"}\n{\"text\": \"Others.\"}\n{\"text\": \"the same words\"}\n";
/// let config = Config { scope: Scope::Documents, ..Config::default() };
/// let mut scan = Scan::new(&config, &Options::default(), &Work::in_memory())?;
/// stream(
///     [Input::reader("-", lines.as_bytes())],
///     &ReadConfig::default(),
///     &StreamOptions::default(),
///     &(),
///     |batch| scan.add(&batch, 0),
/// )?;
/// let verdicts = scan.finish(false)?.decide(&mut |_| {})?;
/// assert_eq!(verdicts.removed().len(), 1);
/// assert_eq!(verdicts.removed()[0].document.0, 2);
/// # Ok::<(), doublet::Error>(())
/// ```
pub struct Scan {
    config: Config,
    options: Options,
    maker: FeatureMaker,
    builder: StoreBuilder,
    tokens: TokenRows,
    passages: Option<PassageStore>,
    keys: KeepKeys,
    catalogue: Catalogue,
}

/// What passages need besides tokens.
pub(super) struct PassageStore {
    pub(super) texts: TextRows,
    pub(super) origins: Origins,
}

/// Which pairs of documents are looked for. Passages are found by way of whole clusters, so these
/// are complete then, whatever goes.
pub(super) const fn wanted(scope: Scope, options: &Options) -> Wanted {
    match scope {
        Scope::Documents => Wanted { near: options.rules.near, contained: options.rules.contained },
        Scope::Both => Wanted { near: true, contained: true },
        Scope::Passages => Wanted { near: false, contained: false },
    }
}

/// Whether tokens are kept: where documents are compared, or passages are looked for.
const fn keeps_tokens(scope: Scope, options: &Options) -> bool {
    compares(scope, options) || !matches!(scope, Scope::Documents)
}

/// Whether documents are compared, or only looked up word for word.
pub(super) const fn compares(scope: Scope, options: &Options) -> bool {
    let wanted = wanted(scope, options);
    wanted.near || wanted.contained
}

impl Scan {
    /// A scan for what `options` take away. Passages are looked for if the scope of `config` has
    /// them.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for values of `config` out of their
    /// ranges.
    pub fn new(config: &Config, options: &Options, work: &Work) -> Result<Self> {
        let maker = FeatureMaker::new(&config.documents)?;
        config.passages.check()?;
        let passages = || PassageStore { texts: TextRows::new(work), origins: Origins::default() };
        Ok(Self {
            config: config.clone(),
            options: options.clone(),
            builder: StoreBuilder::new(work, maker.spec().sketch_size()),
            maker,
            tokens: TokenRows::new(work),
            passages: (config.scope != Scope::Documents).then(passages),
            keys: KeepKeys::new(&config.documents.keep),
            catalogue: Catalogue::new(work),
        })
    }

    /// Takes the next documents of a reference, before all others: then only what stands in it
    /// goes, and nothing for standing twice in the rest. A reference may be without documents.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] after a document that is not of the reference; otherwise as
    /// [`Scan::add`].
    pub fn add_reference(&mut self, batch: &Batch) -> Result<()> {
        let before = self.catalogue.reference.unwrap_or(0);
        if self.catalogue.bytes.len() != before {
            return Err(Error::new(ErrorKind::Config, "a reference after other documents")
                .expected("all of the reference first"));
        }
        self.catalogue.reference = Some(before + batch.documents.len());
        self.add(batch, batch.documents.len())
    }

    /// Takes the next documents, of which the first `protected` are never removed. Those come
    /// before all others but a reference.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when there is no room for work files.
    pub fn add(&mut self, batch: &Batch, protected: usize) -> Result<()> {
        self.catalogue.ahead += protected;
        let compares = compares(self.config.scope, &self.options);
        let maker = compares.then_some(&self.maker);
        let keeps = keeps_tokens(self.config.scope, &self.options);
        let aligns = self.passages.is_some();
        let keep = |text: &str, buffer: &TokenBuffer| {
            let tokens = keeps.then(|| TokenRow::of(&buffer.hashes));
            let row = || TextRow::new(text, &Checkpoints::new(buffer), buffer.len() as u32);
            (tokens, aligns.then(row))
        };
        analyse(&batch.documents, maker, keep, |index, analysed| {
            let (document, place) = (&batch.documents[index], batch.places[index]);
            let (tokens, text) = analysed.kept;
            match &analysed.features {
                None => {
                    let brief = Brief::of(analysed.content_hash, analysed.tokens, 0);
                    self.builder.add_brief(brief, 0);
                }
                Some(features) => self.builder.add(features)?,
            }
            if let Some(tokens) = tokens {
                self.tokens.add(&tokens)?;
            }
            if let (Some(store), Some(text)) = (&mut self.passages, text) {
                store.texts.add(&text)?;
                store.origins.add(self.catalogue.bytes.len(), document);
            }
            self.keys.push(document, Timestamp::parse);
            self.catalogue.add(document, place.file, place.record)
        })
    }

    /// Bytes of memory that each document takes at most, whatever the budget.
    pub const MEMORY_EACH: u64 = 85;

    /// Bytes that were put into stores so far, in memory or on disk.
    #[must_use]
    pub fn stored(&self) -> u64 {
        let texts = self.passages.as_ref().map_or(0, |store| store.texts.end());
        self.builder.stored() + self.tokens.end() + self.catalogue.names.end() + texts
    }

    /// Ends the scan. One that is to be `durable` is on disk then, and can be
    /// [saved](Scanned::save) and found again by another run.
    ///
    /// # Errors
    /// As [`Scan::add`].
    pub fn finish(mut self, durable: bool) -> Result<Scanned> {
        self.tokens.seal(durable)?;
        self.catalogue.names.seal(durable)?;
        if let Some(store) = &mut self.passages {
            store.texts.seal(durable)?;
        }
        let store = self.builder.finish(durable)?;
        let tokens = |id: usize| store.briefs[id].tokens;
        let preferred = self.catalogue.reference.unwrap_or(self.catalogue.ahead);
        let ranks = self.keys.ranks(store.len(), tokens, preferred);
        Ok(Scanned {
            config: self.config,
            options: self.options,
            store,
            tokens: self.tokens,
            passages: self.passages,
            ranks,
            catalogue: self.catalogue,
            saved: None,
        })
    }
}

/// Where a durable scan lies in its work files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedScan {
    store: SavedStore,
    tokens_end: u64,
    passages: Option<(u64, SavedOrigins)>,
    catalogue: SavedCatalogue,
}

/// A collection that was scanned.
pub struct Scanned {
    pub(super) config: Config,
    pub(super) options: Options,
    pub(super) store: Store,
    pub(super) tokens: TokenRows,
    pub(super) passages: Option<PassageStore>,
    pub(super) ranks: Vec<u32>,
    pub(super) catalogue: Catalogue,
    /// Where the catalogue lies, if the scan was saved.
    pub(super) saved: Option<SavedCatalogue>,
}

impl Scanned {
    /// Number of documents.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.store.len() as u64
    }

    /// How to find a durable scan again.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when there is no room for work files.
    pub fn save(&mut self) -> Result<Option<SavedScan>> {
        let work = self.store.work();
        let catalogue = self.catalogue.save(work, &self.ranks)?;
        self.saved.clone_from(&catalogue);
        let passages = match &self.passages {
            None => None,
            Some(PassageStore { texts, origins }) => {
                origins.save(work)?.map(|origins| (texts.end(), origins))
            }
        };
        let store = self.store.save()?;
        let tokens_end = self.tokens.end();
        Ok(store.zip(catalogue).map(|(store, catalogue)| SavedScan {
            store,
            tokens_end,
            passages,
            catalogue,
        }))
    }

    /// Finds a scan again that was made with the same configuration and options, in the same
    /// folder.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when its files are gone or damaged.
    pub fn open(
        config: &Config,
        options: &Options,
        work: &Work,
        saved: &SavedScan,
    ) -> Result<Self> {
        let store = Store::open(work, &saved.store)?;
        let briefs = if keeps_tokens(config.scope, options) { &store.briefs[..] } else { &[] };
        let tokens = TokenRows::open(work, briefs, saved.tokens_end)?;
        let (catalogue, ranks) = Catalogue::open(work, &saved.catalogue)?;
        let passages = match &saved.passages {
            None => None,
            Some((end, origins)) => {
                let counts = briefs.iter().map(|brief| brief.tokens);
                let sizes = counts.zip(catalogue.bytes.iter().copied());
                let texts = TextRows::open(work, sizes, *end)?;
                Some(PassageStore { texts, origins: Origins::open(work, origins)? })
            }
        };
        Ok(Self {
            config: config.clone(),
            options: options.clone(),
            store,
            tokens,
            passages,
            ranks,
            catalogue,
            saved: Some(saved.catalogue.clone()),
        })
    }
}
