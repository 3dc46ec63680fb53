//! Clusters: from matches to documents that are versions of one document.
//!
//! Matches connect documents; [`UnionFind`] makes components of them. Components chain: a matches
//! b, b matches c, and a has nothing in common with c. Users of transitive clustering report tens
//! of thousands of unrelated books in one component. [`star`] therefore cuts each component
//! into stars, in which every member matches the representative itself. [`keep`] says which
//! version represents the others, [`copies`] lets one of several exact copies stand for all. Where
//! a corpus is compared with a reference, `reference` makes a cluster of each of its documents.

mod assemble;
pub mod copies;
pub mod keep;
mod reference;
pub mod star;
mod union_find;

pub(crate) use assemble::{Component, Faces, cluster_documents, each_component};
pub use copies::Copies;
pub(crate) use keep::KeepKeys;
pub use keep::{keep_ranks, protected_first};
pub(crate) use reference::around_reference;
pub use union_find::UnionFind;
