//! `doublet` finds near-duplicate documents and the passages that documents share.

pub mod config;
pub mod document;
pub mod error;
mod hash;
pub mod report;
pub mod source;
pub mod span;
pub mod text;

pub use config::{Config, DocumentConfig, Keep, Linkage, PassageConfig, Scope, Sensitivity};
pub use document::{DocId, Document, FieldValue, Metadata, Origin, Timestamp};
pub use error::{Error, ErrorKind, Result};
pub use report::model::Report;
pub use source::{Collection, Input, ReadConfig, Source};
pub use span::{Span, TokenRange};
