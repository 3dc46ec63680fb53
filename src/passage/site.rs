//! Sites: the places of a document where passages stand, and which sites hold the same text.
//!
//! The spans that alignments give for one place differ by a word or two. Spans of a document that
//! overlap each other by at least half are one site, whose extent is the span found most often.
//! Sites that an alignment connects hold the same text. An alignment also carries over every
//! smaller site that lies inside it: where A and B share a page and C quotes a sentence of it
//! from B, the sentence stands in A as well.
//!
//! Cost: a few look-ups in ordered maps for each span and each carried site; 20 bytes in memory
//! a site and 9 a pair, while all else goes by document through sorters.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;

use super::bonds::{Bonds, share};
use super::carry::{Reach, Taken, Target, Twin, furthest};
use super::pairs::Place;
use super::store::{PairRows, Side};
use crate::error::Result;
use crate::span::TokenRange;
use crate::spill::{Record, Sorted, Work, hand_over, into_inner, record};
use crate::stop::checkpoint;

/// Number of a site.
pub(super) type SiteId = u32;

/// All sites and how they hang together.
pub(super) struct Sites {
    /// Every site, by number.
    pub(super) places: Vec<Place>,
    /// The sites of each connected component.
    pub(super) components: Sorted<Member>,
    /// Pairs of sites that an alignment connects, by the component of the first; both directions.
    pub(super) edges: Sorted<Edge>,
}

record! {
    /// A site of a component, which is named by its lowest one.
    Member { component: u32, site: u32 }
    key(member) = u64::from(member.component)
}

record! {
    /// An alignment between two sites, as seen from one of them. The other one may belong to
    /// another component, where weak bonds were [parted](super::bonds).
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

/// The sites of one document by size class and start, each with its end and what it is called.
pub(super) struct DocumentSites<S> {
    by_class: BTreeMap<(u32, u32), (u32, S)>,
}

fn size_class(tokens: TokenRange) -> u32 {
    tokens.len().max(1).ilog2()
}

impl<S: Copy> DocumentSites<S> {
    pub(super) const fn new() -> Self {
        Self { by_class: BTreeMap::new() }
    }

    /// The site that shares most with `tokens`, if it is at least half of both.
    pub(super) fn find(&self, tokens: TokenRange) -> Option<S> {
        let class = size_class(tokens);
        let mut best: Option<(u32, S)> = None;
        // Mutual overlap of a half means lengths within a factor of two.
        for class in class.saturating_sub(1)..=class + 1 {
            let from = tokens.start.saturating_sub(2 << class);
            for (&(_, start), &(end, site)) in
                self.by_class.range((class, from)..(class, tokens.end))
            {
                let other = TokenRange::new(start, end);
                let overlap = tokens.overlap(other);
                let longest = tokens.len().max(other.len());
                if 2 * overlap >= longest && best.is_none_or(|(most, _)| overlap > most) {
                    best = Some((overlap, site));
                }
            }
        }
        best.map(|(_, site)| site)
    }

    pub(super) fn enter(&mut self, tokens: TokenRange, site: S) {
        self.by_class.insert((size_class(tokens), tokens.start), (tokens.end, site));
    }
}

/// Records that are in memory while threads work on their documents.
const AHEAD: usize = 1 << 16;

/// Makes sites of all pairs and connects them, in components of at most `large` where bonds are
/// weak.
pub(super) fn find_sites(
    work: &Work,
    pairs: &PairRows,
    sides: &Sorted<Side>,
    min_words: u32,
    large: u32,
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
        bonds: Bonds::new(work),
    };
    sites.assign()?;
    sites.carry_over()?;
    sites.finish(large)
}

/// Calls `visit` with the records of many documents at a time, in order.
fn each_lot<R: Record>(
    records: &Sorted<R>,
    document: impl Fn(&R) -> u32,
    mut visit: impl FnMut(&[&[R]]) -> Result<()>,
) -> Result<()> {
    let (mut cursor, mut next) = (records.all()?, Vec::new());
    let mut lot: Vec<R> = Vec::new();
    loop {
        let more = cursor.group(&mut next, &document)?;
        if !more || lot.len() + next.len() > AHEAD {
            let documents: Vec<&[R]> = lot.chunk_by(|x, y| document(x) == document(y)).collect();
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
    bonds: Bonds,
}

impl Finder<'_> {
    /// Makes the sites that the sides of pairs are.
    fn assign(&mut self) -> Result<()> {
        let Self { sides, site_of, places, .. } = self;
        // How much of its sites each pair shares: of the one that it shares less of.
        let mut shares = vec![100; site_of.len()];
        each_lot(
            sides,
            |side| side.document,
            |documents| {
                let assigned: Vec<Assigned> =
                    documents.par_iter().map(|sides| Assigned::new(sides)).collect();
                for (sides, assigned) in documents.iter().zip(assigned) {
                    let first = places.len() as SiteId;
                    for (side, site) in sides.iter().zip(assigned.site_of) {
                        let pair = side.pair as usize;
                        site_of[pair][usize::from(side.second)] = first + site;
                        let own = assigned.places[site as usize].tokens;
                        shares[pair] = shares[pair].min(share(side.shared, side.tokens(), own));
                    }
                    places.extend(assigned.places);
                }
                Ok(())
            },
        )?;
        for (&[a, b], share) in site_of.iter().zip(shares) {
            self.bonds.add(a, b, share)?;
        }
        self.rounds.push(0);
        self.ranks = (0..places.len() as u32).collect();
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
        let targets = Mutex::new(self.work.sorter("targets", 5));
        let mut next = first;
        each_lot(
            self.sides,
            |side| side.document,
            |documents| {
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
                jobs.into_par_iter().try_for_each_init(
                    || (Vec::new(), Vec::new()),
                    |(scratch, found), (sides, from, to)| {
                        checkpoint();
                        let furthest = furthest(sides);
                        for site in from..to {
                            let place = self.places[site].tokens;
                            let ids = (site as SiteId, self.ranks[site - first]);
                            reach.targets(sides, &furthest, ids, place, scratch, found);
                        }
                        hand_over(found, &targets)
                    },
                )
            },
        )?;
        into_inner(targets).finish(false)
    }

    /// Makes the sites that are new of what others were carried to, and connects all.
    fn take_in(&mut self, targets: &Sorted<Target>) -> Result<()> {
        let first = self.places.len();
        // When each new site was found.
        let mut found: Vec<(u32, u32)> = Vec::new();
        each_lot(
            targets,
            |target| target.document,
            |documents| {
                let taken: Vec<Taken> = documents
                    .par_iter()
                    .map(|targets| Taken::new(self.sites_of(targets[0].document), targets))
                    .collect();
                for (targets, taken) in documents.iter().zip(taken) {
                    let new = self.places.len() as SiteId;
                    for place in taken.places {
                        self.places.push(place);
                    }
                    found.extend(taken.found);
                    for (target, twin) in targets.iter().zip(taken.twins) {
                        let twin = match twin {
                            Twin::Known(site) => site,
                            Twin::New(number) => new + number,
                        };
                        let place = |site: SiteId| self.places[site as usize].tokens;
                        let (here, there) = (place(target.from), place(twin));
                        let share = share(target.equal, here, here).min(share(
                            target.equal,
                            target.tokens(),
                            there,
                        ));
                        self.bonds.add(target.from, twin, share)?;
                    }
                }
                Ok(())
            },
        )?;
        let mut order: Vec<u32> = (0..(self.places.len() - first) as u32).collect();
        order.par_sort_unstable_by_key(|&new| found[new as usize]);
        self.ranks = vec![0; order.len()];
        for (new, rank) in order.into_iter().zip(0..) {
            self.ranks[new as usize] = rank;
        }
        Ok(())
    }

    /// The sites of a document so far.
    fn sites_of(&self, document: u32) -> DocumentSites<Twin> {
        let mut here = DocumentSites::new();
        let ends = self.rounds.iter().copied().skip(1).chain([self.places.len()]);
        for (&first, end) in self.rounds.iter().zip(ends) {
            let round = &self.places[first..end];
            let from = first + round.partition_point(|place| place.document < document);
            let own = self.places[from..end].iter().take_while(|place| place.document == document);
            own.zip(from..)
                .for_each(|(place, site)| here.enter(place.tokens, Twin::Known(site as SiteId)));
        }
        here
    }

    /// Sorts sites and edges by component.
    fn finish(self, large: u32) -> Result<Sites> {
        let Self { work, sides, site_of, places, bonds, .. } = self;
        let mut union = bonds.join(places.len() as u32, large)?;
        let mut edges = work.sorter("links", 5);
        let mut cursor = sides.all()?;
        while let Some(side) = cursor.next()? {
            let Side { pair, second, matched, .. } = side;
            let [from, to] = match (site_of[pair as usize], second) {
                (sites, 0) => sites,
                ([first, second], _) => [second, first],
            };
            if from != to {
                let component = union.find(from);
                edges.push(Edge { component, from, to, matched, pair, turned: second })?;
            }
        }
        drop(site_of);
        let mut members = work.sorter("components", 5);
        for site in 0..places.len() as SiteId {
            members.push(Member { component: union.find(site), site })?;
        }
        Ok(Sites { places, components: members.finish(false)?, edges: edges.finish(false)? })
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
        let mut here = DocumentSites::new();
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
            let site = here.find(tokens).unwrap_or_else(|| {
                let site = places.len() as SiteId;
                places.push(Place { document, tokens });
                here.enter(tokens, site);
                site
            });
            site_of[first..first + span.len()].fill(site);
        }
        Self { places, site_of }
    }
}
