//! What is kept of the documents of a run, and what comes of them.
//!
//! Idea: what the halves need of a text goes into their stores when it was
//! [analysed](crate::documents::analysis), so a batch can be forgotten when only documents are
//! compared; passages need the texts to the end.
//!
//! Cost: that of the stages. Beyond the stores and the texts, a document's entry in the report.

use rayon::prelude::*;

use super::Doublet;
use super::entries::{Entries, without_text};
use super::stage::{Clock, Stage};
use crate::cluster::KeepKeys;
use crate::config::{Config, PassageConfig, Scope};
use crate::document::{DocId, Document, Timestamp};
use crate::documents::analysis::{Analysed, analyse};
use crate::documents::store::{StoreBuilder, TokenRow, TokenRows, Tokens, TokensAt};
use crate::documents::{DocumentFindings, FeatureMaker, compare_store};
use crate::error::{Error, ErrorKind, Result};
use crate::pairing::Pairing;
use crate::passage::archive::Archive;
use crate::passage::coverage::{Extent, coverage};
use crate::passage::{Collection, Kin, Origins, find_passages};
use crate::report::model::{Parameters, Report, Run, SCHEMA_VERSION};
use crate::spill::Work;
use crate::stop;
use crate::text::{TokenBuffer, TokenIndex};

/// A run that takes its documents batch by batch; see [`Doublet::gather`].
pub struct Gathering<'d> {
    doublet: &'d Doublet,
    clock: Clock<'d>,
    maker: FeatureMaker,
    kept: Kept,
    entries: Entries,
    pairing: Pairing,
}

/// What is kept of all documents.
struct Kept {
    /// Where documents are compared.
    builder: Option<StoreBuilder>,
    /// Tokens of all documents, where passages are looked for.
    indexes: Vec<TokenIndex>,
    /// Tokens of all documents, where only documents are compared.
    rows: TokenRows,
    keys: KeepKeys,
    /// Tokens of each document.
    counts: Vec<u32>,
    content_hashes: Vec<u128>,
}

/// A document's tokens.
enum Tokenised {
    /// With their places, for passages.
    Index(TokenIndex),
    /// Alone.
    Row(TokenRow),
}

impl<'d> Gathering<'d> {
    pub(super) fn new(doublet: &'d Doublet) -> Result<Self> {
        let config = &doublet.config;
        let mut clock = Clock::new(doublet.observer.as_deref());
        clock.begin(Stage::Tokens);
        let maker = FeatureMaker::new(&config.documents)?;
        let work = Work::in_memory();
        let compares = config.scope != Scope::Passages;
        let kept = Kept {
            builder: compares.then(|| StoreBuilder::new(&work, maker.spec().sketch_size())),
            indexes: Vec::new(),
            rows: TokenRows::new(&work),
            keys: KeepKeys::new(&config.documents.keep),
            counts: Vec::new(),
            content_hashes: Vec::new(),
        };
        let (entries, pairing) = (Entries::default(), Pairing::Everything);
        Ok(Self { doublet, clock, maker, kept, entries, pairing })
    }

    /// Takes the next documents; their numbers go on where those before them ended.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for more than 2³² − 2 documents or a text of 4 GiB or more;
    /// [`ErrorKind::Interrupted`] when the run was stopped.
    pub fn add(&mut self, documents: Vec<Document>) -> Result<()> {
        self.take(&documents)?;
        let Kept { counts, content_hashes, .. } = &self.kept;
        let first = counts.len() - documents.len();
        for (document, id) in documents.into_iter().zip(first..) {
            let extent = (document.text.len() as u32, counts[id]);
            let reference = self.pairing.is_reference(id as u32);
            self.entries.push(document, reference, extent, content_hashes[id]);
        }
        Ok(())
    }

    /// Takes the next documents of a reference, before those of the corpus: then the two are
    /// compared with each other, and nothing within either. A reference may be without documents.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] after a document of the corpus; otherwise as [`Gathering::add`].
    ///
    /// ```
    /// use doublet::{Config, Document, Doublet, Scope};
    /// let config = Config { scope: Scope::Documents, ..Config::default() };
    /// let doublet = Doublet::builder().config(config).build()?;
    /// let mut gathering = doublet.gather()?;
    /// let text = "What stands in the test must not stand in what is learned from.";
    /// gathering.add_reference(vec![Document::new("test", text)])?;
    /// gathering.add(vec![Document::new("a", text), Document::new("b", text)])?;
    /// let report = gathering.finish()?;
    /// assert_eq!(report.matches.len(), 2);
    /// assert!(report.matches.iter().all(|pair| pair.a.0 == 0));
    /// # Ok::<(), doublet::Error>(())
    /// ```
    pub fn add_reference(&mut self, documents: Vec<Document>) -> Result<()> {
        let before = self.kept.counts.len();
        if before != self.pairing.reference().unwrap_or(0) as usize {
            return Err(Error::new(ErrorKind::Config, "a reference after documents of the corpus")
                .expected("all of the reference first"));
        }
        self.against(before + documents.len());
        self.add(documents)
    }

    /// Compares the first so many documents, a reference, with all others.
    pub(super) const fn against(&mut self, reference: usize) {
        self.pairing = Pairing::Against { reference: reference as u32 };
    }

    /// Takes what the halves need of documents.
    pub(super) fn take(&mut self, documents: &[Document]) -> Result<()> {
        self.doublet.stop.check()?;
        let Self { doublet, maker, kept, .. } = self;
        check_limits(kept.counts.len(), documents)?;
        let scope = doublet.config.scope;
        let maker = (scope != Scope::Passages).then_some(&*maker);
        let keep = |_: &str, buffer: &TokenBuffer| match scope {
            Scope::Documents => Tokenised::Row(TokenRow::of(&buffer.hashes)),
            Scope::Both | Scope::Passages => Tokenised::Index(TokenIndex::new(buffer)),
        };
        analyse(documents, maker, keep, |index, analysed| kept.put(&documents[index], analysed))
    }

    /// Compares the documents.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] when the run was stopped.
    pub fn finish(self) -> Result<Report> {
        self.conclude(&[], 0)
    }

    /// Goes through the halves. `held` are all documents where their texts are needed or at hand;
    /// the first `protected` ones represent their clusters.
    pub(super) fn conclude(self, held: &[Document], protected: usize) -> Result<Report> {
        let Self { doublet, mut clock, kept, mut entries, pairing, .. } = self;
        let Kept { builder, indexes, mut rows, keys, counts, content_hashes } = kept;
        rows.seal(false)?;
        let store = builder.map(|builder| builder.finish(false)).transpose()?;
        let config = &doublet.config;
        let total: u64 = counts.iter().map(|&count| u64::from(count)).sum();

        clock.begin(Stage::Documents);
        doublet.stop.check()?;
        let compared = match &store {
            None => DocumentFindings::default(),
            Some(store) => {
                let ranks = keys.ranks(counts.len(), |id| counts[id], protected);
                let lookup = |id: DocId| indexes[id.index()].hashes();
                let held = TokensAt(&lookup);
                let aligns = config.scope != Scope::Documents;
                let tokens: &dyn Tokens = if aligns { &held } else { &rows };
                compare_store(store, tokens, pairing, &ranks, &config.documents)?
            }
        };
        drop(store);

        let mut suppressed = compared.suppressed;
        suppressed.empty_documents = counts.iter().filter(|&&count| count == 0).count() as u64;
        let resolved = config.passages.resolved(total);
        let mut passages = Vec::new();
        if config.scope != Scope::Documents {
            let kin = match pairing {
                Pairing::Everything => {
                    let mut kin = Kin::of_hashes(&content_hashes);
                    kin.take_clusters(&compared.clusters);
                    kin
                }
                Pairing::Against { .. } => Kin::alone(counts.len()),
            };
            let origins = Origins::of(held);
            let collection = Collection {
                archive: Archive::Held { documents: held, tokens: &indexes },
                origins: &origins,
                copy_of: &kin.copy_of,
                representative: &kin.representative,
                pairing,
            };
            passages = find_passages(&collection, &resolved, &mut suppressed, &mut |stage| {
                clock.begin(stage);
                stop::checkpoint();
            })?;
        }

        clock.begin(Stage::Report);
        doublet.stop.check()?;
        let known = entries.len();
        let rest = held.get(known..).unwrap_or_default();
        let bare: Vec<Document> = rest.par_iter().map(without_text).collect();
        entries.reserve(rest.len());
        for ((document, bare), id) in rest.iter().zip(bare).zip(known..) {
            let extent = (document.text.len() as u32, counts[id]);
            entries.push(bare, pairing.is_reference(id as u32), extent, content_hashes[id]);
        }
        let Entries { documents, groups, .. } = entries;
        let group_of: Vec<u32> = documents.iter().map(|document| document.group).collect();
        let extent =
            Extent { tokens: &counts, groups: &group_of, group_count: groups.len(), pairing };
        let coverage = coverage(&extent, &passages);
        Ok(Report {
            schema_version: SCHEMA_VERSION,
            run: Run {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                parameters: parameters(config, &resolved, pairing)?,
                documents: documents.len() as u64,
                bytes: groups.iter().map(|group| group.bytes).sum(),
                tokens: total,
                times: clock.finish(),
                text_field: None,
            },
            groups,
            documents,
            matches: compared.matches,
            document_clusters: compared.clusters,
            passages,
            coverage,
            suppressed,
            skipped: Vec::new(),
        })
    }
}

impl Kept {
    /// Puts what was made of the next document in its place.
    fn put(&mut self, document: &Document, analysed: Analysed<Tokenised>) -> Result<()> {
        self.counts.push(analysed.tokens);
        self.content_hashes.push(analysed.content_hash);
        if let (Some(builder), Some(features)) = (&mut self.builder, &analysed.features) {
            builder.add(features)?;
            self.keys.push(document, Timestamp::parse);
        }
        match analysed.kept {
            Tokenised::Index(index) => self.indexes.push(index),
            Tokenised::Row(row) => self.rows.add(&row)?,
        }
        Ok(())
    }
}

/// Checks documents that come after so many others.
fn check_limits(before: usize, documents: &[Document]) -> Result<()> {
    DocId::from_index(before + documents.len())?;
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

fn parameters(config: &Config, passages: &PassageConfig, pairing: Pairing) -> Result<Parameters> {
    let maker = FeatureMaker::new(&config.documents)?;
    let documents = &config.documents;
    Ok(Parameters {
        scope: config.scope.name().to_owned(),
        compared: pairing.name().to_owned(),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::{DocumentConfig, Keep};
    use crate::document::FieldValue;

    fn documents() -> impl Strategy<Value = Vec<Document>> {
        // Few words, so that copies, parts and relatives turn up.
        let text = prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d"]), 0..14);
        let document = (text, 0..3i64, any::<bool>()).prop_map(|(words, group, grouped)| {
            let mut document = Document::new(format!("named {group}"), words.join(" "));
            document.group = grouped.then(|| format!("group {group}"));
            document.metadata.insert("stars".to_owned(), FieldValue::Integer(group));
            document
        });
        prop::collection::vec(document, 0..40)
    }

    proptest! {
        #[test]
        fn batches_make_no_difference(documents in documents(), batch in 1usize..12, keep in 0..3) {
            let keep = match keep {
                0 => Keep::Longest,
                1 => Keep::First,
                _ => Keep::Max("stars".to_owned()),
            };
            let config = Config {
                scope: Scope::Documents,
                documents: DocumentConfig { keep, shingle_size: 2, ..DocumentConfig::default() },
                ..Config::default()
            };
            let doublet = Doublet::builder().config(config).build().expect("valid");
            let mut whole = doublet.find(&documents).expect("small");
            let mut gathering = doublet.gather().expect("documents only");
            for batch in documents.chunks(batch) {
                gathering.add(batch.to_vec()).expect("small");
            }
            let mut gathered = gathering.finish().expect("small");
            whole.run.times.clear();
            gathered.run.times.clear();
            prop_assert_eq!(whole, gathered);
        }
    }

    #[test]
    fn passages_need_the_texts() {
        let error = Doublet::new().gather().err().expect("refused");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("documents"), "{error}");
    }
}
