//! Passage clusters: star refinement of the sites that hang together.
//!
//! Links make components by transitivity; a cluster must be more. One site becomes the canonical
//! passage: the earliest where dates are known, else the most typical, whose 3-grams most of the
//! others share (with carriers that each changed a word or two, it is the one nearest to the
//! common source; the longest would be the one with the most insertions). Each other site is
//! aligned to it, and joins if it matches well and covers half of it; the rest forms clusters of
//! its own. A site that is left alone at the end goes with the neighbour that it was aligned with,
//! so no verified pair is lost.
//!
//! Between a reference and a corpus canonical passages are those of the reference, and a star needs
//! a place in the corpus. Places of the reference that hold the same text are members beside those
//! of the corpus: each was aligned with one of those. What stars leave out of a pair is a star of
//! its own.
//!
//! Cost: nearly all sites find their cluster in the first round, most by the alignment that
//! connected them; the others cost one alignment each. As many components are in memory as there
//! is room for, one at least.

use std::cmp::Reverse;
use std::sync::OnceLock;

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use super::align::{Alignment, Sides, equal_ranges};
use super::direct::GramTable;
use super::frequency::grams;
use super::near::{Windows, window};
use super::pairs::{Place, Worker, Workers};
use super::site::{Edge, SiteId, Sites};
use super::store::{Matches, PairRows, StarRows};
use super::told::{Evidence, untold};
use super::{Collection, Limits};
use crate::error::Result;
use crate::pairing::Pairing;
use crate::span::TokenRange;
use crate::spill::Work;
use crate::stop::{checkpoint, or_fail};

/// Rounds of refinement of one component before what is left goes by its neighbours.
const ROUNDS: usize = 32;
/// Sites compared with one another to find the typical one.
const SAMPLE: usize = 64;
/// Bytes of memory for a site or an edge of a component that is refined, the stars included.
const RECORD_BYTES: usize = 200;
/// Sites that one thread aligns with a canonical passage, one after the other.
const PORTION: usize = 64;
/// Sites left over by a first star from which on those [near](super::near) the next ones are looked
/// for first.
const MANY: usize = 256;

/// A canonical place and its versions.
#[derive(Debug, PartialEq)]
pub(crate) struct Star {
    /// The canonical passage.
    pub(crate) canonical: Place,
    /// The other places, by place, each aligned with the canonical one as the first side.
    pub(crate) members: Vec<(u32, Alignment)>,
}

/// Refines all components: the stars.
pub(super) fn refine(
    collection: &Collection<'_>,
    work: &Work,
    sites: &Sites,
    pairs: &PairRows,
    limits: Limits,
    workers: &Workers,
) -> Result<StarRows> {
    let mut stars = StarRows::new(work, "stars");
    let places = &sites.places[..];
    // Components are in memory together as far as there is room for the stars that come of them.
    let most = work.share(8) / RECORD_BYTES;
    let mut edges = sites.edges.all()?;
    let mut own_edges = Vec::new();
    let mut members = sites.components.all()?;
    let mut own = Vec::new();
    let (mut components, mut held): (Vec<Component>, usize) = (Vec::new(), 0);
    loop {
        let more = members.group(&mut own, |member| member.component)?;
        if !more || held > most {
            let refined: Vec<Vec<Star>> = std::mem::take(&mut components)
                .into_par_iter()
                .map(|Component { sites, edges }| {
                    Refiner { collection, places, edges, pairs, limits, workers }.refine(&sites)
                })
                .collect();
            refined.iter().flatten().try_for_each(|star| stars.add(star))?;
            held = 0;
        }
        if !more {
            break;
        }
        let component = own[0].component;
        while own_edges.first().is_none_or(|edge: &Edge| edge.component < component)
            && edges.group(&mut own_edges, |edge| edge.component)?
        {}
        let connected = own_edges.first().is_some_and(|edge| edge.component == component);
        let edges = if connected { std::mem::take(&mut own_edges) } else { Vec::new() };
        if own.len() < 2 && edges.is_empty() {
            continue;
        }
        let mut sites: Vec<SiteId> = own.iter().map(|member| member.site).collect();
        sites.sort_unstable_by_key(|&site| (places[site as usize], site));
        held += sites.len() + edges.len();
        components.push(Component { sites, edges });
    }
    stars.seal()?;
    Ok(stars)
}

/// Sites that hang together.
struct Component {
    /// By place.
    sites: Vec<SiteId>,
    edges: Vec<Edge>,
}

struct Refiner<'a> {
    collection: &'a Collection<'a>,
    places: &'a [Place],
    edges: Vec<Edge>,
    pairs: &'a PairRows,
    limits: Limits,
    workers: &'a Workers,
}

impl Refiner<'_> {
    fn refine(&self, component: &[SiteId]) -> Vec<Star> {
        let mut stars = Vec::new();
        let mut rest = component.to_vec();
        let mut alone = Vec::new();
        let mut windows = None;
        for round in 0..ROUNDS {
            if rest.len() < 2 {
                break;
            }
            if round == 1 && rest.len() >= MANY {
                windows = Some(Windows::new(self.collection, self.places, &rest));
            }
            let centre = match self.collection.pairing {
                Pairing::Everything => self.canonical(&rest, &rest),
                Pairing::Against { .. } => {
                    let refers = |&site: &SiteId| self.is_reference(site);
                    let reference: Vec<SiteId> = rest.iter().copied().filter(refers).collect();
                    if reference.is_empty() {
                        break;
                    }
                    self.canonical(&reference, &rest)
                }
            };
            let (star, left) = self.star(centre, &rest, windows.as_ref());
            if self.says_something(&star) {
                stars.push(star);
                rest = left;
            } else {
                alone.push(centre);
                rest.retain(|&site| site != centre);
            }
        }
        alone.extend(rest);
        stars.extend(self.stars_of_neighbours(alone));
        if self.collection.pairing != Pairing::Everything {
            stars.extend(self.stars_of_untold(&stars));
        }
        stars
    }

    fn is_reference(&self, site: SiteId) -> bool {
        self.collection.pairing.is_reference(self.places[site as usize].document)
    }

    /// Whether a star has members, and if there is a reference one in the corpus.
    fn says_something(&self, star: &Star) -> bool {
        let pairing = self.collection.pairing;
        star.members.iter().any(|&(document, _)| !pairing.is_reference(document))
    }

    /// Stars of the pairs of which others leave out too much.
    fn stars_of_untold(&self, stars: &[Star]) -> Vec<Star> {
        let document = |site: SiteId| self.places[site as usize].document;
        let of_reference = self.edges.iter().filter(|edge| edge.turned == 0);
        let evidence = of_reference.map(|edge| Evidence {
            a: document(edge.from),
            b: document(edge.to),
            matched: edge.matched,
            pair: edge.pair,
        });
        let matches = |pair| {
            let all = |matches: Matches<'_>| matches.from(0).collect();
            or_fail(self.pairs.with(pair, false, &mut Vec::new(), all))
        };
        let mut found = untold(evidence.collect(), matches, stars, self.limits.min_words);
        for star in &mut found {
            star.canonical = self.whole_words(star.canonical);
        }
        found
    }

    /// The star around a site, and the sites that do not belong to it.
    fn star(
        &self,
        centre: SiteId,
        candidates: &[SiteId],
        windows: Option<&Windows>,
    ) -> (Star, Vec<SiteId>) {
        let canonical = self.whole_words(self.places[centre as usize]);
        let tokens = self.collection.hashes(canonical.document);
        let near = windows.map(|windows| windows.near(&tokens[canonical.tokens.range()]));
        // Whom an alignment connected is no stranger, whatever its words.
        let is_near = |site: SiteId| {
            near.as_ref().is_none_or(|near| near.may_match(site))
                || self.best_edge(centre, site).is_some()
        };
        let table = OnceLock::new();
        let table = || table.get_or_init(|| GramTable::new(&tokens, canonical.tokens));
        let alignment = |worker: &mut Worker, site: SiteId| {
            checkpoint();
            let place = self.places[site as usize];
            let fits = |alignment: &Alignment| self.fits(alignment, canonical, place);
            self.copied(canonical, place)
                .or_else(|| self.known(centre, site, canonical))
                .filter(fits)
                .or_else(|| self.aligned(worker, table(), canonical, place).filter(fits))
        };
        let alignments = |sites: &[SiteId]| -> Vec<Option<Alignment>> {
            let others = sites.iter().map(|&site| (site != centre).then_some(site));
            self.workers.with(|worker| {
                let near = others.map(|site| site.filter(|&site| is_near(site)));
                near.map(|site| site.and_then(|site| alignment(worker, site))).collect()
            })
        };
        // All threads are for the one component that a collection may have.
        let aligned: Vec<Vec<Option<Alignment>>> =
            candidates.par_chunks(PORTION).map(alignments).collect();
        let (mut members, mut left) = (Vec::new(), Vec::new());
        for (&site, alignment) in candidates.iter().zip(aligned.into_iter().flatten()) {
            match alignment {
                Some(alignment) => {
                    members.push((self.places[site as usize].document, alignment));
                }
                None if site != centre => left.push(site),
                None => {}
            }
        }
        (Star { canonical, members: distinct(canonical, members) }, left)
    }

    /// Whether an alignment makes a place a version of the canonical passage.
    fn fits(&self, alignment: &Alignment, canonical: Place, place: Place) -> bool {
        let tokens = self.collection.hashes(canonical.document);
        alignment.matched_half_words(&tokens) >= 2 * self.limits.min_words
            && alignment.identity() >= self.limits.min_identity
            && 2 * alignment.a.len() >= canonical.tokens.len()
            && 2 * alignment.b.overlap(place.tokens) >= place.tokens.len()
            && (canonical.document != place.document || alignment.b.overlap(canonical.tokens) == 0)
    }

    /// The alignment of a place with the same tokens.
    fn copied(&self, canonical: Place, place: Place) -> Option<Alignment> {
        let both = self.collection.both(canonical.document, place.document);
        equal_ranges(Sides {
            a: both.a(),
            b: both.b(),
            within_a: canonical.tokens,
            within_b: place.tokens,
        })
    }

    /// The best of the alignments that connected two sites, as seen from one of this component.
    fn best_edge(&self, from: SiteId, to: SiteId) -> Option<&Edge> {
        let after = self.edges.partition_point(|edge| (edge.from, edge.to) <= (from, to));
        self.edges[..after].last().filter(|edge| (edge.from, edge.to) == (from, to))
    }

    /// The best of the alignments that connected two sites, as far as it lies in the canonical
    /// passage.
    fn known(&self, centre: SiteId, site: SiteId, canonical: Place) -> Option<Alignment> {
        let (pair, turned) = match self.best_edge(centre, site) {
            Some(edge) => (edge.pair, edge.turned == 1),
            // The centre may belong to another component, as may its edges.
            None => self.best_edge(site, centre).map(|edge| (edge.pair, edge.turned == 0))?,
        };
        let within = canonical.tokens;
        or_fail(self.pairs.with(pair, turned, &mut Vec::new(), |matches| {
            let inside = matches.from(within.start).map_while(|stretch| stretch.clipped(within));
            Alignment::through(inside)
        }))
    }

    /// Aligns a place to the canonical passage.
    fn aligned(
        &self,
        worker: &mut Worker,
        table: &GramTable,
        canonical: Place,
        place: Place,
    ) -> Option<Alignment> {
        let both = self.collection.both(canonical.document, place.document);
        let (a, b) = (both.a(), both.b());
        let mut within_b = window(place, b.len() as u32);
        if canonical.document == place.document {
            // Never into the canonical passage itself.
            if place.tokens.start >= canonical.tokens.end {
                within_b.start = within_b.start.max(canonical.tokens.end);
            } else if place.tokens.end <= canonical.tokens.start {
                within_b.end = within_b.end.min(canonical.tokens.start);
            } else {
                return None;
            }
        }
        let sides = Sides { a, b, within_a: canonical.tokens, within_b };
        let ids = (canonical.document, place.document);
        let found = table.align(self.collection, worker, ids, sides);
        found.into_iter().max_by_key(|alignment| alignment.matched_half_words(a))
    }

    /// A place that neither begins nor ends inside a contraction.
    fn whole_words(&self, place: Place) -> Place {
        let Place { document, tokens } = place;
        let whole =
            |worker: &mut Worker| worker.words.whole_words(self.collection, document, tokens);
        Place { document, tokens: self.workers.with(whole) }
    }

    /// The one of some sites that stands for all of `others`, which they are among.
    fn canonical(&self, sites: &[SiteId], others: &[SiteId]) -> SiteId {
        let date = |site: SiteId| self.collection.origins.date(self.places[site as usize].document);
        if let Some(first) = sites.iter().filter_map(|&site| Some((date(site)?, site))).min() {
            return first.1;
        }
        if others.len() == 2 {
            return sites[0];
        }
        let sampled = self.sample(sites);
        // With a reference not all are candidates.
        let sampled_others = (sites.len() < others.len()).then(|| self.sample(others));
        let counted = sampled_others.as_ref().unwrap_or(&sampled);
        let total = counted.iter().map(|(_, grams)| grams.len()).sum();
        let mut counts: HashMap<u64, u32> = HashMap::with_capacity(total);
        for gram in counted.iter().flat_map(|(_, grams)| grams) {
            *counts.entry(*gram).or_default() += 1;
        }
        let count = |gram: &u64| counts.get(gram).map_or(0, |&count| u64::from(count - 1));
        let shared = |grams: &[u64]| grams.iter().map(count).sum::<u64>();
        sampled
            .par_iter()
            .with_min_len(least_of(sites.len()))
            .map(|&(site, ref grams)| (shared(grams), Reverse((self.places[site as usize], site))))
            .max()
            .map_or(sites[0], |(_, Reverse((_, site)))| site)
    }

    /// Some of the sites, with their 3-grams.
    fn sample(&self, sites: &[SiteId]) -> Vec<(SiteId, Vec<u64>)> {
        let step = sites.len().div_ceil(SAMPLE);
        let sampled: Vec<SiteId> = sites.iter().copied().step_by(step).collect();
        let with_grams = |site| (site, self.grams(site));
        sampled.into_par_iter().with_min_len(least_of(sites.len())).map(with_grams).collect()
    }

    fn grams(&self, site: SiteId) -> Vec<u64> {
        let place = self.places[site as usize];
        grams(&self.collection.hashes(place.document)[place.tokens.range()]).collect()
    }

    /// Stars of lone sites around the neighbours they share most with.
    fn stars_of_neighbours(&self, mut alone: Vec<SiteId>) -> Vec<Star> {
        alone.sort_unstable();
        let mut groups: HashSet<(SiteId, SiteId)> = HashSet::new();
        for &site in &alone {
            let from = self.edges.partition_point(|edge| edge.from < site);
            let neighbour = self.edges[from..]
                .iter()
                .take_while(|edge| edge.from == site)
                .max_by_key(|edge| (edge.matched, Reverse(edge.to)));
            if let Some(&Edge { to: neighbour, .. }) = neighbour {
                // Of two lone neighbours the first is the centre; of two sides the reference. Where
                // another component has the neighbour, it comes to the same two by itself.
                let mutual = groups.contains(&(site, neighbour));
                let is_here = self.best_edge(neighbour, site).is_some();
                if self.is_reference(site) || !is_here && site < neighbour {
                    groups.insert((site, neighbour));
                } else if !mutual {
                    groups.insert((neighbour, site));
                }
            }
        }
        let mut groups: Vec<(SiteId, SiteId)> = groups.into_iter().collect();
        groups.sort_unstable();
        let mut stars = Vec::new();
        for group in groups.chunk_by(|x, y| x.0 == y.0) {
            let sites: Vec<SiteId> = group.iter().map(|pair| pair.1).collect();
            let (star, _) = self.star(group[0].0, &sites, None);
            if self.says_something(&star) {
                stars.push(star);
            }
        }
        stars
    }
}

/// Sampled sites for a thread: of the many small components each is for one.
const fn least_of(sites: usize) -> usize {
    if sites > SAMPLE { 1 } else { SAMPLE }
}

/// Keeps of members that overlap one another or the canonical passage by half the one that
/// matches most.
fn distinct(canonical: Place, mut members: Vec<(u32, Alignment)>) -> Vec<(u32, Alignment)> {
    members.sort_by_key(|(document, alignment)| (*document, alignment.b, alignment.a));
    let mut kept: Vec<(u32, Alignment)> = Vec::with_capacity(members.len());
    for (document, alignment) in members {
        let clashes =
            |other: TokenRange| 2 * other.overlap(alignment.b) > other.len().min(alignment.b.len());
        if document == canonical.document && clashes(canonical.tokens) {
            continue;
        }
        match kept.last_mut() {
            Some((last, best)) if *last == document && clashes(best.b) => {
                if alignment.b.len() > best.b.len() {
                    *best = alignment;
                }
            }
            _ => kept.push((document, alignment)),
        }
    }
    kept
}
