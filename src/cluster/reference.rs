//! Clusters around the documents of a reference: one for each that the corpus matches.
//!
//! With a reference nothing is known of how the documents of the corpus relate to one another, and
//! nothing needs to be: each document of the reference represents those of the corpus that match
//! it. So a document of the corpus is in as many clusters as it matches documents of the
//! reference, and each cluster is read by itself.
//!
//! Cost: linear in the matches.

use std::cmp::Reverse;

use crate::report::model::{DocumentCluster, DocumentMember, Match, MatchKind};

/// The clusters of matches between a reference (the lower ids) and a corpus, which are in order;
/// largest first, then by representative.
pub(crate) fn around_reference(matches: &[Match]) -> Vec<DocumentCluster> {
    let mut clusters: Vec<DocumentCluster> = matches
        .chunk_by(|x, y| x.a == y.a)
        .map(|own| DocumentCluster {
            representative: own[0].a,
            members: own.iter().map(member).collect(),
            lowest_score: own.iter().map(score).fold(1.0, f64::min),
        })
        .collect();
    clusters.sort_by_key(|cluster| (Reverse(cluster.members.len()), cluster.representative));
    clusters
}

fn member(found: &Match) -> DocumentMember {
    DocumentMember {
        document: found.b,
        kind: found.kind,
        similarity: found.similarity,
        containment: found.b_in_a,
        contains: found.a_in_b,
    }
}

fn score(found: &Match) -> f64 {
    match found.kind {
        MatchKind::Contained => found.a_in_b.max(found.b_in_a),
        MatchKind::Exact | MatchKind::Near => found.similarity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocId;

    #[test]
    fn a_document_is_with_every_one_of_the_reference_that_it_matches() {
        let found = |a, b, kind, similarity, a_in_b| Match {
            a: DocId(a),
            b: DocId(b),
            kind,
            similarity,
            a_in_b,
            b_in_a: similarity,
        };
        let matches = [
            found(0, 5, MatchKind::Near, 0.875, 0.9),
            found(2, 5, MatchKind::Exact, 1.0, 1.0),
            found(2, 7, MatchKind::Contained, 0.25, 0.95),
        ];
        let clusters = around_reference(&matches);
        let told: Vec<_> = clusters
            .iter()
            .map(|cluster| {
                let ids: Vec<u32> = cluster.members.iter().map(|m| m.document.0).collect();
                (cluster.representative.0, ids, cluster.lowest_score)
            })
            .collect();
        assert_eq!(told, [(2, vec![5, 7], 0.95), (0, vec![5], 0.875)]);
    }
}
