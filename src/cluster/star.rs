//! Star refinement: cuts a component into stars, so that every member matches its centre itself.
//!
//! Idea: take the elements in the order of preference. Each in turn gathers those of the rest
//! that are similar to it or contained in it, and leaves with them. One that gathers nobody stays
//! among the rest: a later, larger one may hold it.
//!
//! Pairs that no candidate search proposed are scored on demand, so that a miss there does not
//! split a cluster. Those that turn out to be strangers are bounded: a component of `s` elements
//! may spend [`EFFORT`] `+` [`EFFORT_EACH`] `× s` on them, 1 for a stranger by estimate and
//! [`COUNTED_EFFORT`] for one whose shingles had to be counted. When it is spent, only verified
//! pairs count. Chains of thousands of unrelated documents would take `s²/2` otherwise.
//!
//! Cost: linear in the verified pairs plus the scores on demand.

use crate::verify::Scores;

/// What any component may spend on strangers.
pub const EFFORT: usize = 1 << 18;

/// What it may spend besides for each of its elements.
pub const EFFORT_EACH: usize = 64;

/// What a stranger costs whose shingles were counted.
pub const COUNTED_EFFORT: usize = 16;

/// What scoring a pair on demand tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// The second belongs to the first.
    Member(Scores),
    /// It does not, by an estimate.
    Unlike,
    /// It does not, by its exact scores.
    Stranger,
}

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
    /// Whether the effort for scores on demand was spent.
    pub exhausted: bool,
}

/// Cuts a component into stars.
///
/// `preference` lists its elements, the most wanted centre first. `verified` returns an element's
/// verified partners with the scores of (element, partner), `is_member` tells from such scores
/// whether the partner belongs to the element, and `score` judges a pair that was not verified.
pub fn refine<'a>(
    preference: &[u32],
    verified: impl Fn(u32) -> &'a [(u32, Scores)],
    is_member: impl Fn(&Scores) -> bool,
    mut score: impl FnMut(u32, u32) -> Verdict,
) -> Stars {
    let mut places: Vec<(u32, u32)> =
        (0..).zip(preference).map(|(p, &element)| (element, p)).collect();
    places.sort_unstable();
    let place_of = |element: u32| {
        places.binary_search_by_key(&element, |place| place.0).ok().map(|at| places[at].1 as usize)
    };
    let mut effort = EFFORT + EFFORT_EACH * preference.len();
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
            if effort == 0 {
                result.exhausted = true;
                break;
            }
            match score(centre, preference[other]) {
                Verdict::Member(scores) => members.push((other, scores)),
                Verdict::Unlike => effort -= 1,
                Verdict::Stranger => effort = effort.saturating_sub(COUNTED_EFFORT),
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    const MEMBER: Scores = Scores { similarity: 0.9, a_in_b: 0.95, b_in_a: 0.95 };
    const STRANGER: Scores = Scores { similarity: 0.1, a_in_b: 0.2, b_in_a: 0.2 };

    fn is_member(scores: &Scores) -> bool {
        scores.similarity >= 0.8
    }

    /// Stars by definition, over the complete relation "the second belongs to the first".
    fn naive(
        preference: &[u32],
        belongs: &BTreeSet<(u32, u32)>,
    ) -> (Vec<(u32, Vec<u32>)>, Vec<u32>) {
        let mut left = preference.to_vec();
        let mut stars = Vec::new();
        for &centre in preference {
            if !left.contains(&centre) {
                continue;
            }
            let mut members: Vec<u32> =
                left.iter().copied().filter(|&other| belongs.contains(&(centre, other))).collect();
            members.sort_unstable();
            if !members.is_empty() {
                left.retain(|other| *other != centre && !members.contains(other));
                stars.push((centre, members));
            }
        }
        (stars, left)
    }

    proptest! {
        #[test]
        fn equals_the_naive_one(
            preference in Just((0u32..14).collect::<Vec<_>>()).prop_shuffle(),
            pairs in prop::collection::vec((0u32..14, 0u32..14, any::<bool>()), 0..60),
        ) {
            // A part of the relation was verified, the rest is scored on demand.
            let belongs: BTreeSet<(u32, u32)> =
                pairs.iter().filter(|(a, b, _)| a != b).map(|&(a, b, _)| (a, b)).collect();
            let mut verified: BTreeMap<u32, Vec<(u32, Scores)>> = BTreeMap::new();
            for &(a, b, known) in &pairs {
                if known && a != b {
                    for (x, y) in [(a, b), (b, a)] {
                        let scores = if belongs.contains(&(x, y)) { MEMBER } else { STRANGER };
                        let list = verified.entry(x).or_default();
                        if list.iter().all(|&(other, _)| other != y) {
                            list.push((y, scores));
                        }
                    }
                }
            }
            let mut on_demand = Vec::new();
            let result = refine(
                &preference,
                |element| verified.get(&element).map_or(&[][..], |list| &list[..]),
                is_member,
                |a, b| {
                    on_demand.push((a, b));
                    if belongs.contains(&(a, b)) { Verdict::Member(MEMBER) } else { Verdict::Unlike }
                },
            );
            let (stars, alone) = naive(&preference, &belongs);
            let found: Vec<(u32, Vec<u32>)> = result
                .stars
                .iter()
                .map(|star| (star.centre, star.members.iter().map(|member| member.0).collect()))
                .collect();
            prop_assert_eq!(found, stars);
            prop_assert_eq!(result.alone, alone);
            prop_assert!(!result.exhausted);
            for (a, b) in on_demand {
                let list = verified.get(&a).map_or(&[][..], |list| &list[..]);
                prop_assert!(a != b && list.iter().all(|&(other, _)| other != b));
            }
        }
    }

    #[test]
    fn one_that_nobody_matches_waits_for_a_larger_one() {
        // The most wanted, 0, is part of 1, which is no part of it.
        let of_small = [(1, Scores { similarity: 0.1, a_in_b: 1.0, b_in_a: 0.1 })];
        let of_large = [(0, of_small[0].1.swapped())];
        let result = refine(
            &[0, 1],
            |element| if element == 0 { &of_small[..] } else { &of_large[..] },
            |scores| scores.b_in_a >= 0.9,
            |_, _| Verdict::Stranger,
        );
        assert_eq!(result.stars, [Star { centre: 1, members: vec![of_large[0]] }]);
        assert!(result.alone.is_empty());
    }

    #[test]
    fn scores_on_demand_are_bounded() {
        let preference: Vec<u32> = (0..3000).collect();
        for (verdict, each) in [(Verdict::Unlike, 1), (Verdict::Stranger, COUNTED_EFFORT)] {
            let mut asked = 0;
            let result = refine(
                &preference,
                |_| &[],
                is_member,
                |_, _| {
                    asked += 1;
                    verdict
                },
            );
            assert_eq!(asked, (EFFORT + EFFORT_EACH * preference.len()).div_ceil(each));
            assert!(result.exhausted);
            assert_eq!(result.alone, preference);
        }
    }
}
