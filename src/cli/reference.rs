//! What `--against` names: documents that the corpus is compared with, and that are no part of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doublet::dedup::files_of;
use doublet::{Document, Error, ErrorKind, Input, ReadConfig, Result};

use super::messages::Messages;

/// Files that a note names.
const NAMED: usize = 3;

/// How much there is of either side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sides {
    reference: usize,
    /// Whether any document of the reference has a word.
    has_words: bool,
    corpus: usize,
}

impl Sides {
    /// Counts documents, of which the first ones belong to the reference.
    pub(super) fn add(&mut self, documents: &[Document], reference: usize) {
        let (own, corpus) = documents.split_at(reference);
        self.reference += own.len();
        self.corpus += corpus.len();
        let mut texts = own.iter().map(|document| &document.text);
        self.has_words |= texts.any(|text| text.chars().any(char::is_alphanumeric));
    }
}

/// The reference, if there is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Reference {
    paths: Vec<PathBuf>,
    /// Of each path the files that those before it hold, by their canonical paths.
    earlier: Vec<Arc<BTreeSet<PathBuf>>>,
    /// Its files, by their canonical paths.
    files: Arc<BTreeSet<PathBuf>>,
}

impl Reference {
    /// Lists the files of `paths`; without any there is no reference.
    pub(super) fn new(paths: &[PathBuf], reading: &ReadConfig) -> Result<Self> {
        let canonical = |path: PathBuf| path.canonicalize().unwrap_or(path);
        let mut files = Arc::new(BTreeSet::new());
        let mut earlier = Vec::with_capacity(paths.len());
        for path in paths {
            earlier.push(Arc::clone(&files));
            let own = files_of(std::slice::from_ref(path), reading)?;
            Arc::make_mut(&mut files).extend(own.into_iter().map(canonical));
        }
        Ok(Self { paths: paths.to_vec(), earlier, files })
    }

    /// Whether a reference was named.
    pub(super) fn is_named(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Its files, which are no part of the corpus.
    pub(super) const fn files(&self) -> &Arc<BTreeSet<PathBuf>> {
        &self.files
    }

    /// What is read first, each file once.
    pub(super) fn inputs(&self) -> impl Iterator<Item = Input> + '_ {
        let named = self.paths.iter().zip(&self.earlier);
        named.map(|(path, earlier)| Input::path(path).without(earlier))
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

    /// Refuses a reference without words, which would make any corpus look clean.
    pub(super) fn check(&self, sides: Sides) -> Result<()> {
        let Some(path) = self.paths.first() else { return Ok(()) };
        if sides.reference == 0 || !sides.has_words {
            let lacks = if sides.reference == 0 { "documents" } else { "a word" };
            let found = format!("a reference without {lacks}");
            return Err(Error::new(ErrorKind::Config, found)
                .expected("what the corpus is to be compared with")
                .remedy("name other files with --against, or the field with --text-field")
                .at(path));
        }
        Ok(())
    }

    /// Refuses also a corpus without documents, of which a report would say that it is clean.
    pub(super) fn check_both(&self, sides: Sides) -> Result<()> {
        self.check(sides)?;
        if self.is_named() && sides.corpus == 0 {
            return Err(Error::new(ErrorKind::Config, "a corpus without documents")
                .expected("what is compared with the reference, which is no part of it")
                .remedy("name other files, or the field with --text-field"));
        }
        Ok(())
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
