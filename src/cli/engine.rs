//! Where the program meets the library: read the documents, find what repeats.

use std::path::PathBuf;

use doublet::source::{self, ReadConfig};
use doublet::{Collection, Config, Document, Doublet, Event, Input, Report, Result};

use super::progress::Progress;

/// Shows how many bytes were read.
struct Reading<'a>(&'a Progress);

impl source::Progress for Reading<'_> {
    fn begin(&self, _files: u64, bytes: u64) {
        self.0.begin("reading", (bytes > 0).then_some(bytes));
    }

    fn advance(&self, bytes: u64) {
        self.0.advance(bytes);
    }
}

/// Reads every document of the paths, in their order.
pub(super) fn read(
    paths: &[PathBuf],
    config: &ReadConfig,
    progress: &Progress,
) -> Result<Collection> {
    let inputs = paths.iter().map(Input::path);
    let collection = source::read_all(inputs, config, &Reading(progress));
    progress.finish();
    collection
}

/// Finds what repeats in the documents.
pub(super) fn find(documents: &[Document], config: &Config, progress: &Progress) -> Result<Report> {
    let shown = progress.clone();
    let observer = move |event| {
        if let Event::Started(stage) = event {
            shown.begin(stage.name(), None);
        }
    };
    let doublet = Doublet::builder().config(config.clone()).progress(observer).build()?;
    let report = doublet.find(documents);
    progress.finish();
    report
}
