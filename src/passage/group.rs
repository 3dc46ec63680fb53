//! Groups: which of the places that hold one anchor are linked.
//!
//! Nothing is cut off for being frequent: that would drop exactly the passages that everyone
//! reprinted. Small groups of equal anchors are linked pair by pair. In a larger one each member
//! gets at most four links: to its neighbours in the order of what follows, of what stands before
//! and of what stands around, and to its predecessor by position. Two places that share a text
//! stand side by side in one of these orders at one of its anchors, however common the anchor
//! itself is, so links stay linear and little is lost against a suffix array.
//!
//! Between a reference and a corpus only links across count: a place is linked to the next one of
//! the other side, before it and behind it in each of the orders, or to all where one side has few.
//!
//! Documents of a cluster are left to their representative: where it holds the anchor too, the
//! member takes no part in the group (it is aligned to the representative directly).
//!
//! Cost: three sorts of a large group.

use super::Collection;
use crate::hash::{combine, finalise};
use crate::pairing::{Pairing, nearest_across};
use crate::text::TokenHash;

/// Groups of up to this many anchors are linked pair by pair.
const ALL_PAIRS: usize = 8;

/// A place that holds an anchor.
pub(super) trait Held: Copy {
    /// Its document.
    fn document(&self) -> u32;
}

/// Links groups; holds scratch from group to group.
pub(super) struct Grouping<'a, M> {
    /// The representative of each document.
    representative: &'a [u32],
    pairing: Pairing,
    members: Vec<M>,
    order: Vec<(u64, u32)>,
    sides: Vec<bool>,
    /// Key and document of each place in an order, and the first that has both.
    ties: Vec<((u64, u32), usize)>,
    /// Places left to the representatives of their documents.
    pub(super) clustered: u64,
    /// Groups that were too large to be linked pair by pair.
    pub(super) thinned: u64,
}

impl<'a, M: Held> Grouping<'a, M> {
    pub(super) fn new(collection: &Collection<'a>) -> Self {
        Self {
            representative: collection.representative,
            pairing: collection.pairing,
            members: Vec::new(),
            order: Vec::new(),
            sides: Vec::new(),
            ties: Vec::new(),
            clustered: 0,
            thinned: 0,
        }
    }

    /// Links the places of one anchor, sorted by document and position. `key` gives the key of a
    /// place in one of the [`CONTEXTS`] orders; of two linked places the first comes first.
    pub(super) fn link(
        &mut self,
        group: &[M],
        key: impl Fn(&M, usize) -> u64,
        mut link: impl FnMut(M, M),
    ) {
        if group.len() < 2 {
            return;
        }
        if let Some(parts) = self.pairing.parts(group, Held::document) {
            self.link_across(group, parts, key, link);
            return;
        }
        self.members.clear();
        self.members.extend(group.iter().filter(|place| {
            let representative = self.representative[place.document() as usize];
            representative == place.document()
                || group.binary_search_by_key(&representative, Held::document).is_err()
        }));
        let members = &self.members[..];
        self.clustered += (group.len() - members.len()) as u64;
        if members.len() <= ALL_PAIRS {
            for (i, &first) in members.iter().enumerate() {
                members[i + 1..].iter().for_each(|&second| link(first, second));
            }
            return;
        }
        self.thinned += 1;
        members.windows(2).for_each(|pair| link(pair[0], pair[1]));
        for context in 0..CONTEXTS {
            sort(&mut self.order, members, |place| key(place, context));
            for pair in self.order.windows(2) {
                let (first, second) = (pair[0].1.min(pair[1].1), pair[0].1.max(pair[1].1));
                // Neighbours by position are linked already.
                if second != first + 1 {
                    link(members[first as usize], members[second as usize]);
                }
            }
        }
    }

    /// Links the places of a reference with those of a corpus.
    fn link_across(
        &mut self,
        group: &[M],
        (reference, corpus): (&[M], &[M]),
        key: impl Fn(&M, usize) -> u64,
        mut link: impl FnMut(M, M),
    ) {
        if Pairing::is_linear(reference.len(), corpus.len()) {
            for &first in reference {
                for &second in corpus {
                    link(first, second);
                }
            }
            return;
        }
        self.thinned += 1;
        for context in 0..CONTEXTS {
            let Self { order, sides, ties, .. } = self;
            sort(order, group, |place| key(place, context));
            sides.clear();
            sides.extend(order.iter().map(|&(_, index)| (index as usize) < reference.len()));
            ties.clear();
            for (at, &(key, index)) in order.iter().enumerate() {
                let own = (key, group[index as usize].document());
                let first = match ties.last() {
                    Some(&(last, first)) if last == own => first,
                    _ => at,
                };
                ties.push((own, first));
            }
            // Whether both sides have the key of a place.
            let is_shared = |at: usize| {
                let first = order.partition_point(|&(key, _)| key < order[at].0);
                let end = order.partition_point(|&(key, _)| key <= order[at].0);
                sides[first] != sides[end - 1]
            };
            nearest_across(sides, |at, other| {
                // Whoever meets the same context across needs no other.
                if order[at].0 != order[other].0 && is_shared(at) {
                    return;
                }
                // Of the places of one document that are as near, the one of the same rank: so
                // texts that repeat themselves are not linked at every distance.
                let rank = at - ties[at].1;
                let first = ties[other].1;
                let count = ties[first..].partition_point(|tie| tie.1 <= first);
                let other = first + rank % count;
                let (at, other) = (order[at].1, order[other].1);
                link(group[at.min(other) as usize], group[at.max(other) as usize]);
            });
        }
    }
}

/// Puts the indexes of places into an order.
fn sort<M>(order: &mut Vec<(u64, u32)>, places: &[M], key: impl Fn(&M) -> u64) {
    order.clear();
    order.extend(places.iter().zip(0u32..).map(|(place, index)| (key(place), index)));
    order.sort_unstable();
}

/// Number of orders in which the members of a large group are sorted.
pub(super) const CONTEXTS: usize = 3;

/// The key in one of the orders of a place at a token: what follows, what stands before, and both.
/// The anchor itself, of at least `size` tokens, is shared.
pub(super) fn context(order: usize, tokens: &[TokenHash], at: usize, size: usize) -> u64 {
    [following, preceding, around][order](tokens, at, size)
}

/// A key by which texts sort by what follows `at`, so that a longer agreement stands closer.
fn following(tokens: &[TokenHash], at: usize, size: usize) -> u64 {
    let mut rest = tokens[at..].iter().skip(size);
    context_key([1, 1, 1, 2, 3], |count, state| hash_on(state, rest.by_ref().take(count)))
}

/// The same for what stands before.
fn preceding(tokens: &[TokenHash], at: usize, _: usize) -> u64 {
    let mut before = tokens[..at].iter().rev();
    context_key([1, 1, 1, 2, 3], |count, state| hash_on(state, before.by_ref().take(count)))
}

/// The same for what stands on both sides, as far to the one as to the other: a short run with its
/// anchor in the middle agrees in neither alone.
fn around(tokens: &[TokenHash], at: usize, size: usize) -> u64 {
    let mut before = tokens[..at].iter().rev();
    let mut rest = tokens[at..].iter().skip(size);
    context_key([1, 1, 1, 1, 4], |count, state| {
        let state = hash_on(state, before.by_ref().take(count));
        hash_on(state, rest.by_ref().take(count))
    })
}

fn hash_on<'t>(state: u64, tokens: impl Iterator<Item = &'t TokenHash>) -> u64 {
    tokens.fold(state, |state, token| combine(state, u64::from(token.0)))
}

/// Twelve bits for each of five growing contexts; `grow` takes in so many tokens more.
fn context_key(steps: [usize; 5], mut grow: impl FnMut(usize, u64) -> u64) -> u64 {
    let mut state = 1;
    steps.into_iter().fold(0, |key, count| {
        state = grow(count, state);
        key << 12 | finalise(state) >> 52
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::passage::few::Few;

    /// A document and a position.
    type Place = (u32, u32);

    impl Held for Place {
        fn document(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn texts_that_repeat_themselves_are_linked_at_few_distances() {
        let texts = Few::new(["", ""]);
        let pairing = Pairing::Against { reference: 1 };
        let collection = Collection { pairing, ..texts.collection() };
        // One word over and over, so that all contexts are alike but those at the ends.
        let (short, long) = (400, 1000);
        let group: Vec<Place> =
            (0..short).map(|at| (0, at)).chain((0..long).map(|at| (1, at))).collect();
        let key = |&(document, at): &Place, order: usize| {
            let len = if document == 0 { short } else { long };
            let (before, behind) = (at.min(8), (len - at).min(8));
            u64::from([behind, before, before.min(behind)][order])
        };
        let (mut distances, mut linked) = (BTreeSet::new(), BTreeSet::new());
        Grouping::new(&collection).link(&group, key, |first, second| {
            assert_eq!((first.0, second.0), (0, 1));
            distances.insert(second.1 - first.1.min(second.1));
            linked.extend([first, second]);
        });
        assert_eq!(linked.len(), group.len());
        assert!(distances.len() < 20, "{distances:?}");
    }
}
