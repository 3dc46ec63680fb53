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
//! A link whose surroundings rule out a passage is counted and left out.
//!
//! Cost: three sorts of a large group; some 10 ns a link.

use super::Collection;
use super::around::{ORDERS, Sampled};
use super::prospects::Prospects;
use crate::pairing::{Pairing, nearest_across};
use crate::report::model::Suppressed;

/// Groups of up to this many anchors are linked pair by pair.
const ALL_PAIRS: usize = 16;

/// What was left out of groups.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LeftOut {
    /// Places left to the representatives of their documents.
    clustered: u64,
    /// Groups that were too large to be linked pair by pair.
    thinned: u64,
    /// Links without prospects.
    pub(super) weak: u64,
}

impl LeftOut {
    /// Adds it to what was left out before.
    pub(super) fn count(self, suppressed: &mut Suppressed) {
        suppressed.clustered_links += self.clustered;
        suppressed.thinned_buckets += self.thinned;
        suppressed.weak_links += self.weak;
    }
}

/// Links groups; holds scratch from group to group.
pub(super) struct Grouping<'a> {
    /// The representative of each document.
    representative: &'a [u32],
    pairing: Pairing,
    prospects: Prospects,
    order: Vec<(u64, u32)>,
    sides: Vec<bool>,
    /// Key and document of each place in an order, and the first that has both.
    ties: Vec<((u64, u32), usize)>,
    pub(super) left_out: LeftOut,
}

impl<'a> Grouping<'a> {
    pub(super) fn new(collection: &Collection<'a>, prospects: Prospects) -> Self {
        Self {
            representative: collection.representative,
            pairing: collection.pairing,
            prospects,
            order: Vec::new(),
            sides: Vec::new(),
            ties: Vec::new(),
            left_out: LeftOut::default(),
        }
    }

    /// Adds to `members` the places of one anchor, sorted by document, that are to be linked: those
    /// that are not left to the representatives of their documents.
    pub(super) fn choose<M: Copy>(
        &mut self,
        places: &[M],
        document: impl Fn(&M) -> u32,
        members: &mut Vec<M>,
    ) {
        if self.pairing != Pairing::Everything {
            return members.extend_from_slice(places);
        }
        let before = members.len();
        members.extend(places.iter().filter(|&place| {
            let representative = self.representative[document(place) as usize];
            representative == document(place)
                || places.binary_search_by_key(&representative, &document).is_err()
        }));
        self.left_out.clustered += (places.len() - (members.len() - before)) as u64;
    }

    /// Links the chosen places of one anchor, sorted by document and position; of two linked places
    /// the first comes first.
    pub(super) fn link(&mut self, group: &[Sampled], mut take: impl FnMut(&Sampled, &Sampled)) {
        if group.len() < 2 {
            return;
        }
        let (prospects, mut weak) = (self.prospects, 0);
        let link = |first: &Sampled, second: &Sampled| {
            if prospects.of_link(&first.around, &second.around) {
                take(first, second);
            } else {
                weak += 1;
            }
        };
        if let Some(parts) = self.pairing.parts(group, |place| place.document) {
            self.link_across(group, parts, link);
        } else {
            self.link_all(group, link);
        }
        self.left_out.weak += weak;
    }

    /// Links the places of one collection.
    fn link_all(&mut self, members: &[Sampled], mut link: impl FnMut(&Sampled, &Sampled)) {
        if members.len() <= ALL_PAIRS {
            for (i, first) in members.iter().enumerate() {
                members[i + 1..].iter().for_each(|second| link(first, second));
            }
            return;
        }
        self.left_out.thinned += 1;
        members.windows(2).for_each(|pair| link(&pair[0], &pair[1]));
        for order in 0..ORDERS {
            sort(&mut self.order, members, order);
            for pair in self.order.windows(2) {
                let (first, second) = (pair[0].1.min(pair[1].1), pair[0].1.max(pair[1].1));
                // Neighbours by position are linked already.
                if second != first + 1 {
                    link(&members[first as usize], &members[second as usize]);
                }
            }
        }
    }

    /// Links the places of a reference with those of a corpus.
    fn link_across(
        &mut self,
        group: &[Sampled],
        (reference, corpus): (&[Sampled], &[Sampled]),
        mut link: impl FnMut(&Sampled, &Sampled),
    ) {
        if Pairing::is_linear(reference.len(), corpus.len()) {
            for first in reference {
                for second in corpus {
                    link(first, second);
                }
            }
            return;
        }
        self.left_out.thinned += 1;
        for number in 0..ORDERS {
            let Self { order, sides, ties, .. } = self;
            sort(order, group, number);
            sides.clear();
            sides.extend(order.iter().map(|&(_, index)| (index as usize) < reference.len()));
            ties.clear();
            for (at, &(key, index)) in order.iter().enumerate() {
                let own = (key, group[index as usize].document);
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
                link(&group[at.min(other) as usize], &group[at.max(other) as usize]);
            });
        }
    }
}

/// Puts the indexes of places into one of the orders.
fn sort(order: &mut Vec<(u64, u32)>, places: &[Sampled], number: usize) {
    order.clear();
    order.extend(places.iter().zip(0u32..).map(|(place, index)| (place.around.key(number), index)));
    order.sort_unstable();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::passage::anchor::Winnowing;
    use crate::passage::around::Around;
    use crate::passage::few::Few;
    use crate::text::TokenHash;

    #[test]
    fn texts_that_repeat_themselves_are_linked_at_few_distances() {
        let texts = Few::new(["", ""]);
        let pairing = Pairing::Against { reference: 1 };
        let collection = Collection { pairing, ..texts.collection() };
        // One word over and over, so that what stands around is alike but at the ends.
        let lens = [400u32, 1000];
        let size = 4;
        let group: Vec<Sampled> = (0u32..2)
            .zip(lens)
            .flat_map(|(document, len)| {
                let tokens = vec![TokenHash(7 << 24); len as usize];
                (0..=len - size).map(move |position| {
                    let around = Around::of(&tokens, position, size);
                    Sampled { hash: 1, document, position, around }
                })
            })
            .collect();
        let prospects = Prospects::new(Winnowing { size, window: 3 }, 8);
        let (mut distances, mut linked) = (BTreeSet::new(), BTreeSet::new());
        Grouping::new(&collection, prospects).link(&group, |first, second| {
            assert_eq!((first.document, second.document), (0, 1));
            distances.insert(second.position - first.position.min(second.position));
            linked.extend([*first, *second]);
        });
        assert_eq!(linked.len(), group.len());
        assert!(distances.len() < 20, "{distances:?}");
    }
}
