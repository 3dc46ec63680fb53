//! Star refinement: cuts a component into stars, so that every member matches its centre itself.
//!
//! Idea: take the elements in the order of preference. Each in turn gathers those of the rest
//! that are similar to it or contained in it, and leaves with them. One that gathers nobody stays
//! among the rest: a later, larger one may hold it.
//!
//! Pairs that no candidate search proposed are scored on demand, so that a miss there does not
//! split a cluster. Their number is bounded: a component of `s` elements gets
//! [`SPARE`] `+` [`SPARE_EACH`] `× s` such scores; when they are used up, only verified pairs
//! count. Chains of thousands of unrelated documents would take `s²/2`.
//!
//! Cost: linear in the verified pairs plus the scores on demand.

use crate::verify::Scores;

/// Scores on demand for any component.
pub const SPARE: usize = 1 << 18;

/// Further scores on demand for each element of a component.
pub const SPARE_EACH: usize = 64;

/// A centre and its members, in order, with the scores of (centre, member).
#[derive(Clone, Debug, PartialEq)]
pub struct Star {
    /// The element that all members match.
    pub centre: u32,
    /// The members; at least one.
    pub members: Vec<(u32, Scores)>,
}

/// The stars of one component.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stars {
    /// In order of their centres' preference.
    pub stars: Vec<Star>,
    /// Elements that ended in no star, in order of preference.
    pub alone: Vec<u32>,
    /// Whether the scores on demand were used up.
    pub exhausted: bool,
}

/// Cuts a component into stars.
///
/// `preference` lists its elements, the most wanted centre first. `verified` returns an element's
/// verified partners with the scores of (element, partner), `is_member` tells from such scores
/// whether the partner belongs to the element, and `score` does the same for a pair that was not
/// verified: `Some` if the second belongs to the first.
pub fn refine<'a>(
    preference: &[u32],
    verified: impl Fn(u32) -> &'a [(u32, Scores)],
    is_member: impl Fn(&Scores) -> bool,
    mut score: impl FnMut(u32, u32) -> Option<Scores>,
) -> Stars {
    let mut places: Vec<(u32, u32)> =
        (0..).zip(preference).map(|(p, &element)| (element, p)).collect();
    places.sort_unstable();
    let place_of = |element: u32| {
        places.binary_search_by_key(&element, |place| place.0).ok().map(|at| places[at].1 as usize)
    };
    let mut spare = SPARE + SPARE_EACH * preference.len();
    let mut result = Stars::default();
    let mut taken = vec![false; preference.len()];
    // By place: the last centre that the element's pair with was verified, plus one.
    let mut known = vec![0; preference.len()];
    // Places that are not taken; rebuilt when half of them are.
    let mut rest: Vec<usize> = (0..preference.len()).collect();
    let mut left = rest.len();
    for (place, &centre) in preference.iter().enumerate() {
        if taken[place] {
            continue;
        }
        if 2 * left < rest.len() {
            rest.retain(|&other| !taken[other]);
        }
        let mut members = Vec::new();
        known[place] = place + 1;
        for &(element, scores) in verified(centre) {
            let Some(other) = place_of(element) else { continue };
            known[other] = place + 1;
            if !taken[other] && is_member(&scores) {
                members.push((other, scores));
            }
        }
        for &other in &rest {
            if taken[other] || known[other] == place + 1 {
                continue;
            }
            if spare == 0 {
                result.exhausted = true;
                break;
            }
            spare -= 1;
            if let Some(scores) = score(centre, preference[other]) {
                members.push((other, scores));
            }
        }
        if members.is_empty() {
            continue;
        }
        taken[place] = true;
        left -= 1 + members.len();
        let mut members: Vec<(u32, Scores)> = members
            .into_iter()
            .map(|(other, scores)| {
                taken[other] = true;
                (preference[other], scores)
            })
            .collect();
        members.sort_unstable_by_key(|member| member.0);
        result.stars.push(Star { centre, members });
    }
    result.alone =
        (0..).zip(preference).filter(|&(p, _): &(usize, _)| !taken[p]).map(|(_, &e)| e).collect();
    result
}
