//! Who stands for whom when passages are looked for: copies, and members of document clusters.
//!
//! Idea: one of several copies takes part, the first, and members of a cluster are found by way of
//! its representative. Both are settled by the document half, whose results come in here.
//!
//! Cost: 8 bytes a document.

use hashbrown::HashMap;

use crate::cluster::{Component, Copies};
use crate::document::DocId;
use crate::pairing::Pairing;
use crate::report::model::DocumentCluster;

/// For each document the one that takes part for it.
#[derive(Debug)]
pub(crate) struct Kin {
    /// The first document with the same tokens; its own number for most.
    pub(crate) copy_of: Vec<u32>,
    /// The one that passages find it through: the first copy of its cluster's representative.
    pub(crate) representative: Vec<u32>,
}

impl Kin {
    /// Copies by the content hashes of all documents. Documents without tokens share no passage,
    /// whatever they are copies of.
    pub(crate) fn of_hashes(content_hashes: &[u128]) -> Self {
        let mut first_with: HashMap<u128, u32> = HashMap::with_capacity(content_hashes.len());
        let first = |(&hash, id): (&u128, u32)| *first_with.entry(hash).or_insert(id);
        Self::of_copies_alone(content_hashes.iter().zip(0..).map(first).collect())
    }

    /// Everyone for itself: between a reference and a corpus, one that stands for another of its
    /// side would hide what that shares with the other.
    pub(crate) fn alone(documents: usize) -> Self {
        Self::of_copies_alone((0..documents as u32).collect())
    }

    /// Copies of so many documents; with a reference everyone [for itself](Self::alone).
    pub(crate) fn of_copies(copies: &Copies, documents: usize) -> Self {
        if copies.pairing() != Pairing::Everything {
            return Self::alone(documents);
        }
        let first = |id: u32| copies.group(DocId(id)).map_or(id, |group| copies.leader(group).0);
        Self::of_copies_alone((0..documents as u32).map(first).collect())
    }

    fn of_copies_alone(copy_of: Vec<u32>) -> Self {
        Self { representative: copy_of.clone(), copy_of }
    }

    /// Takes in clusters.
    pub(crate) fn take_clusters(&mut self, clusters: &[DocumentCluster]) {
        for cluster in clusters {
            let centre = self.copy_of[cluster.representative.index()];
            for member in &cluster.members {
                let first = self.copy_of[member.document.index()];
                if first != centre {
                    self.representative[first as usize] = centre;
                    self.representative[member.document.index()] = centre;
                }
            }
        }
    }

    /// Takes in the stars of a component, which clusters are made of.
    pub(crate) fn take_component(&mut self, component: &Component, copies: &Copies) {
        for star in &component.stars.stars {
            let centre = copies.leader(star.centre).0;
            for (group, _) in &star.members {
                for member in copies.members(*group) {
                    self.representative[member.index()] = centre;
                }
            }
        }
    }
}
