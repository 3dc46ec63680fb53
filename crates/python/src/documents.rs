//! Documents in memory: what all ways in have in common, and the way in from files.
//!
//! A document keeps a copy of its text, since a report outlives what it was made from; Arrow
//! columns are read in place up to that copy. A field is looked up by its whole name first, then
//! as a path with dots, as in records of files.
//!
//! What makes a document useless (no text, no string) is an error that names it. A date or a
//! group that cannot be used is left out and noted, or an error where reading is strict.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use doublet::report::model::Skipped;
use doublet::source::{Input, read_all};
use doublet::{DocId, Document, Error, ErrorKind, FieldValue, ReadConfig, Result, Timestamp};
use pyo3::prelude::*;

use crate::error::OrRaise;
use crate::options::{Fields, ReadOptions};
use crate::run;

/// Field that names a record when none is stated.
pub(crate) const DEFAULT_ID: &str = "id";

/// Documents in memory.
#[derive(Default)]
#[pyclass(frozen, module = "doublet._doublet")]
pub(crate) struct Documents {
    /// The documents.
    pub(crate) documents: Arc<Vec<Document>>,
    /// What could not be read or used.
    pub(crate) skipped: Arc<Vec<Skipped>>,
    /// The field that texts of records were read from, for documents of files.
    pub(crate) text_field: Option<String>,
}

#[pymethods]
impl Documents {
    fn __len__(&self) -> usize {
        self.documents.len()
    }

    /// Name and text of the document at an index.
    fn at(&self, index: usize) -> Option<(&str, &str)> {
        self.documents.get(index).map(|document| (&*document.name, &*document.text))
    }

    /// Those at these indices.
    fn select(&self, indices: Vec<usize>, texts: BTreeMap<usize, String>) -> Self {
        let selected = indices.iter().filter_map(|&index| {
            let mut document = self.documents.get(index)?.clone();
            if let Some(text) = texts.get(&index) {
                document.text.clone_from(text);
            }
            Some(document)
        });
        Self {
            documents: Arc::new(selected.collect()),
            skipped: self.skipped.clone(),
            text_field: self.text_field.clone(),
        }
    }

    /// What could not be read: file, line, message.
    fn skipped(&self) -> Vec<(String, Option<u64>, String)> {
        let told =
            |skipped: &Skipped| (skipped.path.clone(), skipped.line, skipped.message.clone());
        self.skipped.iter().map(told).collect()
    }
}

impl Documents {
    /// All documents of several, one after the other, and what of each could not be read.
    pub(crate) fn joined(py: Python<'_>, all: &[&Self]) -> Self {
        let [.., last] = all else { return Self::default() };
        let text_field = last.text_field.clone();
        let (documents, skipped) = match all {
            [only] => (only.documents.clone(), only.skipped.clone()),
            _ => py.detach(|| {
                let documents = all.iter().flat_map(|part| part.documents.iter().cloned());
                let skipped = all.iter().flat_map(|part| part.skipped.iter().cloned());
                (Arc::new(documents.collect()), Arc::new(skipped.collect()))
            }),
        };
        Self { documents, skipped, text_field }
    }

    /// Refuses a corpus without documents, of which a report would say that it is clean.
    pub(crate) fn check_corpus(&self) -> Result<()> {
        if !self.documents.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Config, "a corpus without documents")
            .expected("what is compared with the reference, which is no part of it")
            .remedy("hand over others, or name the field with text_field="))
    }

    /// The files that they come from.
    fn files(&self) -> Arc<BTreeSet<PathBuf>> {
        let origins = self.documents.iter().filter_map(|document| document.origin.as_ref());
        let paths: BTreeSet<&str> = origins.map(|origin| &*origin.path).collect();
        Arc::new(paths.iter().filter_map(|path| std::fs::canonicalize(path).ok()).collect())
    }
}

/// How many documents a reference has. One without words would make any corpus look clean.
pub(crate) fn reference_of(against: Option<&Documents>) -> Result<usize> {
    let Some(Documents { documents, .. }) = against else { return Ok(0) };
    let has_words = |document: &Document| document.text.chars().any(char::is_alphanumeric);
    if documents.iter().any(has_words) {
        return Ok(documents.len());
    }
    let lacks = if documents.is_empty() { "documents" } else { "a word" };
    Err(Error::new(ErrorKind::Config, format!("a reference without {lacks}"))
        .expected("what the corpus is to be compared with")
        .remedy("hand over others with against=, or name the field with text_field="))
}

/// Puts documents together and checks what they have in common.
pub(crate) struct Maker<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) documents: Vec<Document>,
    skipped: Vec<Skipped>,
    seen_group: bool,
    seen_date: bool,
}

impl<'a> Maker<'a> {
    /// For documents with these fields.
    pub(crate) fn new(fields: &'a Fields) -> Self {
        let (documents, skipped) = (Vec::new(), Vec::new());
        Self { fields, documents, skipped, seen_group: false, seen_date: false }
    }

    /// The number of the next document.
    pub(crate) fn number(&self) -> usize {
        self.documents.len()
    }

    /// Adds a document.
    pub(crate) fn push(&mut self, document: Document) {
        self.documents.push(document);
    }

    /// The name that a field's value gives, if it can be one.
    pub(crate) fn name(&self, value: Option<FieldValue>) -> Result<String> {
        match (value, &self.fields.id_field) {
            (Some(FieldValue::Text(id)), _) => Ok(id),
            (Some(id @ (FieldValue::Integer(_) | FieldValue::Float(_))), _) => Ok(id.plain()),
            (Some(other), Some(field)) => {
                let found = format!(
                    "{} in the field {field:?} of document {}",
                    other.kind(),
                    self.number()
                );
                Err(Error::new(ErrorKind::Field, found).expected("a string or a number"))
            }
            (None, Some(field)) => {
                let found = format!("document {} without the field {field:?}", self.number());
                Err(Error::new(ErrorKind::Field, found)
                    .expected("a string or a number in every document")
                    .remedy("name the field that holds the id with id_field="))
            }
            (_, None) => Ok(self.number().to_string()),
        }
    }

    /// The group that a field's value gives.
    pub(crate) fn group(
        &mut self,
        value: Option<&FieldValue>,
        name: &str,
    ) -> Result<Option<String>> {
        let (Some(value), Some(field)) = (value, self.fields.group_by.as_deref()) else {
            return Ok(None);
        };
        self.seen_group = true;
        match value {
            FieldValue::Null => Ok(None),
            FieldValue::List(_) | FieldValue::Map(_) => {
                let found = format!("{} in the field {field:?}", value.kind());
                self.leave_out("group", found, "a string or a number", name).map(|()| None)
            }
            value => Ok(Some(value.plain())),
        }
    }

    /// The date that a field's value gives.
    pub(crate) fn date(
        &mut self,
        value: Option<&FieldValue>,
        name: &str,
    ) -> Result<Option<String>> {
        let (Some(value), Some(field)) = (value, self.fields.date_field.as_deref()) else {
            return Ok(None);
        };
        self.seen_date = true;
        let found = match value {
            FieldValue::Null => return Ok(None),
            FieldValue::Text(_) | FieldValue::Integer(_) | FieldValue::Float(_) => {
                let date = value.plain();
                if Timestamp::parse(&date).is_some() {
                    return Ok(Some(date));
                }
                format!("the date {:?} in the field {field:?}", shortened(&date))
            }
            other => format!("{} in the field {field:?}", other.kind()),
        };
        let expected = "a date such as 2023-11-15, 2023-11-15T08:00:00Z or 15 November 2023, or \
                        Unix seconds";
        self.leave_out("date", found, expected, name).map(|()| None)
    }

    fn leave_out(&mut self, what: &str, found: String, expected: &str, name: &str) -> Result<()> {
        let remedy = format!("the document was read, its {what} left out");
        let error = Error::new(ErrorKind::Field, found).expected(expected).at(name);
        if self.fields.strict {
            return Err(error);
        }
        let message = error.remedy(remedy).message();
        self.skipped.push(Skipped { path: name.to_owned(), line: None, message });
        Ok(())
    }

    /// A field that no document has is a mistake in its name.
    pub(crate) fn finish(self) -> Result<Documents> {
        let missing = |field: &str| {
            Error::new(ErrorKind::Config, format!("no document with the field {field:?}"))
        };
        if let Some(last) = self.documents.len().checked_sub(1) {
            DocId::from_index(last)?;
        }
        if self.fields.require_fields && !self.documents.is_empty() {
            match (&self.fields.group_by, &self.fields.date_field) {
                (Some(field), _) if !self.seen_group => {
                    return Err(missing(field)
                        .expected("a field to group by")
                        .remedy("name it with group_by="));
                }
                (_, Some(field)) if !self.seen_date => {
                    return Err(missing(field)
                        .expected("a field that holds the date")
                        .remedy("name it with date_field="));
                }
                _ => {}
            }
        }
        Ok(Documents {
            documents: Arc::new(self.documents),
            skipped: Arc::new(self.skipped),
            text_field: None,
        })
    }
}

/// Documents from files and folders, without the files that a reference was read from.
#[pyfunction]
pub(crate) fn read(
    py: Python<'_>,
    paths: Vec<String>,
    reference: Option<&Documents>,
    options: ReadOptions,
    progress: Option<Py<PyAny>>,
) -> PyResult<Documents> {
    let config = ReadConfig::try_from(options).or_raise(py)?;
    let text_field = Some(config.text_field.clone());
    let apart = reference.map(Documents::files).unwrap_or_default();
    let collection = run::run(py, progress, move |run| {
        for path in paths.iter().filter(|path| *path != "-") {
            std::fs::metadata(path).map_err(|error| Error::io("open", path, error))?;
        }
        run.pool(0)?.install(|| {
            let inputs = paths.iter().map(|path| Input::path(path).without(&apart));
            read_all(inputs, &config, &**run)
        })
    })?;
    Ok(Documents {
        documents: Arc::new(collection.documents),
        skipped: Arc::new(collection.skipped),
        text_field,
    })
}

/// The beginning of a value that may be long.
fn shortened(value: &str) -> String {
    match value.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
