//! Sites: the places of a document where passages stand, and which sites hold the same text.
//!
//! The spans that alignments give for one place differ by a word or two. Spans of a document that
//! overlap each other by at least half are one site, whose extent is the span found most often.
//! Sites that an alignment connects hold the same text. An alignment also carries over every
//! smaller site that lies inside it: where A and B share a page and C quotes a sentence of it
//! from B, the sentence stands in A as well.
//!
//! Cost: a few look-ups in ordered maps for each span and each carried site.

use std::collections::BTreeMap;

use super::align::Stretch;
use super::pairs::{Pair, Place};
use crate::cluster::UnionFind;
use crate::span::TokenRange;

/// Number of a site.
pub(crate) type SiteId = u32;

/// All sites and how they hang together.
pub(crate) struct Sites {
    /// Every site, by number.
    pub(crate) places: Vec<Place>,
    /// The connected components of two or more sites; each sorted by place, all by first place.
    pub(crate) components: Vec<Vec<SiteId>>,
    /// Pairs of sites that an alignment connects; both directions, sorted.
    pub(crate) edges: Vec<Edge>,
}

/// An alignment between two sites, as seen from one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) from: SiteId,
    pub(crate) to: SiteId,
    /// Matched half words.
    pub(crate) matched: u32,
    /// Number of the pair.
    pub(crate) pair: u32,
    /// Whether the pair has `to` as its first side.
    pub(crate) turned: bool,
}

/// The sites of one document by size class and start.
#[derive(Default)]
struct DocumentSites {
    by_class: BTreeMap<(u32, u32), SiteId>,
}

fn size_class(tokens: TokenRange) -> u32 {
    tokens.len().max(1).ilog2()
}

impl DocumentSites {
    /// The site that shares most with `tokens`, if it is at least half of both.
    fn find(&self, places: &[Place], tokens: TokenRange) -> Option<SiteId> {
        let class = size_class(tokens);
        let mut best: Option<(u32, SiteId)> = None;
        // Mutual overlap of a half means lengths within a factor of two.
        for class in class.saturating_sub(1)..=class + 1 {
            let from = tokens.start.saturating_sub(2 << class);
            for (_, &site) in self.by_class.range((class, from)..(class, tokens.end)) {
                let other = places[site as usize].tokens;
                let overlap = tokens.overlap(other);
                let longest = tokens.len().max(other.len());
                if 2 * overlap >= longest && best.is_none_or(|(most, _)| overlap > most) {
                    best = Some((overlap, site));
                }
            }
        }
        best.map(|(_, site)| site)
    }

    fn add(&mut self, places: &mut Vec<Place>, place: Place) -> SiteId {
        let site = places.len() as SiteId;
        places.push(place);
        self.by_class.insert((size_class(place.tokens), place.tokens.start), site);
        site
    }
}

/// One side of a pair, as seen from its document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Side {
    document: u32,
    start: u32,
    end: u32,
    pair: u32,
    second: bool,
}

impl Side {
    fn tokens(self) -> TokenRange {
        TokenRange::new(self.start, self.end)
    }
}

/// Makes sites of all pairs and connects them.
pub(crate) fn find_sites(pairs: &[Pair], documents: usize, min_words: u32) -> Sites {
    let sides = sides_by_document(pairs);
    let mut by_document: Vec<DocumentSites> = Vec::new();
    by_document.resize_with(documents, DocumentSites::default);
    let mut places = Vec::new();
    let mut site_of = vec![[0; 2]; pairs.len()];
    for sides in sides.chunk_by(|x, y| x.document == y.document) {
        let here = &mut by_document[sides[0].document as usize];
        assign_sites(sides, here, &mut places, &mut site_of);
    }
    let mut union = UnionFind::new(places.len() as u32);
    let mut edges = Vec::with_capacity(2 * pairs.len());
    for ((&[a, b], pair), number) in site_of.iter().zip(pairs).zip(0u32..) {
        if a != b {
            union.union(a, b);
            let edge = Edge { from: a, to: b, matched: pair.matched, pair: number, turned: false };
            edges.extend([edge, Edge { from: b, to: a, turned: true, ..edge }]);
        }
    }
    carry_over(pairs, &sides, &site_of, &mut by_document, &mut places, &mut union, min_words);
    edges.sort_unstable();
    Sites { components: components(&places, &mut union), places, edges }
}

fn sides_by_document(pairs: &[Pair]) -> Vec<Side> {
    let mut sides: Vec<Side> = Vec::with_capacity(2 * pairs.len());
    for (pair, number) in pairs.iter().zip(0u32..) {
        for (place, second) in [(pair.a, false), (pair.b, true)] {
            let Place { document, tokens: TokenRange { start, end } } = place;
            sides.push(Side { document, start, end, pair: number, second });
        }
    }
    sides.sort_unstable();
    sides
}

/// Gives each side of one document its site; the spans found most often come first, so that they
/// set the extents.
fn assign_sites(
    sides: &[Side],
    here: &mut DocumentSites,
    places: &mut Vec<Place>,
    site_of: &mut [[SiteId; 2]],
) {
    let mut spans: Vec<&[Side]> =
        sides.chunk_by(|x, y| (x.start, x.end) == (y.start, y.end)).collect();
    spans.sort_by_key(|span| {
        let tokens = span[0].tokens();
        (std::cmp::Reverse((span.len(), tokens.len())), tokens)
    });
    for span in spans {
        let tokens = span[0].tokens();
        let site = here
            .find(places, tokens)
            .unwrap_or_else(|| here.add(places, Place { document: span[0].document, tokens }));
        for side in span {
            site_of[side.pair as usize][usize::from(side.second)] = site;
        }
    }
}

/// Carries every site over each alignment that it lies inside of, until nothing new turns up.
fn carry_over(
    pairs: &[Pair],
    sides: &[Side],
    site_of: &[[SiteId; 2]],
    by_document: &mut [DocumentSites],
    places: &mut Vec<Place>,
    union: &mut UnionFind,
    min_words: u32,
) {
    // The furthest end among the sides of one document up to each: bounds the search for sides
    // that reach over a site.
    let mut furthest: Vec<u32> = Vec::with_capacity(sides.len());
    for (i, side) in sides.iter().enumerate() {
        let before =
            if i > 0 && sides[i - 1].document == side.document { furthest[i - 1] } else { 0 };
        furthest.push(before.max(side.end));
    }
    let mut next = 0;
    while next < places.len() {
        let (site, place) = (next as SiteId, places[next]);
        next += 1;
        let mut i = sides.partition_point(|side| {
            (side.document, side.start) <= (place.document, place.tokens.start)
        });
        while i > 0 {
            i -= 1;
            let side = sides[i];
            if side.document != place.document || furthest[i] < place.tokens.end {
                break;
            }
            let own = site_of[side.pair as usize][usize::from(side.second)] == site;
            if own || side.end < place.tokens.end {
                continue;
            }
            let pair = &pairs[side.pair as usize];
            let Some(target) = carried(pair, side.second, place.tokens, min_words) else {
                continue;
            };
            let there = &mut by_document[target.document as usize];
            let twin = there.find(places, target.tokens).unwrap_or_else(|| {
                union.push();
                there.add(places, target)
            });
            if twin != site {
                union.union(site, twin);
            }
        }
    }
}

/// Where a range of one side stands on the other, if enough of it is equal there.
fn carried(pair: &Pair, second: bool, tokens: TokenRange, min_words: u32) -> Option<Place> {
    let turned = |stretch: &Stretch| if second { stretch.turned() } else { *stretch };
    let from =
        pair.matches.partition_point(|stretch| turned(stretch).at_a + stretch.len <= tokens.start);
    let mut hull: Option<TokenRange> = None;
    let mut equal = 0;
    let inside = pair.matches[from..].iter().map_while(|stretch| turned(stretch).clipped(tokens));
    for part in inside.filter(|part| !part.form) {
        let there = TokenRange::new(part.at_b, part.at_b + part.len);
        equal += part.len;
        hull = Some(hull.map_or(there, |hull| hull.hull(there)));
    }
    let document = if second { pair.a.document } else { pair.b.document };
    hull.filter(|_| 5 * equal >= 3 * tokens.len() && 2 * equal >= min_words)
        .map(|tokens| Place { document, tokens })
}

/// Components of two or more sites, each by place, all by first place.
fn components(places: &[Place], union: &mut UnionFind) -> Vec<Vec<SiteId>> {
    let mut components = union.components();
    for component in &mut components {
        component.sort_unstable_by_key(|&site| (places[site as usize], site));
    }
    components.sort_unstable_by_key(|component| places[component[0] as usize]);
    components
}
