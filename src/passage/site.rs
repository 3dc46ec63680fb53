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

use rayon::prelude::*;

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
    let of_documents: Vec<&[Side]> = sides.chunk_by(|x, y| x.document == y.document).collect();
    let assigned: Vec<Assigned> =
        of_documents.par_iter().map(|sides| Assigned::new(sides)).collect();
    for (sides, assigned) in of_documents.into_iter().zip(assigned) {
        let first = places.len() as SiteId;
        for (side, site) in sides.iter().zip(assigned.site_of) {
            site_of[side.pair as usize][usize::from(side.second)] = first + site;
        }
        let mut here = assigned.here;
        here.by_class.values_mut().for_each(|site| *site += first);
        by_document[sides[0].document as usize] = here;
        places.extend(assigned.places);
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
    edges.par_sort_unstable();
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
    sides.par_sort_unstable();
    sides
}

/// The sites of one document, numbered from 0.
struct Assigned {
    here: DocumentSites,
    places: Vec<Place>,
    /// By side.
    site_of: Vec<SiteId>,
}

impl Assigned {
    /// Gives each side of one document its site; the spans found most often come first, so that
    /// they set the extents.
    fn new(sides: &[Side]) -> Self {
        let mut here = DocumentSites::default();
        let mut places = Vec::new();
        let mut site_of = vec![0; sides.len()];
        let mut first = 0;
        let mut spans: Vec<(usize, &[Side])> = Vec::new();
        for span in sides.chunk_by(|x, y| (x.start, x.end) == (y.start, y.end)) {
            spans.push((first, span));
            first += span.len();
        }
        spans.sort_by_key(|(_, span)| {
            let tokens = span[0].tokens();
            (std::cmp::Reverse((span.len(), tokens.len())), tokens)
        });
        for (first, span) in spans {
            let (document, tokens) = (span[0].document, span[0].tokens());
            let site = here
                .find(&places, tokens)
                .unwrap_or_else(|| here.add(&mut places, Place { document, tokens }));
            site_of[first..first + span.len()].fill(site);
        }
        Self { here, places, site_of }
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
    let reach = Reach { pairs, sides, site_of, furthest: &furthest, min_words };
    let mut next = 0;
    while next < places.len() {
        let (site, end) = (next, places.len());
        next = end;
        // Where sites are carried to depends on the pairs alone, and which of them are new on
        // their order.
        let carried: Vec<Vec<Place>> = places[site..end]
            .par_iter()
            .enumerate()
            .map(|(i, &place)| reach.targets((site + i) as SiteId, place).collect())
            .collect();
        for (site, target) in (site..)
            .zip(carried)
            .flat_map(|(site, places)| places.into_iter().map(move |p| (site as SiteId, p)))
        {
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

/// What decides where sites are carried to.
struct Reach<'a> {
    pairs: &'a [Pair],
    sides: &'a [Side],
    site_of: &'a [[SiteId; 2]],
    /// By side: the furthest end among those of its document up to it.
    furthest: &'a [u32],
    min_words: u32,
}

impl Reach<'_> {
    /// Where the alignments that a site lies inside of carry it.
    fn targets(&self, site: SiteId, place: Place) -> impl Iterator<Item = Place> + '_ {
        let Place { document, tokens } = place;
        let starts = self
            .sides
            .partition_point(|side| (side.document, side.start) <= (document, tokens.start));
        (0..starts)
            .rev()
            .take_while(move |&i| {
                self.sides[i].document == document && self.furthest[i] >= tokens.end
            })
            .map(|i| self.sides[i])
            .filter(move |side| {
                let own = self.site_of[side.pair as usize][usize::from(side.second)] == site;
                !own && side.end >= tokens.end
            })
            .filter_map(move |side| {
                carried(&self.pairs[side.pair as usize], side.second, tokens, self.min_words)
            })
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
