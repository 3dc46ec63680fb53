//! Keyword arguments as the library's configuration.
//!
//! The Python half gives every option its default, the program's; here names become values.

use doublet::dedup::{self, Bounds, Rules};
use doublet::{
    Config, DocumentConfig, Error, ErrorKind, Linkage, PassageConfig, ReadConfig, Result, Scope,
    Sensitivity,
};
use pyo3::prelude::*;

/// Options of a search.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct FindOptions {
    threshold: f64,
    shingle_size: u32,
    sketch_size: u32,
    containment: f64,
    keep: String,
    linkage: String,
    min_words: u32,
    sensitivity: String,
    min_identity: f64,
    min_distinctiveness: f64,
    only: Option<String>,
    threads: usize,
}

impl FindOptions {
    /// The configuration that they ask for.
    pub(crate) fn config(&self) -> Result<Config> {
        let scope = match self.only.as_deref() {
            None => Scope::Both,
            Some("documents") => Scope::Documents,
            Some("passages") => Scope::Passages,
            Some(other) => return Err(unknown("only", other, "None, documents or passages")),
        };
        let linkage = match &*self.linkage {
            "star" => Linkage::Star,
            "single" => Linkage::Single,
            other => return Err(unknown("linkage", other, "star or single")),
        };
        let sensitivity = match &*self.sensitivity {
            "auto" => Sensitivity::Auto,
            "fast" => Sensitivity::Fast,
            "balanced" => Sensitivity::Balanced,
            "high" => Sensitivity::High,
            other => return Err(unknown("sensitivity", other, "auto, fast, balanced or high")),
        };
        Ok(Config {
            scope,
            documents: DocumentConfig {
                shingle_size: self.shingle_size,
                sketch_size: self.sketch_size,
                threshold: self.threshold,
                containment: self.containment,
                linkage,
                keep: self.keep.parse()?,
                ..DocumentConfig::default()
            },
            passages: PassageConfig {
                min_words: self.min_words,
                sensitivity,
                min_identity: self.min_identity,
                min_distinctiveness: self.min_distinctiveness,
            },
            threads: self.threads,
        })
    }
}

/// What a cleaning takes out.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct CleanOptions {
    remove: String,
    cut: String,
    cut_boilerplate: bool,
    min_words_left: usize,
    /// What stands for a passage that was cut.
    pub(crate) replace_with: String,
}

impl CleanOptions {
    /// The options that they ask for.
    pub(crate) fn options(&self) -> Result<dedup::Options> {
        let rules: Rules = self.remove.parse()?;
        let bounds = match &*self.cut {
            "word" => Bounds::Word,
            "sentence" => Bounds::Sentence,
            "paragraph" => Bounds::Paragraph,
            other => return Err(unknown("cut", other, "word, sentence or paragraph")),
        };
        Ok(dedup::Options {
            rules,
            bounds,
            boilerplate: self.cut_boilerplate,
            min_words_left: self.min_words_left,
        })
    }
}

/// Which fields of records and tables mean what.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Fields {
    pub(crate) text_field: String,
    pub(crate) id_field: Option<String>,
    pub(crate) group_by: Option<String>,
    pub(crate) date_field: Option<String>,
    /// Which other fields are kept: all, or these.
    pub(crate) metadata: MetadataFields,
    pub(crate) strict: bool,
    /// Whether some document must have the group and the date.
    pub(crate) require_fields: bool,
}

/// Which fields are kept.
#[derive(FromPyObject)]
pub(crate) enum MetadataFields {
    /// All of them, or none.
    All(bool),
    /// Those of these names.
    Named(Vec<String>),
}

impl MetadataFields {
    /// Whether a field of this name is kept.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        match self {
            Self::All(all) => *all,
            Self::Named(names) => names.iter().any(|kept| kept == name),
        }
    }
}

/// How files are read.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ReadOptions {
    text_field: String,
    id_field: Option<String>,
    group_by: Option<String>,
    date_field: Option<String>,
    metadata: MetadataFields,
    format_in: String,
    encoding: Option<String>,
    include: Vec<String>,
    exclude: Vec<String>,
    skip_hidden: bool,
    strict: bool,
    require_fields: bool,
}

impl TryFrom<ReadOptions> for ReadConfig {
    type Error = Error;

    fn try_from(options: ReadOptions) -> Result<Self, Error> {
        Ok(Self {
            text_field: options.text_field,
            id_field: options.id_field,
            group_by: options.group_by,
            date_field: options.date_field,
            metadata: !matches!(options.metadata, MetadataFields::All(false)),
            metadata_fields: match options.metadata {
                MetadataFields::All(_) => None,
                MetadataFields::Named(names) => Some(names),
            },
            format: options.format_in.parse()?,
            encoding: options.encoding,
            include: options.include,
            exclude: options.exclude,
            skip_hidden: options.skip_hidden,
            strict: options.strict,
            require_fields: options.require_fields,
            ..Self::default()
        })
    }
}

fn unknown(option: &str, value: &str, expected: &str) -> Error {
    Error::new(ErrorKind::Config, format!("{option}={value:?}")).expected(expected)
}
