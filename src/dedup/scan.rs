//! The first pass over a collection: what must be kept of its documents to decide which go.
//!
//! Idea: documents arrive batch by batch and are forgotten; what later stages need of them lies
//! in stores within a budget of memory. [`Scan::decide`] then finds the pairs and decides
//! component by component, and [`Verdicts`] say what goes. The texts of what goes are read again
//! when they are written down.
//!
//! Cost, at the defaults: 45 bytes a document in memory, and up to 40 more while it decides;
//! besides, in memory or on disk as the budget has it, some 1.1 kilobytes a document and 4 bytes a
//! token.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::documents::{Least, Member, Pair, choose};
use super::plan::{Rule, Rules};
use super::verdicts::{NAME_HEAD, Removed, Verdicts, save_removed};
use crate::cluster::{Component, Copies, Faces, KeepKeys, each_component};
use crate::config::DocumentConfig;
use crate::document::{DocId, Document, Timestamp};
use crate::documents::store::{
    Brief, Lengths, SavedStore, Store, StoreBuilder, TokenRow, TokenRows,
};
use crate::documents::{DocumentFeatures, FeatureMaker, Recall, Wanted, find_matches};
use crate::error::Result;
use crate::hash::content_hash;
use crate::source::Batch;
use crate::spill::{Rows, SavedRuns, Sorted, Work, record};
use crate::text::{TokenBuffer, Tokenizer};

/// Documents that are analysed before what was made of them is put in its place.
const BATCH: usize = 1024;

/// What is made of a document.
enum Analysed {
    /// It is only looked up word for word.
    Brief(Brief),
    /// It is compared.
    Compared(DocumentFeatures, TokenRow),
}

/// Takes the documents of a collection, in input order.
///
/// ```
/// use doublet::dedup::{Rules, Scan};
/// use doublet::source::{Input, ReadConfig, StreamOptions, stream};
/// use doublet::spill::Work;
/// use doublet::DocumentConfig;
/// let lines = "{\"text\": \"The same words.\"}\n{\"text\": \"Others.\"}\n{\"text\": \"the same words\"}\n";
/// let mut scan = Scan::new(&DocumentConfig::default(), Rules::default(), &Work::in_memory())?;
/// stream(
///     [Input::reader("-", lines.as_bytes())],
///     &ReadConfig::default(),
///     &StreamOptions::default(),
///     &(),
///     |batch| scan.add(&batch, 0),
/// )?;
/// let verdicts = scan.finish(false)?.decide()?;
/// assert_eq!(verdicts.removed().len(), 1);
/// assert_eq!(verdicts.removed()[0].document.0, 2);
/// # Ok::<(), doublet::Error>(())
/// ```
pub struct Scan {
    config: DocumentConfig,
    rules: Rules,
    maker: FeatureMaker,
    builder: StoreBuilder,
    tokens: TokenRows,
    keys: KeepKeys,
    catalogue: Catalogue,
}

/// Names and places of all documents.
pub(super) struct Catalogue {
    pub(super) names: Rows,
    pub(super) lengths: Lengths,
    /// Bytes of each document's text.
    pub(super) bytes: Vec<u32>,
    /// Path of each file, by its number.
    pub(super) files: Vec<String>,
    pub(super) protected: usize,
}

impl Scan {
    /// A scan for what `rules` take away; passages are none of its business.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for values of `config` out of their
    /// ranges.
    pub fn new(config: &DocumentConfig, rules: Rules, work: &Work) -> Result<Self> {
        let maker = FeatureMaker::new(config)?;
        Ok(Self {
            config: config.clone(),
            rules,
            builder: StoreBuilder::new(work, maker.spec().sketch_size()),
            maker,
            tokens: TokenRows::new(work),
            keys: KeepKeys::new(&config.keep),
            catalogue: Catalogue {
                names: work.rows("names", 5),
                lengths: Lengths::default(),
                bytes: Vec::new(),
                files: Vec::new(),
                protected: 0,
            },
        })
    }

    /// Takes the next documents, of which the first `protected` are never removed. Those come
    /// before all others.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when there is no room for work files.
    pub fn add(&mut self, batch: &Batch, protected: usize) -> Result<()> {
        self.catalogue.protected += protected;
        let compares = compares(self.rules);
        for (documents, places) in batch.documents.chunks(BATCH).zip(batch.places.chunks(BATCH)) {
            let maker = &self.maker;
            let analysed: Vec<Analysed> = documents
                .par_iter()
                .with_min_len(8)
                .map_init(
                    || (Tokenizer::new(), TokenBuffer::default(), maker.clone()),
                    |(tokenizer, buffer, maker), document| {
                        tokenizer.tokenize(&document.text, buffer);
                        let tokens = &buffer.hashes[..];
                        if compares {
                            Analysed::Compared(maker.features(tokens), TokenRow::of(tokens))
                        } else {
                            let hash = content_hash(tokens);
                            Analysed::Brief(Brief::of(hash, tokens.len() as u32, 0))
                        }
                    },
                )
                .collect();
            for ((document, place), analysed) in documents.iter().zip(places).zip(analysed) {
                match analysed {
                    Analysed::Brief(brief) => self.builder.add_brief(brief, 0),
                    Analysed::Compared(features, tokens) => {
                        self.builder.add(&features)?;
                        self.tokens.add(&tokens)?;
                    }
                }
                self.keys.push(document, Timestamp::parse);
                self.catalogue.add(document, place.file, place.record)?;
            }
        }
        Ok(())
    }

    /// Bytes of memory that each document takes at most, whatever the budget.
    pub const MEMORY_EACH: u64 = 85;

    /// Bytes that were put into stores so far, in memory or on disk.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.builder.stored() + self.tokens.end() + self.catalogue.names.end()
    }

    /// Ends the scan. One that is to be `durable` is on disk then, and can be
    /// [saved](Scanned::save) and found again by another run.
    ///
    /// # Errors
    /// As [`Scan::add`].
    pub fn finish(mut self, durable: bool) -> Result<Scanned> {
        self.tokens.seal(durable)?;
        self.catalogue.names.seal(durable)?;
        let store = self.builder.finish(durable)?;
        let tokens = |id: usize| store.briefs[id].tokens;
        let ranks = self.keys.ranks(store.len(), tokens, self.catalogue.protected);
        Ok(Scanned {
            config: self.config,
            rules: self.rules,
            store,
            tokens: self.tokens,
            ranks,
            catalogue: self.catalogue,
            saved: None,
        })
    }
}

/// Whether documents are compared, or only looked up word for word.
const fn compares(rules: Rules) -> bool {
    rules.near || rules.contained
}

impl Catalogue {
    fn add(&mut self, document: &Document, file: u32, record: u64) -> Result<()> {
        let mut row = Vec::with_capacity(NAME_HEAD + document.name.len());
        row.extend_from_slice(&file.to_le_bytes());
        row.extend_from_slice(&record.to_le_bytes());
        row.extend_from_slice(document.name.as_bytes());
        let place = self.names.append(&row)?;
        self.lengths.push(place, row.len() as u32);
        self.bytes.push(document.text.len() as u32);
        let file = file as usize;
        if self.files.len() <= file {
            self.files.resize(file + 1, String::new());
        }
        if let (Some(origin), true) = (&document.origin, self.files[file].is_empty()) {
            self.files[file].clone_from(&origin.path);
        }
        Ok(())
    }
}

record! {
    /// What the catalogue and the keep policy know of a document.
    SavedPlace { document: u32, length: u32, bytes: u32, rank: u32 }
    key(place) = u64::from(place.document)
}

/// Where a durable scan lies in its work files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedScan {
    store: SavedStore,
    tokens_end: u64,
    catalogue: SavedCatalogue,
}

/// Where the catalogue lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedCatalogue {
    names_end: u64,
    places: SavedRuns,
    files: Vec<String>,
    protected: usize,
}

impl Catalogue {
    /// Writes down what is in memory.
    pub(super) fn save(&self, work: &Work, ranks: &[u32]) -> Result<Option<SavedCatalogue>> {
        let mut places = work.sorter("catalogue", 4);
        for (id, &bytes) in (0..).zip(&self.bytes) {
            let rank = ranks.get(id as usize).copied().unwrap_or_default();
            let length = self.lengths.find(DocId(id), 1).1 as u32;
            places.push(SavedPlace { document: id, length, bytes, rank })?;
        }
        let places = places.finish(true)?;
        Ok(places.saved().map(|places| SavedCatalogue {
            names_end: self.names.end(),
            places,
            files: self.files.clone(),
            protected: self.protected,
        }))
    }

    /// Finds it again, with the ranks of all documents.
    pub(super) fn open(work: &Work, saved: &SavedCatalogue) -> Result<(Self, Vec<u32>)> {
        let places = Sorted::<SavedPlace>::open(work, &saved.places)?;
        let (mut lengths, mut bytes, mut ranks) = (Vec::new(), Vec::new(), Vec::new());
        let mut cursor = places.all()?;
        while let Some(place) = cursor.next()? {
            lengths.push(place.length);
            bytes.push(place.bytes);
            ranks.push(place.rank);
        }
        let catalogue = Self {
            names: Rows::open(work, "names", saved.names_end)?,
            lengths: Lengths::of_lengths(lengths.into_iter(), 1),
            bytes,
            files: saved.files.clone(),
            protected: saved.protected,
        };
        Ok((catalogue, ranks))
    }
}

/// A collection that was scanned.
pub struct Scanned {
    pub(super) config: DocumentConfig,
    pub(super) rules: Rules,
    pub(super) store: Store,
    pub(super) tokens: TokenRows,
    pub(super) ranks: Vec<u32>,
    pub(super) catalogue: Catalogue,
    /// Where the catalogue lies, if the scan was saved.
    saved: Option<SavedCatalogue>,
}

impl Scanned {
    /// How to find a durable scan again.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when there is no room for work files.
    pub fn save(&mut self) -> Result<Option<SavedScan>> {
        let catalogue = self.catalogue.save(self.store.work(), &self.ranks)?;
        self.saved.clone_from(&catalogue);
        let store = self.store.save()?;
        let tokens_end = self.tokens.end();
        Ok(store.zip(catalogue).map(|(store, catalogue)| SavedScan {
            store,
            tokens_end,
            catalogue,
        }))
    }

    /// Finds a scan again that was made with the same configuration and rules, in the same folder.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when its files are gone or damaged.
    pub fn open(
        config: &DocumentConfig,
        rules: Rules,
        work: &Work,
        saved: &SavedScan,
    ) -> Result<Self> {
        let store = Store::open(work, &saved.store)?;
        let compared = if compares(rules) { &store.briefs[..] } else { &[] };
        let tokens = TokenRows::open(work, compared, saved.tokens_end)?;
        let (catalogue, ranks) = Catalogue::open(work, &saved.catalogue)?;
        let saved = Some(saved.catalogue.clone());
        Ok(Self { config: config.clone(), rules, store, tokens, ranks, catalogue, saved })
    }

    /// Finds the pairs and decides what goes: as [`Plan::new`](super::Plan::new) for the same
    /// rules, within the budget. If the scan was saved, the verdicts are on disk then, too.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when there is no room for work files or one is
    /// damaged.
    pub fn decide(self) -> Result<Verdicts> {
        let Self { config, rules, store, tokens, ranks, catalogue, saved } = self;
        let copies = Copies::of_briefs(&store.briefs);
        let faces = Faces::new(&copies, &ranks);
        let mut judge = Judge {
            rules,
            least: Least { threshold: config.threshold, containment: config.containment },
            protected: catalogue.protected,
            store: &store,
            copies: &copies,
            faces: &faces,
            decided: vec![false; copies.len()],
            removed: Vec::new(),
        };
        let mut recall = None;
        if compares(rules) {
            let wanted = Wanted { near: rules.near, contained: rules.contained };
            let (found, _) = find_matches(&store, &tokens, &copies, wanted, &config)?;
            if rules.near {
                recall = Recall::of(&store, &found, &config)?;
            }
            each_component(&store, &tokens, &found, &copies, &faces, &config, &mut |component| {
                judge.component(component);
                Ok(())
            })?;
        }
        judge.copies();
        let mut removed = judge.removed;
        removed.sort_unstable_by_key(|removed| removed.document);
        let saved = match saved {
            Some(catalogue) => save_removed(store.work(), &removed)?.zip(Some(catalogue)),
            None => None,
        };
        Ok(Verdicts { removed, catalogue, recall, saved })
    }
}

/// Collects what goes.
struct Judge<'a> {
    rules: Rules,
    least: Least,
    protected: usize,
    store: &'a Store,
    copies: &'a Copies,
    faces: &'a Faces<'a>,
    /// Groups of copies that components have settled.
    decided: Vec<bool>,
    removed: Vec<Removed>,
}

impl Judge<'_> {
    /// Settles the groups that matches connect.
    fn component(&mut self, component: &Component) {
        let groups: Vec<u32> = component.groups().collect();
        let local = |group: u32| groups.binary_search(&group).unwrap_or_default();
        let member = |&group: &u32| {
            let face = self.faces.document(group);
            Member {
                face,
                rank: self.faces.rank(group).0,
                tokens: self.store.briefs[face.index()].tokens,
                is_protected: face.index() < self.protected,
            }
        };
        let members: Vec<Member> = groups.iter().map(member).collect();
        let of_edges = component.edges.iter().map(|edge| {
            let scores = edge.scores();
            let (from, to) = (local(edge.from), local(edge.to));
            Pair { from, to, similarity: scores.similarity, held: scores.a_in_b }
        });
        let of_stars = component.stars.stars.iter().flat_map(|star| {
            let centre = local(star.centre);
            star.members.iter().flat_map(move |(group, scores)| {
                let (from, similarity) = (local(*group), scores.similarity);
                [
                    Pair { from, to: centre, similarity, held: scores.b_in_a },
                    Pair { from: centre, to: from, similarity, held: 0.0 },
                ]
            })
        });
        let pairs = of_edges.chain(of_stars).collect();
        let reasons = choose(&members, pairs, self.rules, self.least);
        for (group, reason) in groups.into_iter().zip(reasons) {
            let Some(reason) = reason else { continue };
            self.decided[group as usize] = true;
            let kept = members[reason.to].face;
            for &document in self.copies.members(group) {
                self.remove(document, reason.rule, reason.score, kept);
            }
        }
    }

    /// Settles the copies of all groups that stay.
    fn copies(&mut self) {
        let groups = if self.rules.exact { self.copies.len() as u32 } else { 0 };
        for group in (0..groups).filter(|&group| !self.decided[group as usize]).collect::<Vec<_>>()
        {
            let face = self.faces.document(group);
            for &document in self.copies.members(group) {
                if document != face {
                    self.remove(document, Rule::Exact, 1.0, face);
                }
            }
        }
    }

    fn remove(&mut self, document: DocId, rule: Rule, score: f64, kept: DocId) {
        if document.index() >= self.protected {
            self.removed.push(Removed { document, rule, score, kept });
        }
    }
}
