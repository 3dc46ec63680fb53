//! `doublet` finds near-duplicate documents and the passages that documents share.

pub mod cluster;
pub mod config;
pub mod dedup;
pub mod document;
pub mod documents;
pub mod error;
mod find;
mod hash;
pub mod lsh;
mod passage;
pub mod report;
pub mod shingle;
pub mod sketch;
pub mod source;
pub mod span;
pub mod spill;
mod stop;
pub mod text;
mod threads;
pub mod verify;

pub use config::{Config, DocumentConfig, Keep, Linkage, PassageConfig, Scope, Sensitivity};
pub use document::{DocId, Document, FieldValue, Metadata, Origin, Timestamp};
pub use error::{Error, ErrorKind, Result};
pub use find::{Builder, Doublet, Event, Gathering, Stage};
pub use passage::two::{AlignedPart, align};
pub use report::model::Report;

pub use source::{Collection, Input, ReadConfig, Source, read};
pub use span::{Span, TokenRange};
pub use stop::Stop;
pub use threads::on_threads;
