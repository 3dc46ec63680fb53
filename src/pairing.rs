//! Which documents are compared with which: all with all, or a corpus with a reference.
//!
//! A pure rule that every search for pairs is given, so that what nobody asks for is never
//! compared. A reference comes first: its documents have the lowest numbers, and in any list that
//! is ordered by document it stands before the corpus.
//!
//! Where many documents share something, pairing all of one side with all of the other would cost
//! the product of both. It does not where one side is small: with at most [`FEW`] on it, whatever
//! the other side holds, each document has few partners or is one of a few.

/// [`Pairing::name`] of a corpus with a reference.
pub(crate) const REFERENCE: &str = "reference";

/// So many documents on one side are paired with all of the other side, however many those are.
pub(crate) const FEW: usize = 8;

/// What is compared with what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// Every document with every other one.
    #[default]
    Everything,
    /// A reference, which is the first so many documents, with the corpus, which is all others;
    /// nothing within the reference and nothing within the corpus.
    Against {
        /// Number of documents of the reference.
        reference: u32,
    },
}

impl Pairing {
    /// Number of documents of the reference, if there is one.
    pub(crate) const fn reference(self) -> Option<u32> {
        match self {
            Self::Everything => None,
            Self::Against { reference } => Some(reference),
        }
    }

    /// The name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Against { .. } => REFERENCE,
        }
    }

    /// Whether a document belongs to the reference.
    #[inline]
    pub(crate) fn is_reference(self, document: u32) -> bool {
        self.reference().is_some_and(|reference| document < reference)
    }

    /// Whether two different documents are compared.
    #[inline]
    pub(crate) fn compares(self, a: u32, b: u32) -> bool {
        self.reference().is_none() || self.is_reference(a) != self.is_reference(b)
    }

    /// The members of a list that belong to the reference and those that belong to the corpus, if
    /// there are two sides. The list is in order of documents.
    #[inline]
    pub(crate) fn parts<T>(
        self,
        members: &[T],
        document: impl Fn(&T) -> u32,
    ) -> Option<(&[T], &[T])> {
        let reference = self.reference()?;
        Some(members.split_at(members.partition_point(|member| document(member) < reference)))
    }

    /// Whether pairing so many members of one side with so many of the other stays linear.
    pub(crate) fn is_linear(one: usize, other: usize) -> bool {
        one.min(other) <= FEW
    }
}

/// For each member of a list, whose `side` is told, the nearest one of the other side before it
/// and behind it: calls `link` with their indexes.
pub(crate) fn nearest_across(sides: &[bool], mut link: impl FnMut(usize, usize)) {
    let mut walk = |order: &mut dyn Iterator<Item = usize>| {
        let mut last = [None; 2];
        for at in order {
            let side = usize::from(sides[at]);
            if let Some(other) = last[1 - side] {
                link(at, other);
            }
            last[side] = Some(at);
        }
    };
    walk(&mut (0..sides.len()));
    walk(&mut (0..sides.len()).rev());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_pairs_across_are_compared() {
        let pairing = Pairing::Against { reference: 2 };
        let pairs = |pairing: Pairing| {
            let all = (0..4).flat_map(|a| (a + 1..4).map(move |b| (a, b)));
            all.filter(|&(a, b)| pairing.compares(a, b)).collect::<Vec<_>>()
        };
        assert_eq!(pairs(pairing), [(0, 2), (0, 3), (1, 2), (1, 3)]);
        assert_eq!(pairs(Pairing::Everything).len(), 6);
        assert_eq!(pairs(Pairing::Against { reference: 0 }), []);
        assert_eq!(pairing.parts(&[0, 1, 1, 2, 9], |&d| d), Some((&[0, 1, 1][..], &[2, 9][..])));
        assert_eq!(Pairing::Everything.parts(&[0, 1], |&d| d), None);
    }

    proptest! {
        #[test]
        fn everyone_meets_the_nearest_of_the_other_side(
            sides in prop::collection::vec(any::<bool>(), 0..40),
        ) {
            let mut found = Vec::new();
            nearest_across(&sides, |at, other| found.push((at, other)));
            found.sort_unstable();
            let mut expected = Vec::new();
            for at in 0..sides.len() {
                let other = |&i: &usize| sides[i] != sides[at];
                expected.extend((0..at).rev().find(other).map(|i| (at, i)));
                expected.extend((at..sides.len()).find(other).map(|i| (at, i)));
            }
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
