//! Where the program meets the library's engine: read the documents, find what repeats.

use std::path::PathBuf;

use doublet::report::model::Skipped;
use doublet::{Config, Document, Error, ErrorKind, Report, Result};

use super::progress::Progress;

/// How inputs are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub(super) text_field: String,
    pub(super) id_field: Option<String>,
    pub(super) group_by: Option<String>,
    pub(super) date_field: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) include: Vec<String>,
    pub(super) exclude: Vec<String>,
    pub(super) skip_hidden: bool,
    pub(super) strict: bool,
}

/// Documents, and the inputs that could not be read.
pub(super) struct Collection {
    pub(super) documents: Vec<Document>,
    pub(super) skipped: Vec<Skipped>,
}

/// Reads every document of the paths, in their order.
pub(super) fn read(
    paths: &[PathBuf],
    reading: &Reading,
    progress: &Progress,
) -> Result<Collection> {
    progress.begin("reading", None);
    let _ = (paths, reading);
    Err(Error::new(ErrorKind::Config, "a build without sources"))
}

/// Finds what repeats in the documents.
pub(super) fn find(documents: &[Document], config: &Config, progress: &Progress) -> Result<Report> {
    progress.begin("comparing", Some(documents.len() as u64));
    progress.advance(1);
    let _ = config;
    Err(Error::new(ErrorKind::Config, "a build without the engine"))
}
