//! `doublet` finds near-duplicate documents and the passages that documents share.

mod cluster;
pub mod config;
pub mod document;
pub mod error;
mod find;
mod hash;
mod passage;
pub mod report;
pub mod shingle;
pub mod source;
pub mod span;
pub mod text;

pub use config::{Config, DocumentConfig, Keep, Linkage, PassageConfig, Scope, Sensitivity};
pub use document::{DocId, Document, FieldValue, Metadata, Origin, Timestamp};
pub use error::{Error, ErrorKind, Result};
pub use find::{Builder, Doublet};
pub use report::model::Report;
pub use source::read;
pub use span::{Span, TokenRange};
