//! What `--against` names: documents that the corpus is compared with, and that are no part of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doublet::dedup::files_of;
use doublet::{Document, Error, ErrorKind, Input, ReadConfig, Result};

use super::messages::Messages;

/// Files that a note names.
const NAMED: usize = 3;

/// The reference, if there is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Reference {
    paths: Vec<PathBuf>,
    /// Its files, by their canonical paths.
    files: Arc<BTreeSet<PathBuf>>,
}

impl Reference {
    /// Lists the files of `paths`; without any there is no reference.
    pub(super) fn new(paths: &[PathBuf], reading: &ReadConfig) -> Result<Self> {
        let files = files_of(paths, reading)?;
        let canonical = |path: PathBuf| path.canonicalize().unwrap_or(path);
        let files = files.into_iter().map(canonical).collect();
        Ok(Self { paths: paths.to_vec(), files: Arc::new(files) })
    }

    /// Whether a reference was named.
    pub(super) fn is_named(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Its files, which are no part of the corpus.
    pub(super) const fn files(&self) -> &Arc<BTreeSet<PathBuf>> {
        &self.files
    }

    /// What is read first.
    pub(super) fn inputs(&self) -> impl Iterator<Item = Input> + '_ {
        self.paths.iter().map(Input::path)
    }

    /// An input of the corpus, without what the reference holds of it.
    pub(super) fn apart(&self, path: &Path) -> Input {
        Input::path(path).without(&self.files)
    }

    /// How many of some documents, the first ones, belong to the reference.
    pub(super) fn count(&self, documents: &[Document]) -> usize {
        let is_named = |document: &&Document| {
            let source = document.origin.as_ref().map(|origin| origin.source.as_str());
            self.paths.iter().any(|path| source == Some(&*path.to_string_lossy()))
        };
        documents.iter().take_while(is_named).count()
    }

    /// Refuses a reference of no documents, which would make any corpus look clean.
    pub(super) fn check(&self, documents: usize) -> Result<()> {
        match self.paths.first() {
            Some(path) if documents == 0 => {
                Err(Error::new(ErrorKind::Config, "a reference without documents")
                    .expected("what the corpus is to be compared with")
                    .remedy("name other files with --against, or the field with --text-field")
                    .at(path))
            }
            _ => Ok(()),
        }
    }

    /// Says which files of the corpus are the reference's.
    pub(super) fn note_shared(
        &self,
        corpus: &[PathBuf],
        reading: &ReadConfig,
        messages: Messages,
    ) -> Result<()> {
        if !self.is_named() {
            return Ok(());
        }
        let files = files_of(corpus, reading)?;
        let is_shared = |path: &&PathBuf| {
            path.canonicalize().is_ok_and(|canonical| self.files.contains(&canonical))
        };
        let shared: Vec<&PathBuf> = files.iter().filter(is_shared).collect();
        let named: Vec<String> =
            shared.iter().take(NAMED).map(|path| path.display().to_string()).collect();
        let more = match shared.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        if !named.is_empty() {
            let named = named.join(", ");
            messages.note(&format!("{named}{more}: read as the reference, no part of the corpus"));
        }
        Ok(())
    }
}
