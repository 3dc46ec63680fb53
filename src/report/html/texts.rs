//! The texts of a page: which are wanted, where they are taken from, and why one is not there.
//!
//! Idea: texts come from documents in memory, or from the files that a saved report names
//! ([`super::reread`]); the rest of the page does not know which. The documents of the passages
//! that are shown first come first, until the limits of number and bytes are reached.
//!
//! Cost: linear in the members of what is shown.

use super::HtmlOptions;
use super::data::{CARRIERS, shown_members};
use super::reread::Reread;
use crate::document::{DocId, Document};
use crate::report::model::Report;

/// Where texts are taken from.
#[derive(Clone, Copy)]
pub(super) enum Texts<'a> {
    /// Documents in memory, in the report's order; none if there are no texts at all.
    Documents(&'a [Document]),
    /// Files that were read again.
    Reread(&'a Reread),
}

impl<'a> Texts<'a> {
    /// The text of a document, if it is at hand.
    pub(super) fn get(self, id: DocId) -> Option<&'a str> {
        match self {
            Self::Documents(documents) => Some(documents.get(id.index())?.text.as_str()),
            Self::Reread(reread) => reread.text(id),
        }
    }

    /// Whether there is no text at all.
    pub(super) fn none(self) -> bool {
        match self {
            Self::Documents(documents) => documents.is_empty(),
            Self::Reread(reread) => reread.found() == 0,
        }
    }

    /// Why a text is not at hand, as a sentence; `None` if the page's limits are why.
    pub(super) fn absence(self, id: DocId) -> Option<String> {
        match self {
            Self::Documents([]) => {
                Some("The page was made from a report alone, without the documents.".to_owned())
            }
            Self::Documents(_) => None,
            Self::Reread(reread) => reread.absence(id).map(ToString::to_string),
        }
    }
}

/// Documents that something shown refers to, in the order in which they are first shown.
pub(super) fn referred(report: &Report, options: &HtmlOptions) -> Vec<DocId> {
    let mut seen = vec![false; report.documents.len()];
    let mut order = Vec::new();
    let carriers = report.passages.iter().take(options.passages).flat_map(shown_members);
    let copies = report.document_clusters.iter().take(options.passages).flat_map(|cluster| {
        let members = cluster.members.iter().take(CARRIERS).map(|member| member.document);
        [cluster.representative].into_iter().chain(members)
    });
    for id in carriers.map(|member| member.document).chain(copies) {
        if let Some(seen) = seen.get_mut(id.index())
            && !std::mem::replace(seen, true)
        {
            order.push(id);
        }
    }
    order
}

/// Those of the referred documents whose texts the limits let in.
pub(super) fn wanted(order: &[DocId], report: &Report, options: &HtmlOptions) -> Vec<DocId> {
    let mut bytes = 0;
    let fits = |id: &&DocId| {
        let size = report.documents.get(id.index()).map_or(0, |entry| entry.bytes as usize);
        let fits = bytes + size <= options.text_bytes;
        bytes += if fits { size } else { 0 };
        fits
    };
    order.iter().filter(fits).take(options.texts).copied().collect()
}
