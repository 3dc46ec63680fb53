//! Star refinement: a component of sites cut into stars around canonical passages.
//!
//! One site becomes the canonical passage: the earliest where dates are known, else the most
//! typical, whose 3-grams most of the others share (with carriers that each changed a word or two,
//! it is the one nearest to the common source; the longest would be the one with the most
//! insertions). Each other site is aligned to it, and joins if it is a
//! [version](super::version) of it; the rest forms stars of its own.
//!
//! In a component that chance agreements string together a star takes few of many. There the
//! others are not all tried: a star [grows](Context::grow) from its centre along the alignments of
//! those that joined it. A site that is left alone at the end goes with the neighbour that it was
//! aligned with, so no verified pair is lost.
//!
//! Between a reference and a corpus canonical passages are those of the reference, and a star needs
//! a place in the corpus. Places of the reference that hold the same text are members beside those
//! of the corpus: each was aligned with one of those. What stars leave out of a pair is a star of
//! its own.
//!
//! Cost: nearly all sites find their star in the first round; the others cost an alignment for each
//! of some rounds, and then one for each edge.

use std::borrow::Cow;
use std::cmp::Reverse;

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use super::align::Alignment;
use super::cluster::Star;
use super::frequency::grams;
use super::pairs::Place;
use super::site::{Edge, SiteId};
use super::store::Matches;
use super::told::{Evidence, untold};
use super::version::{Centre, Context};
use crate::pairing::Pairing;
use crate::span::TokenRange;
use crate::stop::or_fail;

/// Rounds in which all that is left is tried.
const ROUNDS: usize = 32;
/// A round goes on to the next if its star takes one in so many.
const TAKEN: usize = 64;
/// Sites compared with one another to find the typical one.
const SAMPLE: usize = 64;
/// Sites that one thread aligns with a canonical passage, one after the other.
const PORTION: usize = 64;

impl Context<'_> {
    /// The stars of the sites of the component, which are by place.
    pub(super) fn refine(&self, component: &[SiteId]) -> Vec<Star> {
        let mut stars = Vec::new();
        let mut rest = component.to_vec();
        let mut alone = Vec::new();
        for _ in 0..ROUNDS {
            if rest.len() < 2 {
                break;
            }
            let centres = self.possible_centres(&rest);
            if centres.is_empty() {
                break;
            }
            let centre = self.canonical(&centres, &rest);
            let before = rest.len();
            let (star, left) = self.star(centre, &rest);
            if self.says_something(&star) {
                stars.push(star);
                rest = left;
            } else {
                alone.push(centre);
                rest.retain(|&site| site != centre);
            }
            if TAKEN * (before - rest.len()) < before {
                break;
            }
        }
        let grown = self.grow_all(rest, &mut alone);
        stars.extend(grown);
        stars.extend(self.stars_of_neighbours(alone));
        if self.pairing() != Pairing::Everything {
            stars.extend(self.stars_of_untold(&stars));
        }
        stars
    }

    fn pairing(&self) -> Pairing {
        self.collection.pairing
    }

    /// Those of some sites that may be the centre of a star.
    fn possible_centres<'s>(&self, sites: &'s [SiteId]) -> Cow<'s, [SiteId]> {
        match self.pairing() {
            Pairing::Everything => Cow::Borrowed(sites),
            Pairing::Against { .. } => {
                sites.iter().copied().filter(|&site| self.is_reference(site)).collect()
            }
        }
    }

    /// Whether a star has members, and if there is a reference one in the corpus.
    fn says_something(&self, star: &Star) -> bool {
        star.members.iter().any(|&(document, _)| !self.pairing().is_reference(document))
    }

    /// Stars of the pairs of which others leave out too much.
    fn stars_of_untold(&self, stars: &[Star]) -> Vec<Star> {
        let document = |site: SiteId| self.place(site).document;
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
        let min_words = self.limits.min_words;
        let mut found = untold(evidence.collect(), matches, stars, min_words);
        for star in &mut found {
            star.canonical = self.whole_words(star.canonical);
        }
        found
    }

    /// The star around a site, and the sites that do not belong to it.
    fn star(&self, site: SiteId, candidates: &[SiteId]) -> (Star, Vec<SiteId>) {
        let centre = self.centre(site);
        let alignments = |sites: &[SiteId]| -> Vec<Option<Alignment>> {
            let others = sites.iter().map(|&other| (other != site).then_some(other));
            self.workers.with(|worker| {
                others.map(|other| other.and_then(|other| centre.version(worker, other))).collect()
            })
        };
        // All threads are for the one component that a collection may have.
        let aligned: Vec<Vec<Option<Alignment>>> =
            candidates.par_chunks(PORTION).map(alignments).collect();
        let (mut members, mut left) = (Vec::new(), Vec::new());
        for (&other, alignment) in candidates.iter().zip(aligned.into_iter().flatten()) {
            match alignment {
                Some(alignment) => {
                    members.push((self.place(other).document, alignment));
                }
                None if other != site => left.push(other),
                None => {}
            }
        }
        (Star { canonical: centre.canonical, members: distinct(centre.canonical, members) }, left)
    }

    /// Stars grown around one site after the other of those that are left, as long as any grows;
    /// the others are added to those alone.
    fn grow_all(&self, rest: Vec<SiteId>, alone: &mut Vec<SiteId>) -> Vec<Star> {
        // Without dates whoever was aligned with most is typical.
        let matched = |site: SiteId| -> u64 {
            self.edges_from(site).iter().map(|edge| u64::from(edge.matched)).sum()
        };
        let mut centres = self.possible_centres(&rest).into_owned();
        centres.sort_by_cached_key(|&site| {
            let date = self.date(site);
            (date.is_none(), date, Reverse(matched(site)), self.place(site), site)
        });
        let mut left: HashSet<SiteId> = rest.iter().copied().collect();
        let mut stars = Vec::new();
        for site in centres {
            if !left.contains(&site) {
                continue;
            }
            let centre = self.centre(site);
            let grown = self.grow(&centre, site, &left);
            let (sites, members): (Vec<SiteId>, Vec<_>) = grown.into_iter().unzip();
            let members = distinct(centre.canonical, members);
            let star = Star { canonical: centre.canonical, members };
            if self.says_something(&star) {
                stars.push(star);
                left.remove(&site);
                for site in &sites {
                    left.remove(site);
                }
            }
        }
        alone.extend(rest.into_iter().filter(|site| left.contains(site)));
        stars
    }

    /// Those of the sites left that are versions of a centre and hang together with it by
    /// alignments with each other.
    fn grow(
        &self,
        centre: &Centre<'_>,
        site: SiteId,
        left: &HashSet<SiteId>,
    ) -> Vec<(SiteId, (u32, Alignment))> {
        let mut seen: HashSet<SiteId> = HashSet::from([site]);
        let (mut found, mut next) = (Vec::new(), vec![site]);
        while let Some(from) = next.pop() {
            for edge in self.edges_from(from) {
                let site = edge.to;
                if !left.contains(&site) || !seen.insert(site) {
                    continue;
                }
                let version = |worker: &mut _| centre.version(worker, site);
                if let Some(alignment) = self.workers.with(version) {
                    found.push((site, (self.place(site).document, alignment)));
                    next.push(site);
                }
            }
        }
        found
    }

    /// The one of some sites that stands for all of `others`, which they are among.
    fn canonical(&self, sites: &[SiteId], others: &[SiteId]) -> SiteId {
        if let Some(first) = sites.iter().filter_map(|&site| Some((self.date(site)?, site))).min() {
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
            .map(|&(site, ref grams)| (shared(grams), Reverse((self.place(site), site))))
            .max()
            .map_or(sites[0], |(_, Reverse((_, site)))| site)
    }

    /// Some of the sites, with their 3-grams.
    fn sample(&self, sites: &[SiteId]) -> Vec<(SiteId, Vec<u64>)> {
        let step = sites.len().div_ceil(SAMPLE);
        let sampled: Vec<SiteId> = sites.iter().copied().step_by(step).collect();
        let with_grams = |site| {
            let Place { document, tokens } = self.place(site);
            (site, grams(&self.collection.hashes(document)[tokens.range()]).collect())
        };
        sampled.into_par_iter().with_min_len(least_of(sites.len())).map(with_grams).collect()
    }

    /// Stars of lone sites around the neighbours they share most with.
    fn stars_of_neighbours(&self, mut alone: Vec<SiteId>) -> Vec<Star> {
        alone.sort_unstable();
        let mut groups: HashSet<(SiteId, SiteId)> = HashSet::new();
        for &site in &alone {
            let neighbour =
                self.edges_from(site).iter().max_by_key(|edge| (edge.matched, Reverse(edge.to)));
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
            let (star, _) = self.star(group[0].0, &sites);
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

#[cfg(test)]
mod tests {
    use crate::config::Sensitivity;
    use crate::passage::few::Few;
    use crate::passage::nested::leave_out_parts;
    use crate::passage::pairs::{Workers, find_pairs};
    use crate::passage::site::find_sites;
    use crate::passage::{Limits, cluster, documents_of};
    use crate::report::model::Suppressed;
    use crate::spill::Work;

    /// Three hundred documents, each of which quotes sixteen words of one text, three words further
    /// on than the one before.
    fn shifting_quotes() -> Few {
        let word = |number: u64| format!("{:x}", crate::hash::finalise(number));
        let words = |from: u64, count: u64| (from..from + count).map(word).collect::<Vec<_>>();
        Few::new((0..300).map(|document| {
            let own = |part: u64| words(10_000 + 100 * document + 50 * part, 20);
            [own(0), words(3 * document, 16), own(1)].concat().join(" ")
        }))
    }

    /// Chance chains texts like these together: one component, and no text that many share.
    #[test]
    fn nothing_of_a_long_chain_is_lost_in_one_component_or_in_many() {
        let texts = shifting_quotes();
        let (collection, work) = (texts.collection(), Work::in_memory());
        let limits = Limits { min_words: 8, min_identity: 0.6 };
        let (winnowing, workers) = (Sensitivity::High.winnowing(), Workers::new(&work));
        for large in [u32::MAX, 8] {
            let mut counts = Suppressed::default();
            let (pairs, sides) = find_pairs(
                &collection,
                &work,
                winnowing,
                limits,
                &workers,
                &mut counts,
                &mut |_| {},
            )
            .expect("room");
            let sites = find_sites(&work, &pairs, &sides, 8, large).expect("room");
            let mut components = sites.components.all().expect("room");
            let (mut own, mut largest) = (Vec::new(), 0);
            while components.group(&mut own, |member| member.component).expect("room") {
                largest = largest.max(own.len());
            }
            assert!(if large == 8 { largest <= 8 } else { largest >= 300 }, "{largest} sites");
            let stars = cluster::refine(&collection, &work, &sites, &pairs, limits, &workers);
            let stars = stars.expect("room");
            let (rows, _) = leave_out_parts(&work, stars, collection.pairing).expect("room");
            let mut told = vec![0; 300];
            for number in 0..rows.len() {
                let star = rows.read(number, &mut Vec::new()).expect("whole");
                let documents = documents_of(&star);
                // Five that follow one another share ten words with the one in the middle.
                let reach = documents[documents.len() - 1] - documents[0];
                assert!((1..=4).contains(&reach), "{documents:?} in one star");
                for document in documents {
                    told[document as usize] += 1;
                }
            }
            assert!(told.iter().all(|&count| count > 0), "{told:?}");
            assert!((60..=200).contains(&rows.len()), "{} stars", rows.len());
        }
    }
}
