//! What a finder made of planted quotes.
//!
//! The finder's answer is plain data: clusters of spans. The unit of counting is a **copy**: a
//! carrier that is not the verbatim original (of quotes without edits too, so that all cells count
//! alike).
//!
//! - A reported span *covers* a carrier if it lies in the same document and their intersection over
//!   union, in bytes, is 0.5 or more.
//! - A copy is **found** if some cluster has a member that covers it and another member that covers
//!   another carrier of the same quote. A span that is reported alone, or only together with other
//!   texts, does not count: it does not say what was copied.
//! - Two carriers are **paired** if one cluster covers both. The share of all pairs is the stricter
//!   measure: a quote of ten carriers that falls into two clusters of five has every copy found and
//!   20 of 45 pairs. It is no aim at high numbers of edits, since two copies of three edits each
//!   may differ in six words.
//! - A copy is **in pieces** if more than one span is reported for it: the members that cover it in
//!   clusters where it is found, and in further clusters those of which half or more lies in the
//!   copy's span or that hold half of it. Two clusters that report the same span count as two. A
//!   further cluster with a member outside the quote's carriers does not count: a set phrase inside
//!   the quote that others use too is a finding of its own.
//! - A cluster is **false** if it covers no two carriers of any quote. In a background that holds
//!   repeats of its own, false clusters are not all mistakes.
//!
//! Cost: linear in reported spans times the planted spans that each overlaps.

use std::fmt::Write as _;
use std::ops::Range;

use crate::quotes::Planted;

/// A reported place: document and bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Index of the document.
    pub document: usize,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

/// What became of one copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CopyScore {
    /// Index of its quote.
    pub quote: usize,
    /// Index of its place among the quote's carriers.
    pub carrier: usize,
    /// Words of the quote.
    pub words: usize,
    /// Length class of the quote.
    pub length_class: usize,
    /// Edited words.
    pub edits: usize,
    /// Carriers of the quote, the original among them.
    pub carriers: usize,
    /// Intersection over union of the best span reported for it, if it was found.
    pub overlap: Option<f64>,
    /// Spans reported for it.
    pub reports: usize,
    /// Carriers of the quote that some cluster pairs it with.
    pub partners: usize,
}

/// What became of all copies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// Every copy, by quote and carrier.
    pub copies: Vec<CopyScore>,
    /// Clusters that were reported.
    pub clusters: usize,
    /// Indices of the false ones.
    pub false_clusters: Vec<usize>,
}

/// Sums over some of the copies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Copies.
    pub copies: usize,
    /// Those found.
    pub found: usize,
    /// Those with more than one report.
    pub in_pieces: usize,
    /// Median intersection over union of those found; 0 of none.
    pub median_overlap: f64,
    /// Share of the carriers of its quote that a copy is paired with, on average.
    pub paired: f64,
}

impl Tally {
    /// Share of the copies that was found (1 of none).
    #[must_use]
    pub fn recall(&self) -> f64 {
        if self.copies == 0 { 1.0 } else { self.found as f64 / self.copies as f64 }
    }

    /// Share of the found copies that is in pieces (0 of none).
    #[must_use]
    pub fn pieces(&self) -> f64 {
        if self.found == 0 { 0.0 } else { self.in_pieces as f64 / self.found as f64 }
    }

    /// Standard error of the recall.
    #[must_use]
    pub fn recall_error(&self) -> f64 {
        let recall = self.recall();
        (recall * (1.0 - recall) / self.copies.max(1) as f64).sqrt()
    }
}

/// A planted span as the reports see it.
struct Target {
    quote: usize,
    carrier: usize,
    span: Range<usize>,
}

/// Scores reported clusters against the truth.
#[must_use]
pub fn score(planted: &Planted, clusters: &[Vec<Found>]) -> Score {
    let mut targets: Vec<Vec<Target>> = Vec::new();
    targets.resize_with(planted.documents.len(), Vec::new);
    for (quote, truth) in planted.quotes.iter().enumerate() {
        for (carrier, place) in truth.carriers.iter().enumerate() {
            targets[place.document].push(Target { quote, carrier, span: place.span.clone() });
        }
    }
    for list in &mut targets {
        list.sort_by_key(|target| target.span.start);
    }
    let mut tracks: Vec<Vec<Track>> = planted
        .quotes
        .iter()
        .map(|quote| vec![Track::new(quote.carriers.len()); quote.carriers.len()])
        .collect();
    let mut false_clusters = Vec::new();
    for (index, cluster) in clusters.iter().enumerate() {
        if !credit(cluster, &targets, &mut tracks) {
            false_clusters.push(index);
        }
    }
    let mut copies = Vec::new();
    for (quote, truth) in planted.quotes.iter().enumerate() {
        for (carrier, _) in truth.carriers.iter().enumerate().filter(|(_, c)| !c.original) {
            let track = &tracks[quote][carrier];
            copies.push(CopyScore {
                quote,
                carrier,
                words: truth.words,
                length_class: truth.length_class,
                edits: truth.edits,
                carriers: truth.carriers.len(),
                overlap: track.overlap,
                reports: track.reports,
                partners: track.partners.iter().filter(|&&paired| paired).count(),
            });
        }
    }
    Score { copies, clusters: clusters.len(), false_clusters }
}

/// What has been reported of one carrier.
#[derive(Clone, Debug)]
struct Track {
    overlap: Option<f64>,
    reports: usize,
    partners: Vec<bool>,
}

impl Track {
    fn new(carriers: usize) -> Self {
        Self { overlap: None, reports: 0, partners: vec![false; carriers] }
    }
}

/// Credits a cluster to the carriers that it covers; false if it covers no two of any quote.
fn credit(cluster: &[Found], targets: &[Vec<Target>], tracks: &mut [Vec<Track>]) -> bool {
    // (quote, carrier, overlap) of every member that touches a carrier.
    let mut touched: Vec<(usize, usize, f64)> = Vec::new();
    for found in cluster {
        let Some(list) = targets.get(found.document) else { continue };
        let first = list.partition_point(|target| target.span.end <= found.start);
        for target in list[first..].iter().take_while(|target| target.span.start < found.end) {
            let (shared, overlap) = compare(found, &target.span);
            let shorter = target.span.len().min(found.end.saturating_sub(found.start));
            if 2 * shared >= shorter && shared > 0 {
                touched.push((target.quote, target.carrier, overlap));
            }
        }
    }
    touched.sort_by_key(|&(quote, carrier, _)| (quote, carrier));
    let mut credited = false;
    for of_quote in touched.chunk_by(|a, b| a.0 == b.0) {
        let quote = of_quote[0].0;
        let mut covered: Vec<usize> = of_quote
            .iter()
            .filter(|&&(_, _, overlap)| overlap >= 0.5)
            .map(|&(_, c, _)| c)
            .collect();
        covered.dedup();
        let two = of_quote.iter().any(|&(_, carrier, _)| carrier != of_quote[0].1);
        let strangers = cluster.len() > of_quote.len();
        if covered.len() >= 2 || (two && !strangers) {
            for &(_, carrier, _) in of_quote {
                tracks[quote][carrier].reports += 1;
            }
        }
        if covered.len() < 2 {
            continue;
        }
        credited = true;
        for &(_, carrier, overlap) in of_quote {
            let track = &mut tracks[quote][carrier];
            if overlap >= 0.5 {
                track.overlap = Some(track.overlap.map_or(overlap, |best| best.max(overlap)));
                for &partner in covered.iter().filter(|&&partner| partner != carrier) {
                    track.partners[partner] = true;
                }
            }
        }
    }
    credited
}

/// Shared bytes, and intersection over union.
fn compare(found: &Found, span: &Range<usize>) -> (usize, f64) {
    let shared = found.end.min(span.end).saturating_sub(found.start.max(span.start));
    let union = (found.end.saturating_sub(found.start) + span.len()).saturating_sub(shared);
    (shared, if union == 0 { 0.0 } else { shared as f64 / union as f64 })
}

impl Score {
    /// Sums over the copies that `of` takes.
    #[must_use]
    pub fn tally(&self, of: impl Fn(&CopyScore) -> bool) -> Tally {
        let copies: Vec<&CopyScore> = self.copies.iter().filter(|copy| of(copy)).collect();
        let mut overlaps: Vec<f64> = copies.iter().filter_map(|copy| copy.overlap).collect();
        overlaps.sort_by(f64::total_cmp);
        let paired: f64 = copies
            .iter()
            .map(|copy| copy.partners as f64 / (copy.carriers.max(2) - 1) as f64)
            .sum();
        Tally {
            copies: copies.len(),
            found: overlaps.len(),
            in_pieces: copies.iter().filter(|c| c.overlap.is_some() && c.reports > 1).count(),
            median_overlap: overlaps.get(overlaps.len() / 2).copied().unwrap_or_default(),
            paired: paired / copies.len().max(1) as f64,
        }
    }

    /// Every cell as a row of a Markdown table.
    #[must_use]
    pub fn table(&self) -> String {
        let mut cells: Vec<(usize, usize, usize)> =
            self.copies.iter().map(|c| (c.length_class, c.edits, c.carriers)).collect();
        cells.sort_unstable();
        cells.dedup();
        let mut table = String::from(
            "| class | edits | carriers | copies | recall | ± | overlap | in pieces | paired |\n\
             |---|---|---|---|---|---|---|---|---|\n",
        );
        for cell in cells {
            let tally = self.tally(|c| (c.length_class, c.edits, c.carriers) == cell);
            let (class, edits, carriers) = cell;
            // Writing to a string cannot fail.
            let _ = writeln!(
                table,
                "| {class} | {edits} | {carriers} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
                tally.copies,
                tally.recall(),
                tally.recall_error(),
                tally.median_overlap,
                tally.pieces(),
                tally.paired,
            );
        }
        let _ =
            writeln!(table, "\n{} clusters, {} false", self.clusters, self.false_clusters.len());
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quotes::{Carrier, Quote};

    /// Two quotes: the first in documents 0–3 (original in 0), the second in 0 and 1 (original in 1).
    fn truth() -> Planted {
        let carrier = |document, start: usize, original| Carrier {
            document,
            span: start..start + 100,
            original,
            edits: Vec::new(),
            surface: None,
        };
        let quote = |class, carriers| Quote {
            text: String::new(),
            words: 20,
            length_class: class,
            edits: class,
            carriers,
        };
        Planted {
            documents: vec![String::new(); 5],
            quotes: vec![
                quote(0, (0..4).map(|d| carrier(d, 1_000, d == 0)).collect()),
                quote(1, vec![carrier(0, 5_000, false), carrier(1, 5_000, true)]),
            ],
        }
    }

    fn at(document: usize, start: usize, end: usize) -> Found {
        Found { document, start, end }
    }

    fn all(score: &Score) -> Tally {
        score.tally(|_| true)
    }

    #[test]
    fn nothing_reported() {
        let score = score(&truth(), &[]);
        assert_eq!(score.copies.len(), 4);
        assert_eq!((all(&score).recall(), all(&score).pieces()), (0.0, 0.0));
    }

    #[test]
    fn everything_reported() {
        let clusters = [
            (0..4).map(|d| at(d, 1_000, 1_100)).collect(),
            vec![at(0, 5_000, 5_100), at(1, 5_000, 5_100)],
        ];
        let score = score(&truth(), &clusters);
        let tally = all(&score);
        assert_eq!(
            (tally.recall(), tally.median_overlap, tally.pieces(), tally.paired),
            (1.0, 1.0, 0.0, 1.0)
        );
        assert!(score.false_clusters.is_empty());
    }

    #[test]
    fn a_cluster_needs_two_of_one_quote() {
        // One carrier of each quote and a stranger: no copy is found, and the cluster is false.
        let score =
            score(&truth(), &[vec![at(2, 1_000, 1_100), at(0, 5_000, 5_100), at(4, 0, 50)]]);
        assert_eq!(all(&score).found, 0);
        assert_eq!(score.false_clusters, [0]);
    }

    #[test]
    fn twice_the_same_carrier_is_not_two() {
        let score = score(&truth(), &[vec![at(2, 1_000, 1_060), at(2, 1_020, 1_100)]]);
        assert_eq!(all(&score).found, 0);
        assert_eq!(score.false_clusters, [0]);
    }

    #[test]
    fn overlap_is_intersection_over_union() {
        // 80 of 125 bytes; the partner by 50 of 100: just enough.
        let score_1 = score(&truth(), &[vec![at(0, 5_020, 5_125), at(1, 5_050, 5_100)]]);
        let tally = score_1.tally(|copy| copy.quote == 1);
        assert_eq!(tally.found, 1);
        assert!((tally.median_overlap - 0.64).abs() < 1e-12);
        // One byte less of the partner, and nothing is found.
        let score_2 = score(&truth(), &[vec![at(0, 5_020, 5_125), at(1, 5_051, 5_100)]]);
        assert_eq!(all(&score_2).found, 0);
    }

    #[test]
    fn pieces_are_counted() {
        // The copy in document 1 is reported whole and once more in part by another cluster.
        let clusters = [
            vec![at(0, 1_000, 1_100), at(1, 1_000, 1_100)],
            vec![at(0, 1_000, 1_040), at(1, 1_000, 1_040)],
        ];
        let score = score(&truth(), &clusters);
        let tally = score.tally(|copy| copy.quote == 0);
        assert_eq!((tally.copies, tally.found, tally.in_pieces), (3, 1, 1));
        // The second cluster covers less than half of either carrier.
        assert_eq!(score.false_clusters, [1]);
    }

    #[test]
    fn a_phrase_that_others_use_too_is_no_piece() {
        let whole = vec![at(0, 1_000, 1_100), at(1, 1_000, 1_100)];
        let phrase = vec![at(0, 1_000, 1_040), at(1, 1_000, 1_040), at(4, 0, 40)];
        assert_eq!(all(&score(&truth(), &[whole.clone(), phrase])).in_pieces, 0);
        // The whole quote twice is twice, whoever else is in the second cluster.
        let again = vec![at(0, 1_000, 1_100), at(1, 1_000, 1_100), at(4, 0, 100)];
        assert_eq!(all(&score(&truth(), &[whole, again])).in_pieces, 1);
    }

    #[test]
    fn a_span_that_brushes_a_quote_is_no_piece() {
        let clusters = [
            vec![at(0, 1_000, 1_100), at(1, 1_000, 1_100)],
            vec![at(0, 1_090, 1_300), at(1, 1_090, 1_300)],
        ];
        let score = score(&truth(), &clusters);
        assert_eq!(score.tally(|copy| copy.quote == 0).in_pieces, 0);
        assert_eq!(score.false_clusters, [1]);
    }

    #[test]
    fn split_quotes_lose_pairs_and_nothing_else() {
        let clusters = [
            vec![at(0, 1_000, 1_100), at(1, 1_000, 1_100)],
            vec![at(2, 1_000, 1_100), at(3, 1_000, 1_100)],
        ];
        let score = score(&truth(), &clusters);
        let tally = score.tally(|copy| copy.quote == 0);
        assert_eq!((tally.found, tally.in_pieces), (3, 0));
        assert!((tally.paired - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn documents_out_of_range_are_strangers() {
        let score = score(&truth(), &[vec![at(99, 0, 10), at(4, 0, 10)]]);
        assert_eq!(score.false_clusters, [0]);
        assert!(score.table().contains("1 clusters, 1 false"));
    }
}
