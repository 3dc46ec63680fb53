//! Rows of the head: what lists and pictures need, under names that are short where there are many.
//!
//! Idea: a field here is a field in the page's script; the head is unpacked as a whole when the
//! page opens, so nothing is in it that can wait.
//!
//! Cost: none of its own.

use std::borrow::Cow;

use serde::Serialize;

use crate::document::DocId;
use crate::report::model::{MatchKind, Parameters, Share, Skipped};

/// The head of the data. Its rows are short: there may be many.
#[derive(Serialize)]
pub(super) struct Head<'a> {
    pub(super) version: &'a str,
    pub(super) parameters: &'a Parameters,
    pub(super) documents: u64,
    pub(super) bytes: u64,
    pub(super) words: u64,
    pub(super) seconds: f64,
    pub(super) total: Share,
    pub(super) groups: Vec<GroupRow<'a>>,
    pub(super) between: Vec<Sharing>,
    pub(super) entries: Vec<Document<'a>>,
    /// Passages a block of members.
    pub(super) block: usize,
    pub(super) passages: Vec<PassageRow<'a>>,
    pub(super) clusters: Vec<ClusterRow>,
    /// Lower end of a class, reuse, boilerplate.
    pub(super) passage_sizes: Vec<(u32, u64, u64)>,
    pub(super) cluster_sizes: Vec<(u32, u64, u64)>,
    pub(super) reuse: usize,
    pub(super) boilerplate: usize,
    pub(super) copies: usize,
    pub(super) all_clusters: usize,
    pub(super) skipped: &'a [Skipped],
    pub(super) all_skipped: usize,
    pub(super) left_out: LeftOut,
    pub(super) whole: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct GroupRow<'a> {
    /// That of a reference says so.
    pub(super) name: Cow<'a, str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) reference: bool,
    pub(super) documents: u64,
    pub(super) share: Share,
}

/// What a group shares with others: group and words, and how many groups there are.
#[derive(Serialize)]
pub(super) struct Sharing {
    pub(super) others: Vec<(usize, u64)>,
    pub(super) all_others: usize,
}

/// A document that something shown refers to.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    pub(super) id: usize,
    pub(super) name: &'a str,
    pub(super) group: u32,
    pub(super) date: Option<&'a str>,
    /// The date in Unix seconds.
    pub(super) time: Option<i64>,
    pub(super) share: Share,
    /// Block of texts and place in it.
    pub(super) text: Option<(usize, usize)>,
    /// Why the text is not there, where it is not for the page's limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) absence: Option<String>,
}

#[derive(Serialize)]
pub(super) struct PassageRow<'a> {
    #[serde(rename = "b")]
    pub(super) boilerplate: bool,
    #[serde(rename = "w")]
    pub(super) words: u32,
    #[serde(rename = "n")]
    pub(super) documents: u32,
    #[serde(rename = "r")]
    pub(super) distinctiveness: f64,
    #[serde(rename = "t")]
    pub(super) time: Option<i64>,
    #[serde(rename = "s")]
    pub(super) text: &'a str,
    /// Whether that is only the beginning.
    #[serde(rename = "m", skip_serializing_if = "std::ops::Not::not")]
    pub(super) longer: bool,
    #[serde(rename = "k")]
    pub(super) canonical: u32,
    #[serde(rename = "c")]
    pub(super) carriers: Vec<DocId>,
    #[serde(rename = "a")]
    pub(super) all_carriers: usize,
}

#[derive(Serialize)]
pub(super) struct ClusterRow {
    pub(super) representative: DocId,
    /// Document, reason, similarity, containment, and containment of the representative in it.
    pub(super) members: Vec<(DocId, MatchKind, f64, f64, f64)>,
    pub(super) all_members: usize,
    pub(super) lowest: f64,
}

#[derive(Serialize)]
pub(super) struct LeftOut {
    pub(super) passages: usize,
    pub(super) clusters: usize,
    /// Texts beyond the limits.
    pub(super) texts: usize,
    /// Texts that were looked for in their files and not found as they were.
    pub(super) lost: usize,
    pub(super) no_texts: bool,
}
