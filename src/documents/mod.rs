//! The half that compares documents: features of each, then matches and clusters of all.
//!
//! [`FeatureMaker`] sees every document once, while its tokens are at hand, and keeps what the
//! comparison needs. [`compare_documents`] goes from the features to findings: exact copies are
//! set aside, bands and samples propose candidates, candidates are verified against the tokens,
//! matches become clusters. No algorithm lives here; each has its module.
//!
//! Cost, at the defaults: some 1.2 kB a document of features.

pub(crate) mod analysis;
mod recall;
pub(crate) mod store;

pub use self::recall::Recall;

use self::store::{Store, Tokens, TokensAt};
use crate::cluster::{self, Copies};
use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::error::{Error, ErrorKind, Result};
use crate::hash::content_hash;
use crate::lsh::buckets::{Found, search as search_near};
use crate::lsh::{Banding, containment};
use crate::pairing::Pairing;
use crate::report::model::{DocumentCluster, Match, Suppressed};
use crate::shingle::for_each_document_shingle;
use crate::sketch::{CompactSketch, SketchSpec, Sketcher};
use crate::text::TokenHash;
use crate::verify::{MatchRule, Matches, verify_pairs};

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
    samples: Samples,
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
        Ok(Self { sketcher, samples: Samples::default(), banding: Banding::from_config(config)? })
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
        self.samples.begin(tokens.len());
        let shingles = self.sketcher.observe(tokens, |shingles| self.samples.offer(shingles));
        let shingle_size = self.spec().shingle_size();
        let samples = self.samples.smallest(tokens, shingle_size).into();
        let registers = self.sketcher.registers();
        DocumentFeatures {
            content_hash: content_hash(tokens),
            tokens: tokens.len() as u32,
            shingles: shingles as u32,
            sketch: CompactSketch::from_registers(registers),
            band_keys: self.banding.keys(registers),
            samples,
        }
    }
}

/// The smallest different hashes of a stream.
///
/// Those below a bound are set aside, and sorted when there are many. The bound is a guess at
/// first: three times as many as are wanted, where hashes do not repeat themselves.
#[derive(Clone, Debug, Default)]
struct Samples {
    small: Vec<u64>,
    bound: u64,
}

impl Samples {
    /// How many may be set aside between two sorts.
    const ASIDE: usize = 256;

    /// Begins with the next document, of at most so many hashes.
    fn begin(&mut self, hashes: usize) {
        self.small.clear();
        let guess = 3 * containment::SAMPLES as u64;
        self.bound = (u64::MAX / (hashes as u64).max(1)).saturating_mul(guess);
    }

    #[inline]
    fn offer(&mut self, hashes: &[u64]) {
        // Each is written and few are counted: that is faster than to guess which.
        for hashes in hashes.chunks(Self::ASIDE) {
            let mut len = self.small.len();
            self.small.resize(len + hashes.len(), 0);
            for &hash in hashes {
                self.small[len] = hash;
                len += usize::from(hash <= self.bound);
            }
            self.small.truncate(len);
            if self.small.len() >= Self::ASIDE {
                self.condense();
            }
        }
    }

    fn condense(&mut self) {
        self.small.sort_unstable();
        self.small.dedup();
        self.small.truncate(containment::SAMPLES);
        if let Some(&largest) = self.small.get(containment::SAMPLES - 1) {
            self.bound = largest;
        }
    }

    /// The samples of `tokens`, all of whose shingles were offered.
    fn smallest(&mut self, tokens: &[TokenHash], shingle_size: u32) -> &[u64] {
        self.condense();
        if self.small.len() < containment::SAMPLES && self.bound < u64::MAX {
            // Once in 10,000 documents, and when a document repeats itself: without the guess.
            self.bound = u64::MAX;
            self.small.clear();
            for_each_document_shingle(tokens, shingle_size, |hash, _, _| self.offer(&[hash]));
            self.condense();
        }
        &self.small
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
    compare_store(&Store::of(features)?, &TokensAt(tokens), Pairing::Everything, ranks, config)
}

/// The same of a store.
pub(crate) fn compare_store(
    store: &Store,
    tokens: &dyn Tokens,
    pairing: Pairing,
    ranks: &[u32],
    config: &DocumentConfig,
) -> Result<DocumentFindings> {
    let copies = Copies::of_briefs(&store.briefs, pairing);
    let both = Wanted { near: true, contained: true };
    let (found, thinned) = find_matches(store, tokens, &copies, both, config)?;
    let stars = || cluster::cluster_documents(store, tokens, &found, &copies, ranks, config);
    let stars = (pairing == Pairing::Everything).then(stars).transpose()?;
    let (matches, unspelled) = spelled_out(&found, &copies, config)?;
    let (clusters, exhausted) = stars.unwrap_or_else(|| (cluster::around_reference(&matches), 0));
    let suppressed = Suppressed {
        empty_documents: store.briefs.iter().filter(|brief| brief.tokens == 0).count() as u64,
        thinned_buckets: thinned + exhausted + unspelled,
        rejected_candidates: found.rejected,
        ..Suppressed::default()
    };
    Ok(DocumentFindings { matches, clusters, suppressed })
}

/// Clusters of all documents, as [`compare_store`] makes them.
pub(crate) fn clusters(
    store: &Store,
    tokens: &dyn Tokens,
    found: &Matches,
    copies: &Copies,
    ranks: &[u32],
    config: &DocumentConfig,
) -> Result<Vec<DocumentCluster>> {
    match copies.pairing() {
        Pairing::Everything => {
            Ok(cluster::cluster_documents(store, tokens, found, copies, ranks, config)?.0)
        }
        Pairing::Against { .. } => {
            Ok(cluster::around_reference(&spelled_out(found, copies, config)?.0))
        }
    }
}

/// Matches of all documents, and how many pairs of groups were too large for that.
fn spelled_out(
    found: &Matches,
    copies: &Copies,
    config: &DocumentConfig,
) -> Result<(Vec<Match>, u64)> {
    Ok(copies.expand(&found.collect(&MatchRule::from_config(config))?))
}

/// Which pairs are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Near-duplicates.
    pub(crate) near: bool,
    /// Documents that stand in others.
    pub(crate) contained: bool,
}

/// Matches of the leaders of groups of copies, twins left out, and how many buckets and lists were too large to
/// pair every member with every other.
pub(crate) fn find_matches(
    store: &Store,
    tokens: &dyn Tokens,
    copies: &Copies,
    wanted: Wanted,
    config: &DocumentConfig,
) -> Result<(Matches, u64)> {
    let leads = |document: u32| {
        let group = copies.group(DocId(document));
        group.is_some_and(|group| copies.leader(group).0 == document)
    };
    let pairing = copies.pairing();
    let near = if wanted.near { search_near(store, pairing, &leads)? } else { Found::none(store)? };
    let contained = if wanted.contained {
        containment::search(store, pairing, &copies.leaders(), tokens, config)?
    } else {
        Found::none(store)?
    };
    let thinned = near.thinned + contained.thinned;
    Ok((verify_pairs(store, tokens, &near.pairs, &contained.pairs, config)?, thinned))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn samples_are_the_smallest_different_shingles(
            ids in prop::collection::vec(any::<u32>(), 0..400),
            vocabulary in 1u32..2000,
            repeats in 1usize..12,
        ) {
            let text: Vec<TokenHash> =
                ids.iter().map(|&id| TokenHash((id % vocabulary) << 1)).collect();
            let text = text.repeat(repeats);
            let mut shingles = BTreeSet::new();
            for_each_document_shingle(&text, 5, |hash, _, _| {
                shingles.insert(hash);
            });
            let expected: Vec<u64> = shingles.into_iter().take(containment::SAMPLES).collect();
            let mut maker = FeatureMaker::new(&DocumentConfig::default()).expect("valid");
            prop_assert_eq!(&*maker.features(&text).samples, &expected[..]);
        }
    }

    #[test]
    fn features_do_not_depend_on_what_came_before() {
        let text = |range: std::ops::Range<u32>| -> Vec<TokenHash> {
            range.map(|i| TokenHash(i.wrapping_mul(0x9e37_79b1) & !1)).collect()
        };
        let config = DocumentConfig::default();
        let texts =
            [text(0..20_000), text(0..0), text(7..9), vec![TokenHash(8); 30_000], text(0..300)];
        let mut maker = FeatureMaker::new(&config).expect("valid");
        for text in texts {
            let alone = FeatureMaker::new(&config).expect("valid").features(&text);
            assert_eq!(maker.features(&text), alone);
            assert_eq!(alone.tokens as usize, text.len());
            assert_eq!(
                alone.shingles as usize,
                text.len().saturating_sub(4).max(text.len().min(1))
            );
        }
    }
}
