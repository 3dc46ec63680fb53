//! The half that compares documents: features of each, then matches and clusters of all.
//!
//! [`FeatureMaker`] sees every document once, while its tokens are at hand, and keeps what the
//! comparison needs. [`compare_documents`] goes from the features to findings: exact copies are
//! set aside, bands and samples propose candidates, candidates are verified against the tokens,
//! matches become clusters. No algorithm lives here; each has its module.
//!
//! Cost, at the defaults: some 1.2 kB a document of features.

use crate::cluster::{self, Copies};
use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};
use crate::hash::content_hash;
use crate::lsh::{self, Banding, containment};
use crate::report::model::{DocumentCluster, Match, Suppressed};
use crate::sketch::{CompactSketch, SketchSpec, Sketcher};
use crate::text::TokenHash;
use crate::verify::verify;

/// Finds the tokens of a document by its id.
pub type TokenLookup<'a> = &'a (dyn Fn(DocId) -> &'a [TokenHash] + Sync);

/// What is kept of a document to compare it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFeatures {
    /// Hash of all tokens in order; equal for exact copies.
    pub content_hash: u128,
    /// Number of tokens.
    pub tokens: u32,
    /// Number of shingles, repetitions included.
    pub shingles: u32,
    /// The sketch, for estimates.
    pub sketch: CompactSketch,
    /// One key a band.
    pub band_keys: Box<[u64]>,
    /// The smallest different shingle hashes, in order, at most
    /// [`containment::SAMPLES`].
    pub samples: Box<[u64]>,
}

/// Makes features; keeps its scratch from document to document: one a thread.
#[derive(Clone, Debug)]
pub struct FeatureMaker {
    sketcher: Sketcher,
    banding: Banding,
}

impl FeatureMaker {
    /// A maker of the features that a configuration asks for.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for values out of range (see [`DocumentConfig`]) and for sketches
    /// too small for the threshold and recall.
    pub fn new(config: &DocumentConfig) -> Result<Self> {
        if !(config.containment > 0.0 && config.containment <= 1.0) {
            return Err(Error::new(
                ErrorKind::Config,
                format!("a containment of {}", config.containment),
            )
            .expected("a share above 0 and at most 1"));
        }
        let sketcher = Sketcher::new(SketchSpec::from_config(config)?);
        Ok(Self { sketcher, banding: Banding::from_config(config)? })
    }

    /// What the sketches are made under.
    pub const fn spec(&self) -> &SketchSpec {
        self.sketcher.spec()
    }

    /// How the sketches are cut.
    pub const fn banding(&self) -> Banding {
        self.banding
    }

    /// Features of the document with these tokens.
    pub fn features(&mut self, tokens: &[TokenHash]) -> DocumentFeatures {
        let mut samples = Samples::default();
        let shingles = self.sketcher.observe(tokens, |shingle| samples.offer(shingle));
        let registers = self.sketcher.registers();
        DocumentFeatures {
            content_hash: content_hash(tokens.iter().map(|token| token.0)),
            tokens: tokens.len() as u32,
            shingles: shingles as u32,
            sketch: CompactSketch::from_registers(registers),
            band_keys: self.banding.keys(registers),
            samples: samples.smallest().into(),
        }
    }
}

/// The smallest different hashes of a stream.
struct Samples {
    smallest: [u64; containment::SAMPLES],
    len: usize,
    /// Hashes from here on are too large.
    bound: u64,
}

impl Default for Samples {
    fn default() -> Self {
        Self { smallest: [u64::MAX; containment::SAMPLES], len: 0, bound: u64::MAX }
    }
}

impl Samples {
    #[inline(always)]
    fn offer(&mut self, hash: u64) {
        if hash < self.bound {
            self.insert(hash);
        }
    }

    /// Keeps the list in order; rare after the first few dozen hashes.
    #[inline(never)]
    fn insert(&mut self, hash: u64) {
        let Err(place) = self.smallest[..self.len].binary_search(&hash) else { return };
        self.len = (self.len + 1).min(containment::SAMPLES);
        self.smallest[place..self.len].rotate_right(1);
        self.smallest[place] = hash;
        if self.len == containment::SAMPLES {
            self.bound = self.smallest[self.len - 1];
        }
    }

    fn smallest(&self) -> &[u64] {
        &self.smallest[..self.len]
    }
}

/// What a comparison of documents finds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentFindings {
    /// Verified pairs, by first id, then second.
    pub matches: Vec<Match>,
    /// Documents that are versions of one another; largest first, then by representative.
    pub clusters: Vec<DocumentCluster>,
    /// What was left out: of the counts, those that concern documents.
    pub suppressed: Suppressed,
}

/// Compares all documents.
///
/// `features` are those of one [`FeatureMaker`] configuration, by id; `ranks` the documents'
/// under the keep policy ([`cluster::keep_ranks`]), by id. The findings do not depend on the
/// number of threads.
///
/// # Errors
/// [`ErrorKind::Config`] as [`FeatureMaker::new`]; [`ErrorKind::Spec`] if some features were made
/// under another configuration.
///
/// ```
/// use doublet::DocumentConfig;
/// use doublet::documents::{FeatureMaker, compare_documents};
/// use doublet::text::TokenHash;
/// let words = |range: std::ops::Range<u32>| -> Vec<TokenHash> {
///     range.map(|i| TokenHash(i.wrapping_mul(0x9e37_79b1) & !1)).collect()
/// };
/// let texts = [words(0..500), words(5000..5400), words(10..500), words(0..500)];
/// let config = DocumentConfig::default();
/// let mut maker = FeatureMaker::new(&config)?;
/// let features: Vec<_> = texts.iter().map(|text| maker.features(text)).collect();
/// let found = compare_documents(&features, &|id| &texts[id.index()], &[0, 1, 2, 3], &config)?;
/// assert_eq!(found.matches.len(), 3);
/// assert_eq!(found.clusters.len(), 1);
/// assert_eq!(found.clusters[0].members.len(), 2);
/// # Ok::<(), doublet::Error>(())
/// ```
pub fn compare_documents(
    features: &[DocumentFeatures],
    tokens: TokenLookup<'_>,
    ranks: &[u32],
    config: &DocumentConfig,
) -> Result<DocumentFindings> {
    let maker = FeatureMaker::new(config)?;
    check_features(features, &maker)?;
    let copies = Copies::new(features);
    let leaders = copies.leaders();
    let near = lsh::candidates(features, &leaders);
    let contained = containment::candidates(features, &leaders, tokens, config);
    let verified = verify(features, tokens, &near.pairs, &contained.pairs, config);
    let (clusters, exhausted) =
        cluster::cluster_documents(features, tokens, &verified.matches, &copies, ranks, config);
    let (matches, unspelled) = copies.expand(&verified.matches);
    let suppressed = Suppressed {
        empty_documents: features.iter().filter(|document| document.tokens == 0).count() as u64,
        thinned_buckets: near.thinned + contained.thinned + exhausted + unspelled,
        rejected_candidates: verified.rejected,
        ..Suppressed::default()
    };
    Ok(DocumentFindings { matches, clusters, suppressed })
}

/// Features carry no specification; their sizes tell the mistakes that would go unnoticed.
fn check_features(features: &[DocumentFeatures], maker: &FeatureMaker) -> Result<()> {
    let expected = (maker.spec().sketch_size() as usize, maker.banding().bands() as usize);
    let sizes =
        |document: &DocumentFeatures| (document.sketch.registers().len(), document.band_keys.len());
    match features.iter().position(|document| sizes(document) != expected) {
        None => Ok(()),
        Some(id) => {
            let (registers, bands) = sizes(&features[id]);
            Err(Error::new(
                ErrorKind::Spec,
                format!("features of document {id} with {registers} registers and {bands} bands"),
            )
            .expected(format!("{} registers and {} bands", expected.0, expected.1))
            .remedy("make the features with the configuration that compares them"))
        }
    }
}
