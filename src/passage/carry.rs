//! Carrying sites over alignments: where a site lies on the other side of an alignment that it is
//! inside of, and what that brings to the document there.
//!
//! Cost: a walk through the matches of each alignment around a site, and a look-up for each place
//! that it is carried to.

use super::pairs::Place;
use super::site::{DocumentSites, SiteId};
use super::store::{Matches, PairRows, Side};
use crate::span::TokenRange;
use crate::spill::record;
use crate::stop::or_fail;

record! {
    /// Where a site is carried to by an alignment that it lies inside of.
    Target {
        document: u32,
        /// Rank of the site among those of its round.
        rank: u32,
        /// Number among the targets of its site.
        number: u32,
        from: u32,
        start: u32,
        end: u32,
        /// Tokens that are equal.
        equal: u32,
    }
    key(target) = u64::from(target.document) << 32 | u64::from(target.rank)
}

impl Target {
    pub(super) const fn tokens(self) -> TokenRange {
        TokenRange { start: self.start, end: self.end }
    }
}

/// The site that another one was carried to.
#[derive(Clone, Copy)]
pub(super) enum Twin {
    Known(SiteId),
    /// A new one of the document, numbered from 0.
    New(u32),
}

/// What carrying over brings to one document.
pub(super) struct Taken {
    /// The new sites.
    pub(super) places: Vec<Place>,
    /// Rank and number of the targets that they were found by.
    pub(super) found: Vec<(u32, u32)>,
    /// By target.
    pub(super) twins: Vec<Twin>,
}

impl Taken {
    /// Takes in the targets of a document that has some sites already.
    pub(super) fn new(mut here: DocumentSites<Twin>, targets: &[Target]) -> Self {
        let mut taken = Self {
            places: Vec::new(),
            found: Vec::new(),
            twins: Vec::with_capacity(targets.len()),
        };
        for &Target { document, rank, number, start, end, .. } in targets {
            let tokens = TokenRange::new(start, end);
            let twin = here.find(tokens).unwrap_or_else(|| {
                let twin = Twin::New(taken.places.len() as u32);
                taken.places.push(Place { document, tokens });
                taken.found.push((rank, number));
                here.enter(tokens, twin);
                twin
            });
            taken.twins.push(twin);
        }
        taken
    }
}

/// By side: the furthest end among those of its document up to it. It bounds the search for sides
/// that reach over a site.
pub(super) fn furthest(sides: &[Side]) -> Vec<u32> {
    let furthest = |furthest: &mut u32, side: &Side| {
        *furthest = side.end.max(*furthest);
        Some(*furthest)
    };
    sides.iter().scan(0, furthest).collect()
}

/// What decides where sites are carried to.
pub(super) struct Reach<'a> {
    pub(super) pairs: &'a PairRows,
    pub(super) site_of: &'a [[SiteId; 2]],
    pub(super) min_words: u32,
}

impl Reach<'_> {
    /// Where the alignments that a site lies inside of carry it.
    pub(super) fn targets(
        &self,
        sides: &[Side],
        furthest: &[u32],
        (from, rank): (SiteId, u32),
        tokens: TokenRange,
        scratch: &mut Vec<u8>,
        found: &mut Vec<Target>,
    ) {
        let starts = sides.partition_point(|side| side.start <= tokens.start);
        let mut number = 0;
        for (side, _) in sides[..starts]
            .iter()
            .zip(furthest)
            .rev()
            .take_while(|(_, furthest)| **furthest >= tokens.end)
        {
            let turned = side.second == 1;
            let own = self.site_of[side.pair as usize][usize::from(side.second)] == from;
            if own || side.end < tokens.end {
                continue;
            }
            let carry = |matches: Matches<'_>| carried(matches, tokens, self.min_words);
            let carried = or_fail(self.pairs.with(side.pair, turned, scratch, carry));
            if let Some((Place { document, tokens: TokenRange { start, end } }, equal)) = carried {
                found.push(Target { document, rank, number, from, start, end, equal });
                number += 1;
            }
        }
    }
}

/// Where a range of the first side stands on the other, if enough of it is equal there, and how
/// many tokens that is.
fn carried(matches: Matches<'_>, tokens: TokenRange, min_words: u32) -> Option<(Place, u32)> {
    let mut hull: Option<TokenRange> = None;
    let mut equal = 0;
    let inside = matches.from(tokens.start).map_while(|stretch| stretch.clipped(tokens));
    for part in inside.filter(|part| !part.form) {
        let there = TokenRange::new(part.at_b, part.at_b + part.len);
        equal += part.len;
        hull = Some(hull.map_or(there, |hull| hull.hull(there)));
    }
    hull.filter(|_| 5 * equal >= 3 * tokens.len() && 2 * equal >= min_words)
        .map(|tokens| (Place { document: matches.other(), tokens }, equal))
}
