//! Where the features and tokens of all documents lie, in memory or on disk.
//!
//! Idea: a few numbers of each document stay in memory. Its sketch and samples are a row of one
//! size, its tokens a row of another store, and its band keys and samples are records that a
//! sorter brings together with those of all other documents.
//!
//! Cost, at the defaults: 29 bytes a document in memory; 584 bytes a document of rows, 480 of
//! records, and 4 bytes a token.

use serde::{Deserialize, Serialize};

use crate::document::DocId;
use crate::documents::{DocumentFeatures, TokenLookup};
use crate::error::Result;
use crate::lsh::Banding;
use crate::lsh::containment::SAMPLES;
use crate::sketch::estimate_stored;
use crate::spill::{Rows, SavedRuns, Sorted, Sorter, Work, record};
use crate::stop::checkpoint;
use crate::text::TokenHash;

record! {
    /// A document in a band's bucket.
    BandKey {
        /// The band's key; it depends on the number of the band, too.
        key: u64,
        document: u32,
    }
    key(band) = band.key
}

record! {
    /// A document and one of its samples.
    SampleOf { hash: u64, document: u32 }
    key(sample) = sample.hash
}

record! {
    /// Two different documents, the lower first.
    Pair { a: u32, b: u32 }
    key(pair) = u64::from(pair.a) << 32 | u64::from(pair.b)
}

impl Pair {
    pub(crate) fn of(a: DocId, b: DocId) -> Self {
        Self { a: a.0.min(b.0), b: a.0.max(b.0) }
    }
}

/// What stays in memory of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Brief {
    /// The content hash, its halves apart to save the room of an alignment to 16 bytes.
    content: [u64; 2],
    pub(crate) tokens: u32,
    pub(crate) shingles: u32,
}

record! {
    /// A [`Brief`] in a file; kept in order of documents.
    SavedBrief { document: u32, high: u64, low: u64, tokens: u32, shingles: u32, samples: u8 }
    key(brief) = u64::from(brief.document)
}

impl Brief {
    pub(crate) fn of(content: u128, tokens: u32, shingles: u32) -> Self {
        Self { content: [(content >> 64) as u64, content as u64], tokens, shingles }
    }

    pub(crate) fn content_hash(&self) -> u128 {
        u128::from(self.content[0]) << 64 | u128::from(self.content[1])
    }
}

/// Takes the features of documents in order of their ids.
pub(crate) struct StoreBuilder {
    work: Work,
    registers: usize,
    briefs: Vec<Brief>,
    sample_counts: Vec<u8>,
    rows: Rows,
    bands: Sorter<BandKey>,
    samples: Sorter<SampleOf>,
    row: Vec<u8>,
    keys: Vec<BandKey>,
}

impl StoreBuilder {
    /// For sketches of so many registers.
    pub(crate) fn new(work: &Work, registers: u32) -> Self {
        Self {
            work: work.clone(),
            registers: registers as usize,
            briefs: Vec::new(),
            sample_counts: Vec::new(),
            rows: work.rows("features", 10),
            bands: work.sorter("bands", 12).recurring(),
            samples: work.sorter("samples", 4),
            row: vec![0; row_size(registers as usize)],
            keys: Vec::new(),
        }
    }

    /// Adds the next document.
    pub(crate) fn add(&mut self, features: &DocumentFeatures) -> Result<()> {
        let document = self.briefs.len() as u32;
        self.add_brief(
            Brief::of(features.content_hash, features.tokens, features.shingles),
            features.samples.len() as u8,
        );
        let (registers, samples) = self.row.split_at_mut(2 * self.registers);
        for (bytes, register) in registers.chunks_exact_mut(2).zip(features.sketch.registers()) {
            bytes.copy_from_slice(&register.to_le_bytes());
        }
        samples.fill(0);
        for (bytes, sample) in samples.chunks_exact_mut(8).zip(&features.samples) {
            bytes.copy_from_slice(&sample.to_le_bytes());
        }
        self.rows.append(&self.row)?;
        self.keys.clear();
        self.keys.extend(features.band_keys.iter().map(|&key| BandKey { key, document }));
        self.bands.extend(&self.keys)?;
        for &hash in &features.samples {
            self.samples.push(SampleOf { hash, document })?;
        }
        Ok(())
    }

    /// Adds the next document where documents are only compared word for word.
    pub(crate) fn add_brief(&mut self, brief: Brief, samples: u8) {
        self.briefs.push(brief);
        self.sample_counts.push(samples);
    }

    /// Bytes of rows and records so far.
    pub(crate) fn stored(&self) -> u64 {
        self.rows.end() + self.bands.bytes() + self.samples.bytes()
    }

    /// All features, to be compared.
    pub(crate) fn finish(mut self, durable: bool) -> Result<Store> {
        self.rows.seal(durable)?;
        let Self { bands, samples, .. } = self;
        let (bands, samples) = rayon::join(|| bands.finish(durable), || samples.finish(durable));
        Ok(Store {
            registers: self.registers,
            briefs: self.briefs,
            sample_counts: self.sample_counts,
            rows: self.rows,
            bands: bands?,
            samples: samples?,
            work: self.work,
        })
    }
}

/// Bytes of a document's row: registers, then samples.
const fn row_size(registers: usize) -> usize {
    2 * registers + 8 * SAMPLES
}

/// The features of all documents.
pub(crate) struct Store {
    work: Work,
    registers: usize,
    pub(crate) briefs: Vec<Brief>,
    /// How many samples each document has.
    pub(crate) sample_counts: Vec<u8>,
    rows: Rows,
    pub(crate) bands: Sorted<BandKey>,
    pub(crate) samples: Sorted<SampleOf>,
}

/// What is needed to find a store on disk again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedStore {
    registers: usize,
    rows_end: u64,
    briefs: SavedRuns,
    bands: SavedRuns,
    samples: SavedRuns,
}

/// Scratch for reading features; one a thread.
#[derive(Debug, Default)]
pub(crate) struct FeatureScratch {
    ours: Vec<u8>,
    theirs: Vec<u8>,
}

impl Store {
    /// A store in memory of features at hand.
    pub(crate) fn of(features: &[DocumentFeatures]) -> Result<Self> {
        let registers = features.iter().map(|of| of.sketch.registers().len()).max().unwrap_or(0);
        let mut builder = StoreBuilder::new(&Work::in_memory(), registers as u32);
        features.iter().try_for_each(|features| builder.add(features))?;
        builder.finish(false)
    }

    /// The budget that it was made within.
    pub(crate) const fn work(&self) -> &Work {
        &self.work
    }

    /// Number of documents.
    pub(crate) fn len(&self) -> usize {
        self.briefs.len()
    }

    fn row<T>(&self, id: DocId, scratch: &mut Vec<u8>, show: impl FnOnce(&[u8]) -> T) -> Result<T> {
        let size = row_size(self.registers);
        let each = Rows::after(0, size);
        self.rows.with(Rows::start() + each * u64::from(id.0), size, scratch, show)
    }

    /// Shows the stored registers of a document, as bytes.
    pub(crate) fn sketch<T>(
        &self,
        id: DocId,
        scratch: &mut FeatureScratch,
        show: impl FnOnce(&[u8]) -> T,
    ) -> Result<T> {
        self.row(id, &mut scratch.ours, |row| show(&row[..2 * self.registers]))
    }

    /// Estimate of two documents' similarity.
    pub(crate) fn estimate(&self, a: DocId, b: DocId, scratch: &mut FeatureScratch) -> Result<f64> {
        let FeatureScratch { ours, theirs } = scratch;
        let registers = ..2 * self.registers;
        self.row(a, ours, |ours| {
            self.row(b, theirs, |theirs| estimate_stored(&ours[registers], &theirs[registers]))
        })?
    }

    /// In how many bands two documents agree.
    pub(crate) fn agreeing_bands(
        &self,
        a: DocId,
        b: DocId,
        banding: Banding,
        scratch: &mut FeatureScratch,
    ) -> Result<u32> {
        let FeatureScratch { ours, theirs } = scratch;
        let band = 2 * banding.rows() as usize;
        let registers = ..(band * banding.bands() as usize).min(2 * self.registers);
        self.row(a, ours, |ours| {
            self.row(b, theirs, |theirs| {
                let bands = ours[registers].chunks(band).zip(theirs[registers].chunks(band));
                bands.filter(|(ours, theirs)| ours == theirs).count() as u32
            })
        })?
    }

    /// Shows the samples of a document.
    pub(crate) fn each_sample(
        &self,
        id: DocId,
        scratch: &mut FeatureScratch,
        mut show: impl FnMut(u64),
    ) -> Result<()> {
        let count = usize::from(self.sample_counts[id.index()]);
        self.row(id, &mut scratch.ours, |row| {
            let mut samples = &row[2 * self.registers..];
            (0..count).for_each(|_| show(crate::spill::Fields::get(&mut samples)));
        })
    }

    /// How to find it again; it must have been finished as durable.
    pub(crate) fn save(&self) -> Result<Option<SavedStore>> {
        let mut briefs = self.work.sorter("briefs", 4);
        for ((document, brief), &samples) in (0..).zip(&self.briefs).zip(&self.sample_counts) {
            let &Brief { content: [high, low], tokens, shingles } = brief;
            briefs.push(SavedBrief { document, high, low, tokens, shingles, samples })?;
        }
        let briefs = briefs.finish(true)?;
        let saved = || {
            Some(SavedStore {
                registers: self.registers,
                rows_end: self.rows.end(),
                briefs: briefs.saved()?,
                bands: self.bands.saved()?,
                samples: self.samples.saved()?,
            })
        };
        Ok(saved())
    }

    /// Finds it again.
    pub(crate) fn open(work: &Work, saved: &SavedStore) -> Result<Self> {
        let (mut briefs, mut sample_counts) = (Vec::new(), Vec::new());
        let stored = Sorted::<SavedBrief>::open(work, &saved.briefs)?;
        let mut cursor = stored.all()?;
        while let Some(brief) = cursor.next()? {
            let SavedBrief { high, low, tokens, shingles, samples, .. } = brief;
            briefs.push(Brief { content: [high, low], tokens, shingles });
            sample_counts.push(samples);
        }
        Ok(Self {
            work: work.clone(),
            registers: saved.registers,
            briefs,
            sample_counts,
            rows: Rows::open(work, "features", saved.rows_end)?,
            bands: Sorted::open(work, &saved.bands)?,
            samples: Sorted::open(work, &saved.samples)?,
        })
    }
}

/// Gives the tokens of documents. Implemented for tokens in memory and for rows.
pub(crate) trait Tokens: Sync {
    /// The tokens of a document, from where they are or in `scratch`.
    fn read<'a>(&'a self, id: DocId, scratch: &'a mut TokenScratch) -> Result<&'a [TokenHash]>;
}

/// Room for the tokens of one document.
#[derive(Debug, Default)]
pub(crate) struct TokenScratch {
    bytes: Vec<u8>,
    tokens: Vec<TokenHash>,
}

/// Tokens in memory.
pub(crate) struct TokensAt<'t>(pub(crate) TokenLookup<'t>);

impl Tokens for TokensAt<'_> {
    fn read<'a>(&'a self, id: DocId, _: &'a mut TokenScratch) -> Result<&'a [TokenHash]> {
        checkpoint();
        Ok((self.0)(id))
    }
}

/// Rows in order of documents: a length each, and a place in so many.
#[derive(Debug, Default)]
pub(crate) struct Lengths {
    /// By document.
    lengths: Vec<u32>,
    /// Place of every [`Lengths::STEP`]th.
    places: Vec<u64>,
}

impl Lengths {
    const STEP: usize = 64;

    pub(crate) fn push(&mut self, place: u64, length: u32) {
        if self.lengths.len().is_multiple_of(Self::STEP) {
            self.places.push(place);
        }
        self.lengths.push(length);
    }

    /// Place and length of the row of a document whose rows have `unit` bytes for each unit of
    /// length.
    pub(crate) fn find(&self, id: DocId, unit: usize) -> (u64, usize) {
        let first = id.index() / Self::STEP;
        let place = self.lengths[first * Self::STEP..id.index()]
            .iter()
            .fold(self.places[first], |place, &length| Rows::after(place, unit * length as usize));
        (place, unit * self.lengths[id.index()] as usize)
    }

    pub(crate) fn of_lengths(lengths: impl Iterator<Item = u32>, unit: usize) -> Self {
        let mut all = Self::default();
        let mut place = Rows::start();
        for length in lengths {
            all.push(place, length);
            place = Rows::after(place, unit * length as usize);
        }
        all
    }
}

/// The tokens of one document as they are stored.
pub(crate) struct TokenRow(Box<[u8]>);

impl TokenRow {
    pub(crate) fn of(tokens: &[TokenHash]) -> Self {
        let mut row = vec![0; 4 * tokens.len()];
        for (bytes, token) in row.chunks_exact_mut(4).zip(tokens) {
            bytes.copy_from_slice(&token.0.to_le_bytes());
        }
        Self(row.into())
    }
}

/// Tokens as rows.
pub(crate) struct TokenRows {
    rows: Rows,
    lengths: Lengths,
}

impl TokenRows {
    pub(crate) fn new(work: &Work) -> Self {
        Self { rows: work.rows("tokens", 15), lengths: Lengths::default() }
    }

    /// Adds the tokens of the next document.
    pub(crate) fn add(&mut self, TokenRow(row): &TokenRow) -> Result<()> {
        let place = self.rows.append(row)?;
        self.lengths.push(place, (row.len() / 4) as u32);
        Ok(())
    }

    /// Ends the writing.
    pub(crate) fn seal(&mut self, durable: bool) -> Result<()> {
        self.rows.seal(durable)
    }

    /// Where the rows end: what [`TokenRows::open`] wants.
    pub(crate) fn end(&self) -> u64 {
        self.rows.end()
    }

    /// Finds the rows of documents of these numbers of tokens again.
    pub(crate) fn open(work: &Work, briefs: &[Brief], end: u64) -> Result<Self> {
        let lengths = Lengths::of_lengths(briefs.iter().map(|brief| brief.tokens), 4);
        Ok(Self { rows: Rows::open(work, "tokens", end)?, lengths })
    }
}

impl Tokens for TokenRows {
    fn read<'a>(&'a self, id: DocId, scratch: &'a mut TokenScratch) -> Result<&'a [TokenHash]> {
        checkpoint();
        let (place, length) = self.lengths.find(id, 4);
        let TokenScratch { bytes, tokens } = scratch;
        tokens.clear();
        self.rows.with(place, length, bytes, |row| {
            let (tokens_of, _) = row.as_chunks();
            tokens.extend(tokens_of.iter().map(|&bytes| TokenHash(u32::from_le_bytes(bytes))));
        })?;
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_lengths() {
        let work = Work::tiny(0, 64, 2);
        let mut rows = TokenRows::new(&work);
        let tokens = |i: u32| -> Vec<TokenHash> { (0..i % 90).map(|j| TokenHash(i * j)).collect() };
        for i in 0..300 {
            rows.add(&TokenRow::of(&tokens(i))).expect("room");
        }
        rows.seal(false).expect("room");
        let mut scratch = TokenScratch::default();
        for i in (0..300).rev() {
            assert_eq!(rows.read(DocId(i), &mut scratch).expect("whole"), tokens(i));
        }
        assert!(work.spilled() > 0);
        let again = Lengths::of_lengths((0..300).map(|i| i % 90), 4);
        assert!((0..300).all(|i| again.find(DocId(i), 4) == rows.lengths.find(DocId(i), 4)));
    }
}
