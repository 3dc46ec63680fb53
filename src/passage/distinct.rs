//! Distinctiveness: is a passage reuse, or prose that everyone writes?
//!
//! Of the 3-grams that a cluster's members have in common (24 at most), take the one that stands in
//! the fewest documents of the collection, `d`. A passage of `s` documents has the distinctiveness
//! `s / d`; where each carrier changed other words, a 3-gram that only a third of them kept counts
//! for those. A quote that forty outlets carry has d ≈ s: its rarest three words stand nowhere else. A
//! formula has d ≫ s: even its rarest three words are common, and that two documents string them
//! together alike says nothing. Fixed text (a disclaimer, a byline) is real repetition with d ≈ s, so
//! it is told apart by its spread: many documents of each group, at many dates.
//!
//! Between a reference and a corpus stars tell parts of one text of the reference: `s` is then the
//! number of documents that any of them tell at the place of the 3-gram, so that a text which leaked
//! often stays as distinctive as one that leaked once.
//!
//! Cost: a sort of the 3-grams chosen, 16 bytes each, and a pass over the tokens of the collection
//! for as many of them as there is [room](super::frequency) for; 8 bytes in memory a star.

use std::num::NonZeroU32;

use rayon::prelude::*;

use super::cluster::Star;
use super::frequency::{GRAM, GRAM_BYTES, document_frequencies, grams};
use super::pairs::Place;
use super::store::StarRows;
use super::{Collection, Origins, documents_of};
use crate::document::Timestamp;
use crate::error::Result;
use crate::pairing::Pairing;
use crate::spill::{Sorted, Work, record};
use crate::stop::or_fail;

/// Grams looked up for one passage, spread over it evenly: of a long passage a few tell.
const MOST_GRAMS: usize = 24;
/// Members that make a 3-gram common though most of the others changed it.
const SEVERAL: u32 = 3;
/// 3-grams counted in one pass at least.
const LEAST_GRAMS: usize = 64;
/// Stars whose 3-grams are chosen at a time.
const STARS: usize = 1 << 12;

record! {
    /// A 3-gram of a star.
    Gram {
        hash: u64,
        star: u32,
        /// Documents of the passage there.
        documents: u32,
    }
    key(gram) = gram.hash
}

/// The distinctiveness of every star, 0 to 1, in order.
///
/// As many different 3-grams are counted in one pass over the tokens as there is room for.
pub(super) fn distinctiveness(
    collection: &Collection<'_>,
    work: &Work,
    stars: &StarRows,
) -> Result<Vec<f64>> {
    let asked = all_grams(collection, work, stars)?;
    let most = (work.share(20) / GRAM_BYTES).max(LEAST_GRAMS);
    let mut all = vec![0.0_f64; stars.len()];
    let (mut ahead, mut behind) = (asked.all()?, asked.all()?);
    let (mut next, mut counted) = (ahead.next()?, behind.next()?);
    while next.is_some() {
        let mut hashes: Vec<u64> = Vec::new();
        while let Some(gram) =
            next.filter(|gram| hashes.last() == Some(&gram.hash) || hashes.len() < most)
        {
            if hashes.last() != Some(&gram.hash) {
                hashes.push(gram.hash);
            }
            next = ahead.next()?;
        }
        let frequencies = document_frequencies(collection, &hashes);
        for (hash, frequency) in hashes.into_iter().zip(frequencies) {
            while let Some(gram) = counted.filter(|gram| gram.hash == hash) {
                let share = f64::from(gram.documents) / f64::from(frequency.max(1));
                let most = &mut all[gram.star as usize];
                *most = most.max(share.min(1.0));
                counted = behind.next()?;
            }
        }
    }
    // Where members have no 3-gram in common nothing says that it is a formula.
    all.iter_mut().filter(|share| **share == 0.0).for_each(|share| *share = 1.0);
    Ok(all)
}

/// The 3-grams that stars are judged by, sorted.
fn all_grams(collection: &Collection<'_>, work: &Work, stars: &StarRows) -> Result<Sorted<Gram>> {
    let tellers = match collection.pairing {
        Pairing::Everything => None,
        Pairing::Against { .. } => Some(Tellers::new(stars)),
    };
    let mut sorter = work.sorter("grams", 10);
    let numbers: Vec<usize> = (0..stars.len()).collect();
    for numbers in numbers.chunks(STARS) {
        let chosen = numbers.par_iter().map_init(Vec::new, |scratch, &number| {
            let star = or_fail(stars.read(number, scratch));
            let own = documents_of(&star).len() as u32;
            let document = star.canonical.document;
            let told = |at: u32| tellers.as_ref().map_or(0, |tellers| tellers.at(document, at));
            let gram = |Common { hash, at, holders }| {
                let documents = holders.map_or(own, |holders| own.min(holders));
                Gram { hash, star: number as u32, documents: documents.max(told(at)) }
            };
            common_grams(collection, &star).into_iter().map(gram).collect::<Vec<_>>()
        });
        let chosen: Vec<Vec<Gram>> = chosen.collect();
        chosen.iter().try_for_each(|grams| sorter.extend(grams))?;
    }
    sorter.finish(false)
}

/// How many documents stars tell at each place of a canonical text.
struct Tellers {
    /// Document and token from which on it is so many, in order.
    from: Vec<(u32, u32, u32)>,
}

impl Tellers {
    fn new(stars: &StarRows) -> Self {
        let numbers: Vec<usize> = (0..stars.len()).collect();
        let steps = numbers.par_iter().map_init(Vec::new, |scratch, &number| {
            let star = or_fail(stars.read(number, scratch));
            let others = documents_of(&star).len() as i64 - 1;
            let Place { document, tokens } = star.canonical;
            [(document, tokens.start, others), (document, tokens.end, -others)]
        });
        let mut steps: Vec<(u32, u32, i64)> = steps.flatten_iter().collect();
        steps.par_sort_unstable();
        let mut count = 0;
        let running = |(document, at, step): (u32, u32, i64)| {
            count += step;
            (document, at, count as u32)
        };
        Self { from: steps.into_iter().map(running).collect() }
    }

    /// The documents at a token, with the canonical one; some may count several times.
    fn at(&self, document: u32, token: u32) -> u32 {
        let after = self.from.partition_point(|&(own, at, _)| (own, at) <= (document, token));
        let last = self.from[..after].last().filter(|(own, _, _)| *own == document);
        1 + last.map_or(0, |&(_, _, count)| count)
    }
}

/// A 3-gram that members of a passage have in common, and where it stands in the canonical one.
#[derive(Clone, Copy)]
struct Common {
    hash: u64,
    at: u32,
    /// How many documents hold it, if they are fewer than half.
    holders: Option<u32>,
}

/// The 3-grams of the canonical passage that at least half of the members hold unchanged, or a
/// third if those are several.
fn common_grams(collection: &Collection<'_>, star: &Star) -> Vec<Common> {
    let canonical = star.canonical.tokens;
    let mut holders = vec![0u32; canonical.len() as usize];
    let matches = star.members.iter().flat_map(|(_, alignment)| alignment.matches());
    for run in matches.filter(|stretch| !stretch.form) {
        let from = (run.at_a - canonical.start) as usize;
        let grams = (run.len as usize + 1).saturating_sub(GRAM);
        for holder in holders.iter_mut().skip(from).take(grams) {
            *holder += 1;
        }
    }
    let members = star.members.len() as u32;
    let (half, third) = (members.div_ceil(2), members.div_ceil(3).max(SEVERAL));
    let common: Vec<Common> = grams(&collection.hashes(star.canonical.document)[canonical.range()])
        .zip(canonical.start..)
        .zip(holders)
        .filter(|&(_, holders)| holders >= half.min(third))
        .map(|((hash, at), holders)| Common {
            hash,
            at,
            holders: (holders < half).then_some(holders + 1),
        })
        .collect();
    common.iter().copied().step_by(common.len().div_ceil(MOST_GRAMS).max(1)).collect()
}

/// Whether a passage is fixed text: it stands in many documents of each of its groups and, where
/// dates are known, at many dates far apart. Only collections with groups of their own tell.
pub(crate) fn is_fixed_text(origins: &Origins, documents: &[u32]) -> bool {
    const FEWEST_DOCUMENTS: usize = 8;
    const DOCUMENTS_A_GROUP: usize = 4;
    const SECONDS: i64 = 14 * 24 * 3600;
    if documents.len() < FEWEST_DOCUMENTS {
        return false;
    }
    let group = |&document: &u32| origins.group(document);
    let mut groups: Vec<NonZeroU32> = documents.iter().filter_map(group).collect();
    if groups.len() < documents.len() {
        return false;
    }
    groups.sort_unstable();
    groups.dedup();
    let mut days: Vec<i64> = documents
        .iter()
        .filter_map(|&document| origins.date(document))
        .map(|Timestamp(seconds)| seconds.div_euclid(24 * 3600))
        .collect();
    days.sort_unstable();
    days.dedup();
    let spread = match (days.first(), days.last()) {
        (Some(first), Some(last)) => {
            2 * days.len() >= documents.len() / 2 && (last - first) * 24 * 3600 >= SECONDS
        }
        _ => true,
    };
    spread && documents.len() >= DOCUMENTS_A_GROUP * groups.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::align::{Alignment, Stretch};
    use crate::passage::few::Few;
    use crate::span::TokenRange;

    /// Where the common 3-grams of ten words stand and how many hold each, if each member keeps
    /// only the words of one range.
    fn common(kept: &[(u32, u32)]) -> Vec<(u32, Option<u32>)> {
        let texts = Few::new(["one two three four five six seven eight nine ten"]);
        let member = |&(start, end): &(u32, u32)| {
            let stretch = Stretch { at_a: start, at_b: start, len: end - start, form: false };
            (0, Alignment::through([stretch].into_iter()).expect("a stretch"))
        };
        let star = Star {
            canonical: Place { document: 0, tokens: TokenRange::new(0, 10) },
            members: kept.iter().map(member).collect(),
        };
        let grams = common_grams(&texts.collection(), &star);
        grams.into_iter().map(|gram| (gram.at, gram.holders)).collect()
    }

    #[test]
    fn what_a_third_of_many_members_kept_is_common_to_those() {
        let thirds = [(0, 4), (3, 7), (6, 10)].repeat(3);
        let expected = [0, 1, 3, 4, 6, 7].map(|at| (at, Some(4)));
        assert_eq!(common(&thirds), expected);
        // What half of them kept is common to all.
        assert_eq!(common(&[(0, 4), (0, 4), (5, 10), (1, 9)]), [0, 1, 5, 6].map(|at| (at, None)));
        // One of three is not several.
        assert_eq!(common(&[(0, 4), (3, 7), (6, 10)]), []);
    }
}
