//! Clusters.
pub(crate) mod union_find;
