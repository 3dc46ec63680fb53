//! Documents: the units of comparison, and where they came from.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// Number of a document in its collection, from 0 in input order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocId(pub u32);

impl DocId {
    /// The id as an index into the documents that were given.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The id of the document at `index`, if the collection is within the limit of 2³² − 1.
    pub fn from_index(index: usize) -> Result<Self, Error> {
        u32::try_from(index).ok().filter(|&id| id != u32::MAX).map(Self).ok_or_else(|| {
            Error::new(ErrorKind::Limit, format!("document number {index}"))
                .expected("at most 4,294,967,294 documents in one run")
                .remedy("split the collection")
        })
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value of a metadata field, as JSON knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<FieldValue>),
    /// An object.
    Map(BTreeMap<String, FieldValue>),
}

/// Fields of a record that are neither its text nor its id, by name.
pub type Metadata = BTreeMap<String, FieldValue>;

/// One unit of comparison.
///
/// ```
/// use doublet::Document;
/// let document = Document::new("letter-12", "Dear Sir, …").in_group("letters").dated("1848-02-24");
/// assert_eq!(document.group.as_deref(), Some("letters"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// How people know it: a file's path, a record's id. Need not be unique.
    pub name: String,
    /// The text that spans point into. UTF-8; at most 4 GiB − 1 bytes.
    pub text: String,
    /// The outlet, crawl or folder it belongs to; coverage is reported by group. Without one,
    /// documents are grouped by the source that they were read from.
    pub group: Option<String>,
    /// When it was published, as it was written. ISO 8601 dates and times and Unix seconds are
    /// understood; see [`Timestamp::parse`].
    pub date: Option<String>,
    /// Further fields.
    pub metadata: Metadata,
    /// Where it was read from; `None` for documents made in memory.
    pub origin: Option<Origin>,
}

impl Document {
    /// A document with a name and a text and nothing else.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), ..Self::default() }
    }

    /// The same document in a group.
    #[must_use]
    pub fn in_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The same document with a date.
    #[must_use]
    pub fn dated(mut self, date: impl Into<String>) -> Self {
        self.date = Some(date.into());
        self
    }
}

/// Where a document was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The source as it was named: a file, a folder, `-` for standard input.
    pub source: String,
    /// The file inside it (the same as `source` for a file).
    pub path: String,
    /// Line of the record, from 1, in formats of one record a line.
    pub line: Option<u64>,
    /// The encoding the bytes were decoded from when it was not UTF-8; spans count bytes of the
    /// decoded text then.
    pub encoding: Option<String>,
}

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Placeholder.
    pub fn parse(_: &str) -> Option<Self> {
        None
    }
}
