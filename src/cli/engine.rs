//! Where the program meets the library: read the documents, find what repeats.

use std::path::PathBuf;

use doublet::source::{self, ReadConfig, StreamOptions, stream};
use doublet::{Collection, Config, Document, Doublet, Event, Input, Report, Result};

use super::progress::Progress;
use super::reference::{Reference, Sides};

/// Shows how many bytes went through a stage of this name.
pub(super) struct Bytes<'a>(pub(super) &'static str, pub(super) &'a Progress);

impl source::Progress for Bytes<'_> {
    fn begin(&self, _files: u64, bytes: u64) {
        self.1.begin(self.0, (bytes > 0).then_some(bytes));
    }

    fn advance(&self, bytes: u64) {
        self.1.advance(bytes);
    }
}

/// Reads every document of the inputs, in their order.
pub(super) fn read(
    inputs: impl Iterator<Item = Input>,
    config: &ReadConfig,
    progress: &Progress,
) -> Result<Collection> {
    let collection = source::read_all(inputs, config, &Bytes("reading", progress));
    progress.finish();
    collection
}

/// Finds what repeats in the documents: with a reference, which is first, what of it stands in the
/// others; without, the first `protected` documents represent their clusters.
pub(super) fn find(
    documents: &[Document],
    reference: &Reference,
    protected: usize,
    config: &Config,
    progress: &Progress,
) -> Result<Report> {
    let first = reference.count(documents);
    let mut sides = Sides::default();
    sides.add(documents, first);
    reference.check_both(sides)?;
    let doublet = doublet(config, progress)?;
    let report = if reference.is_named() {
        doublet.find_against(documents, first)
    } else {
        doublet.find_protecting(documents, protected)
    };
    progress.finish();
    report
}

/// Bytes of documents that are read before they are compared.
const BATCH_BYTES: usize = 8 << 20;

/// Reads the documents of the paths and compares them as wholes, without holding their texts.
pub(super) fn find_streaming(
    paths: &[PathBuf],
    reference: &Reference,
    reading: &ReadConfig,
    config: &Config,
    progress: &Progress,
) -> Result<Report> {
    let doublet = doublet(config, progress)?;
    let report = doublet.install(|| {
        let mut gathering = doublet.gather()?;
        let inputs = reference.inputs().chain(paths.iter().map(|path| reference.apart(path)));
        let options = StreamOptions { batch_bytes: BATCH_BYTES, ..StreamOptions::default() };
        let bytes = Bytes("reading", progress);
        let mut sides = Sides::default();
        let streamed = stream(inputs, reading, &options, &bytes, |mut batch| {
            let first = reference.count(&batch.documents);
            sides.add(&batch.documents, first);
            let corpus = batch.documents.split_off(first);
            if !batch.documents.is_empty() {
                gathering.add_reference(batch.documents)?;
            }
            gathering.add(corpus)
        })?;
        reference.check_both(sides)?;
        let mut report = gathering.finish()?;
        report.skipped = streamed.skipped;
        Ok(report)
    });
    progress.finish();
    report
}

fn doublet(config: &Config, progress: &Progress) -> Result<Doublet> {
    let shown = progress.clone();
    let observer = move |event| {
        if let Event::Started(stage) = event {
            shown.begin(stage.name(), None);
        }
    };
    Doublet::builder().config(config.clone()).progress(observer).build()
}
