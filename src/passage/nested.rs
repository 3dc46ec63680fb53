//! Parts that a larger passage tells already.
//!
//! One carrier that broke a quote in two makes two clusters besides that of the whole: each half,
//! with all the carriers of the whole. Told apart they would show every carrier in pieces. So of a
//! cluster nearly all of whose places lie inside places of one larger cluster, only what is new
//! stays: the places outside, and one of those inside that they are versions of. If all lie inside,
//! nothing is new. A sentence that many others quote from a page that two share keeps all of its
//! carriers, as most of them stand outside. So does a text of a reference that nothing larger of
//! that reference holds: who has it is asked for each of its documents.
//!
//! Cost: a sort of all places, and a few looks back for each; 16 bytes in memory a place.

use std::cmp::Reverse;
use std::collections::HashSet;

use rayon::prelude::*;

use super::cluster::Star;
use super::pairs::Place;
use super::store::{StarHead, StarRows};
use crate::error::Result;
use crate::pairing::Pairing;
use crate::span::TokenRange;
use crate::spill::Work;

/// Places inside for each one outside from which on the inner ones are left out.
const INSIDE: usize = 4;
/// Tokens that a place may reach beyond the one it lies in.
const SLACK: u32 = 1;
/// Places looked at before a place for one that holds it.
const LOOK_BACK: usize = 64;

/// A place of a star.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Held {
    document: u32,
    start: u32,
    end: Reverse<u32>,
    star: u32,
}

/// Stars that are looked at before what is left of them is put in its place.
const AHEAD: usize = 1 << 14;

/// Takes out of all stars what larger ones tell; counts the places taken out.
pub(super) fn leave_out_parts(
    work: &Work,
    mut stars: StarRows,
    pairing: Pairing,
) -> Result<(StarRows, u64)> {
    // Of two stars of the same extent the one with more members tells the other.
    let rank = |star: &StarHead| (star.canonical.tokens.len(), star.members);
    stars.heads.par_sort_by_key(|star| (Reverse(rank(star)), star.canonical));
    let (mut held, mut scratch) = (Vec::new(), Vec::new());
    for star in 0..stars.len() {
        stars.each_place(star, &mut scratch, |Place { document, tokens }| {
            let TokenRange { start, end } = tokens;
            held.push(Held { document, start, end: Reverse(end), star: star as u32 });
        })?;
    }
    held.par_sort_unstable();
    let members =
        |stars: &StarRows| stars.heads.iter().map(|star| u64::from(star.members)).sum::<u64>();
    let mut kept = StarRows::new(work, "kept");
    let numbers: Vec<usize> = (0..stars.len()).collect();
    for numbers in numbers.chunks(AHEAD) {
        let left: Vec<Option<Star>> = numbers
            .par_iter()
            .map_init(Vec::new, |scratch, &number| {
                Ok(without_inner(stars.read(number, scratch)?, number as u32, &held, pairing))
            })
            .collect::<Result<_>>()?;
        left.iter().flatten().try_for_each(|star| kept.add(star))?;
    }
    kept.seal()?;
    let left_out = members(&stars) - members(&kept);
    Ok((kept, left_out))
}

fn places(star: &Star) -> impl Iterator<Item = Place> + '_ {
    let members = star.members.iter();
    std::iter::once(star.canonical)
        .chain(members.map(|(document, member)| Place { document: *document, tokens: member.b }))
}

/// What is new in a star, if anything.
fn without_inner(mut star: Star, number: u32, held: &[Held], pairing: Pairing) -> Option<Star> {
    // For each place, canonical first, the places of larger stars that hold it.
    let holders: Vec<Vec<Held>> =
        places(&star).map(|place| holders_of(place, number, held).collect()).collect();
    let mut outer: Vec<u32> = holders.iter().flatten().map(|holder| holder.star).collect();
    outer.sort_unstable();
    outer.dedup();
    let inner_by = |outer: u32| {
        // A place holds one: what repeats inside it is new.
        let mut used: HashSet<Held> = HashSet::new();
        holders
            .iter()
            .map(|holders| {
                let free = |holder: &&Held| holder.star == outer && !used.contains(holder);
                let holder = holders.iter().find(free).copied();
                used.extend(holder);
                holder.is_some()
            })
            .collect::<Vec<bool>>()
    };
    let inside = |inner: &Vec<bool>| inner.iter().filter(|&&inside| inside).count();
    let Some(inner) = outer.into_iter().map(inner_by).max_by_key(inside) else {
        return Some(star);
    };
    let inside = inside(&inner);
    let outside = inner.len() - inside;
    if outside == 0 {
        return None;
    }
    let refers = |(place, inner): (Place, &bool)| !inner && pairing.is_reference(place.document);
    let new_in_reference = places(&star).zip(&inner).any(refers);
    if INSIDE * outside > inside || new_in_reference {
        return Some(star);
    }
    // The canonical place stays, and one inside if it is not: what is new is a version of it.
    let mut wanted = usize::from(!inner[0]);
    let mut index = 0;
    star.members.retain(|_| {
        index += 1;
        let stays = !inner[index] || wanted > 0;
        wanted -= usize::from(inner[index] && wanted > 0);
        stays
    });
    Some(star)
}

/// The places of larger stars that hold a place.
fn holders_of(place: Place, number: u32, held: &[Held]) -> impl Iterator<Item = Held> + '_ {
    let reach = place.tokens.start + SLACK;
    let after = held.partition_point(|held| (held.document, held.start) <= (place.document, reach));
    held[..after].iter().rev().take(LOOK_BACK).copied().filter(move |held| {
        held.star < number
            && held.document == place.document
            && held.end.0 + SLACK >= place.tokens.end
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::align::{Alignment, Step};
    use crate::span::TokenRange;

    fn star(places: &[(u32, u32, u32)]) -> Star {
        let place = |&(document, start, end): &(u32, u32, u32)| Place {
            document,
            tokens: TokenRange::new(start, end),
        };
        let canonical = place(&places[0]);
        let members = places[1..].iter().map(|member| {
            let place = place(member);
            let path = vec![(Step::Equal, place.tokens.len())];
            (place.document, Alignment { a: canonical.tokens, b: place.tokens, path })
        });
        Star { canonical, members: members.collect() }
    }

    /// What is left of stars, as it comes back from rows.
    fn leave_out(stars: &[Star]) -> (Vec<Star>, u64) {
        leave_out_of(stars, Pairing::Everything)
    }

    fn leave_out_of(stars: &[Star], pairing: Pairing) -> (Vec<Star>, u64) {
        let mut rows = StarRows::new(&Work::tiny(0, 64, 2), "stars");
        for star in stars {
            rows.add(star).expect("room");
        }
        rows.seal().expect("room");
        let (kept, left_out) = leave_out_parts(&Work::in_memory(), rows, pairing).expect("room");
        let read = |number| kept.read(number, &mut Vec::new()).expect("whole");
        ((0..kept.len()).map(read).collect(), left_out)
    }

    fn of_all(stars: &[Star]) -> Vec<Vec<(u32, u32, u32)>> {
        let all = |star: &Star| {
            let place = |p: Place| (p.document, p.tokens.start, p.tokens.end);
            places(star).map(place).collect()
        };
        stars.iter().map(all).collect()
    }

    fn whole(carriers: u32) -> Vec<(u32, u32, u32)> {
        (0..carriers).map(|document| (document, 100, 140)).collect()
    }

    #[test]
    fn halves_keep_the_carrier_that_is_new() {
        let quote = whole(10);
        let mut half: Vec<_> = (0..10).map(|document| (document, 100, 118)).collect();
        half.push((10, 7, 25));
        let (kept, left_out) = leave_out(&[star(&half), star(&quote)]);
        assert_eq!(of_all(&kept), [quote.clone(), vec![(0, 100, 118), (10, 7, 25)]]);
        assert_eq!(left_out, 9);
        // With a new carrier as the canonical passage one of the old ones stays.
        half.rotate_right(1);
        let (kept, _) = leave_out(&[star(&quote), star(&half)]);
        assert_eq!(of_all(&kept), [quote, vec![(10, 7, 25), (0, 100, 118)]]);
    }

    #[test]
    fn a_document_of_the_reference_keeps_the_carriers_of_its_text() {
        // The first two are the reference; the half stands in both, and only one has the whole.
        let quote: Vec<_> = (1..12).map(|document| (document, 100, 140)).collect();
        let mut half: Vec<_> = (1..12).map(|document| (document, 100, 118)).collect();
        half.insert(0, (0, 7, 25));
        let stars = || [star(&half), star(&quote)];
        let (kept, left_out) = leave_out_of(&stars(), Pairing::Against { reference: 2 });
        assert_eq!((of_all(&kept), left_out), (vec![quote.clone(), half.clone()], 0));
        assert_eq!(leave_out(&stars()).1, 10);
        // One that the corpus has besides is as anywhere.
        half[0].0 = 20;
        half.rotate_left(1);
        let (kept, left_out) =
            leave_out_of(&[star(&half), star(&quote)], Pairing::Against { reference: 2 });
        let new = vec![(1, 100, 118), (20, 7, 25)];
        assert_eq!((of_all(&kept), left_out), (vec![quote, new], 10));
    }

    #[test]
    fn a_part_that_is_told_goes_and_one_that_others_quote_stays() {
        let page = whole(2);
        let (kept, left_out) = leave_out(&[star(&page), star(&[(0, 110, 120), (1, 110, 120)])]);
        assert_eq!((of_all(&kept), left_out), (vec![page.clone()], 1));
        let quoted = [(0, 110, 120), (1, 110, 120), (2, 5, 15), (3, 5, 15)];
        let (kept, left_out) = leave_out(&[star(&quoted), star(&page)]);
        assert_eq!((of_all(&kept), left_out), (vec![page, quoted.to_vec()], 0));
    }

    #[test]
    fn a_repeat_inside_one_place_is_new() {
        let page = whole(2);
        let repeated = vec![(0, 100, 110), (0, 120, 130)];
        let (kept, _) = leave_out(&[star(&page), star(&repeated)]);
        assert_eq!(of_all(&kept), [page, repeated]);
    }
}
