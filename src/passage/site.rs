//! Sites: the places of a document where passages stand, and which sites hold the same text.
//!
//! The spans that alignments give for one place differ by a word or two. Spans of a document that
//! overlap each other by at least half are one site, whose extent is the span found most often.
//! Sites that an alignment connects hold the same text. An alignment also carries over every
//! smaller site that lies inside it: where A and B share a page and C quotes a sentence of it
//! from B, the sentence stands in A as well.
//!
//! Cost: a few look-ups in ordered maps for each span and each carried site; 20 bytes in memory
//! a site and 8 a pair, while all else goes by document through sorters.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::pairs::Place;
use super::store::{Matches, PairRows, Side};
use crate::cluster::UnionFind;
use crate::error::Result;
use crate::span::TokenRange;
use crate::spill::{Sorted, Work, record};
use crate::stop::{checkpoint, or_fail};

/// Number of a site.
pub(super) type SiteId = u32;

/// All sites and how they hang together.
pub(super) struct Sites {
    /// Every site, by number.
    pub(super) places: Vec<Place>,
    /// The sites of each connected component.
    pub(super) components: Sorted<Member>,
    /// Pairs of sites that an alignment connects, by component; both directions.
    pub(super) edges: Sorted<Edge>,
}

record! {
    /// A site of a component, which is named by its lowest one.
    Member { component: u32, site: u32 }
    key(member) = u64::from(member.component)
}

record! {
    /// An alignment between two sites, as seen from one of them.
    Edge {
        component: u32,
        from: u32,
        to: u32,
        /// Matched half words.
        matched: u32,
        /// Number of the pair.
        pair: u32,
        /// Whether the pair has `to` as its first side.
        turned: u8,
    }
    key(edge) = u64::from(edge.component) << 32 | u64::from(edge.from)
}

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
    }
    key(target) = u64::from(target.document) << 32 | u64::from(target.rank)
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
        self.enter(place.tokens, site);
        site
    }

    fn enter(&mut self, tokens: TokenRange, site: SiteId) {
        self.by_class.insert((size_class(tokens), tokens.start), site);
    }
}

/// Sides that are in memory while threads work on their documents.
const AHEAD: usize = 1 << 16;

/// Makes sites of all pairs and connects them.
pub(super) fn find_sites(
    work: &Work,
    pairs: &PairRows,
    sides: &Sorted<Side>,
    min_words: u32,
) -> Result<Sites> {
    let mut sites = Finder {
        work,
        pairs,
        sides,
        min_words,
        site_of: vec![[0; 2]; pairs.len()],
        places: Vec::new(),
        rounds: Vec::new(),
        ranks: Vec::new(),
        union: UnionFind::new(0),
    };
    sites.assign()?;
    sites.carry_over()?;
    sites.finish()
}

/// Calls `visit` with the sides of many documents at a time, in order.
fn each_lot(sides: &Sorted<Side>, mut visit: impl FnMut(&[&[Side]]) -> Result<()>) -> Result<()> {
    let (mut cursor, mut next) = (sides.all()?, Vec::new());
    let mut lot: Vec<Side> = Vec::new();
    loop {
        let more = cursor.group(&mut next, |side| side.document)?;
        if !more || lot.len() + next.len() > AHEAD {
            let documents: Vec<&[Side]> = lot.chunk_by(|x, y| x.document == y.document).collect();
            visit(&documents)?;
            lot.clear();
        }
        if !more {
            return Ok(());
        }
        lot.append(&mut next);
    }
}

/// Makes sites step by step.
struct Finder<'a> {
    work: &'a Work,
    pairs: &'a PairRows,
    sides: &'a Sorted<Side>,
    min_words: u32,
    /// The sites of both sides of each pair.
    site_of: Vec<[SiteId; 2]>,
    places: Vec<Place>,
    /// Where the sites of each round begin; within a round they are sorted by document.
    rounds: Vec<usize>,
    /// The order in which the sites of the latest round were found.
    ranks: Vec<u32>,
    union: UnionFind,
}

impl Finder<'_> {
    /// Makes the sites that the sides of pairs are.
    fn assign(&mut self) -> Result<()> {
        let Self { sides, site_of, places, .. } = self;
        each_lot(sides, |documents| {
            let assigned: Vec<Assigned> =
                documents.par_iter().map(|sides| Assigned::new(sides)).collect();
            for (sides, assigned) in documents.iter().zip(assigned) {
                let first = places.len() as SiteId;
                for (side, site) in sides.iter().zip(assigned.site_of) {
                    site_of[side.pair as usize][usize::from(side.second)] = first + site;
                }
                places.extend(assigned.places);
            }
            Ok(())
        })?;
        self.rounds.push(0);
        self.ranks = (0..places.len() as u32).collect();
        self.union = UnionFind::new(places.len() as u32);
        for &[a, b] in site_of.iter().filter(|[a, b]| a != b) {
            self.union.union(a, b);
        }
        Ok(())
    }

    /// Carries every site over each alignment that it lies inside of, until nothing new turns up.
    ///
    /// In rounds: where sites are carried to depends on the pairs alone, and which of them are new
    /// on their order in the document that they are carried to.
    fn carry_over(&mut self) -> Result<()> {
        while let Some(&first) = self.rounds.last().filter(|&&first| first < self.places.len()) {
            let targets = self.targets(first)?;
            self.rounds.push(self.places.len());
            self.take_in(&targets)?;
        }
        Ok(())
    }

    /// Where the sites from number `first` on are carried to.
    fn targets(&self, first: usize) -> Result<Sorted<Target>> {
        let Self { pairs, site_of, min_words, .. } = self;
        let reach = Reach { pairs, site_of, min_words: *min_words };
        let mut targets = self.work.sorter("targets", 5);
        let mut next = first;
        each_lot(self.sides, |documents| {
            let mut jobs: Vec<(&[Side], usize, usize)> = Vec::new();
            for sides in documents {
                let document = sides[0].document;
                let from = next;
                // A site lies in a document that has sides: it was carried there by one.
                while self.places.get(next).is_some_and(|place| place.document == document) {
                    next += 1;
                }
                if from < next {
                    jobs.push((sides, from, next));
                }
            }
            let found: Vec<Vec<Target>> = jobs
                .into_par_iter()
                .map_init(Vec::new, |scratch, (sides, from, to)| {
                    checkpoint();
                    let mut found = Vec::new();
                    let furthest = furthest(sides);
                    for site in from..to {
                        let place = self.places[site].tokens;
                        let ids = (site as SiteId, self.ranks[site - first]);
                        reach.targets(sides, &furthest, ids, place, scratch, &mut found);
                    }
                    found
                })
                .collect();
            found.iter().try_for_each(|found| targets.extend(found))
        })?;
        targets.finish(false)
    }

    /// Makes the sites that are new of what others were carried to, and connects all.
    fn take_in(&mut self, targets: &Sorted<Target>) -> Result<()> {
        let (mut cursor, mut targets) = (targets.all()?, Vec::new());
        let first = self.places.len();
        // When each new site was found.
        let mut found: Vec<(u32, u32)> = Vec::new();
        while cursor.group(&mut targets, |target| target.document)? {
            let document = targets[0].document;
            let mut here = self.sites_of(document);
            for &Target { rank, number, from, start, end, .. } in &targets {
                let tokens = TokenRange::new(start, end);
                let twin = here.find(&self.places, tokens).unwrap_or_else(|| {
                    self.union.push();
                    found.push((rank, number));
                    here.add(&mut self.places, Place { document, tokens })
                });
                if twin != from {
                    self.union.union(from, twin);
                }
            }
        }
        let mut order: Vec<u32> = (0..(self.places.len() - first) as u32).collect();
        order.par_sort_unstable_by_key(|&new| found[new as usize]);
        self.ranks = vec![0; order.len()];
        for (new, rank) in order.into_iter().zip(0..) {
            self.ranks[new as usize] = rank;
        }
        Ok(())
    }

    /// The sites of a document so far.
    fn sites_of(&self, document: u32) -> DocumentSites {
        let mut here = DocumentSites::default();
        let ends = self.rounds.iter().copied().skip(1).chain([self.places.len()]);
        for (&first, end) in self.rounds.iter().zip(ends) {
            let round = &self.places[first..end];
            let from = first + round.partition_point(|place| place.document < document);
            let own = self.places[from..end].iter().take_while(|place| place.document == document);
            own.zip(from..).for_each(|(place, site)| here.enter(place.tokens, site as SiteId));
        }
        here
    }

    /// Sorts sites and edges by component.
    fn finish(mut self) -> Result<Sites> {
        let mut edges = self.work.sorter("links", 5);
        let (mut cursor, site_of) = (self.sides.all()?, &self.site_of);
        while let Some(side) = cursor.next()? {
            let Side { pair, second, matched, .. } = side;
            let [from, to] = match (site_of[pair as usize], second) {
                (sites, 0) => sites,
                ([first, second], _) => [second, first],
            };
            if from != to {
                let component = self.union.find(from);
                edges.push(Edge { component, from, to, matched, pair, turned: second })?;
            }
        }
        self.site_of = Vec::new();
        let mut members = self.work.sorter("components", 5);
        for site in 0..self.places.len() as SiteId {
            members.push(Member { component: self.union.find(site), site })?;
        }
        Ok(Sites {
            places: self.places,
            components: members.finish(false)?,
            edges: edges.finish(false)?,
        })
    }
}

/// The sites of one document, numbered from 0.
struct Assigned {
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
        Self { places, site_of }
    }
}

/// By side: the furthest end among those of its document up to it. It bounds the search for sides
/// that reach over a site.
fn furthest(sides: &[Side]) -> Vec<u32> {
    let furthest = |furthest: &mut u32, side: &Side| {
        *furthest = side.end.max(*furthest);
        Some(*furthest)
    };
    sides.iter().scan(0, furthest).collect()
}

/// What decides where sites are carried to.
struct Reach<'a> {
    pairs: &'a PairRows,
    site_of: &'a [[SiteId; 2]],
    min_words: u32,
}

impl Reach<'_> {
    /// Where the alignments that a site lies inside of carry it.
    fn targets(
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
            if let Some(place) = or_fail(self.pairs.with(side.pair, turned, scratch, carry)) {
                let Place { document, tokens: TokenRange { start, end } } = place;
                found.push(Target { document, rank, number, from, start, end });
                number += 1;
            }
        }
    }
}

/// Where a range of the first side stands on the other, if enough of it is equal there.
fn carried(matches: Matches<'_>, tokens: TokenRange, min_words: u32) -> Option<Place> {
    let mut hull: Option<TokenRange> = None;
    let mut equal = 0;
    let inside = matches.from(tokens.start).map_while(|stretch| stretch.clipped(tokens));
    for part in inside.filter(|part| !part.form) {
        let there = TokenRange::new(part.at_b, part.at_b + part.len);
        equal += part.len;
        hull = Some(hull.map_or(there, |hull| hull.hull(there)));
    }
    hull.filter(|_| 5 * equal >= 3 * tokens.len() && 2 * equal >= min_words)
        .map(|tokens| Place { document: matches.other(), tokens })
}
