//! Where the program meets the library's engine: read the documents, find what repeats.

use std::io::Read;
use std::path::{Path, PathBuf};

use doublet::report::model::Skipped;
use doublet::{Config, Document, Doublet, Error, Event, Origin, Report, Result};

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
    let mut collection = Collection { documents: Vec::new(), skipped: Vec::new() };
    for path in paths {
        placeholder(path, path, reading, &mut collection)?;
    }
    progress.advance(collection.documents.len() as u64);
    Ok(collection)
}

/// Plain text only, until the library's sources are there.
fn placeholder(root: &Path, path: &Path, reading: &Reading, into: &mut Collection) -> Result<()> {
    let refused = |error| Error::io("read", path, error);
    if path.is_dir() {
        let mut names: Vec<PathBuf> = std::fs::read_dir(path)
            .map_err(refused)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        names.sort();
        return names.iter().try_for_each(|path| placeholder(root, path, reading, into));
    }
    let mut text = String::new();
    let result = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    match result.map_err(refused) {
        Ok(_) => {
            let mut document = Document::new(path.display().to_string(), text);
            document.origin = Some(Origin {
                source: root.display().to_string(),
                path: path.display().to_string(),
                line: None,
                encoding: None,
            });
            into.documents.push(document);
        }
        Err(error) if reading.strict => return Err(error),
        Err(error) => into.skipped.push(Skipped {
            path: path.display().to_string(),
            line: None,
            message: error.message(),
        }),
    }
    Ok(())
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
