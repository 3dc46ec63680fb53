//! Which sites hang together, and where what hangs together by weak bonds alone is parted.
//!
//! Idea: bonds between sites join them from the strongest to the weakest, as in Kruskal's spanning
//! tree. In a large collection chance agreements of common phrases would at last make one component
//! of most of it, which no refinement can go through. So a bond that is not strong joins no more
//! than [`LARGE`] sites; a strong one always joins, since the versions of one text may be any number.
//!
//! Cost: a sort of 9 bytes a bond; 8 bytes in memory a site.
//!
//! Source: J. Kruskal, *On the shortest spanning subtree of a graph*, Proc. AMS 1956.

use super::site::SiteId;
use crate::cluster::UnionFind;
use crate::error::Result;
use crate::span::TokenRange;
use crate::spill::{Sorter, Work, record};

/// Sites that weak bonds join, at most: a component is refined in memory.
pub(super) const LARGE: u32 = 1 << 14;
/// The share that makes a bond strong, in percent: of a short text all of it, since by chance much
/// is shared of those.
const STRONG: u8 = 95;

record! {
    /// That two sites hold versions of one text.
    Bond {
        /// What they do not share of the longer one, in percent.
        differs: u8,
        a: u32,
        b: u32,
    }
    key(bond) = u64::from(bond.differs) << 32 | u64::from(bond.a)
}

/// Takes bonds in any order.
pub(super) struct Bonds(Sorter<Bond>);

impl Bonds {
    pub(super) fn new(work: &Work) -> Self {
        Self(work.sorter("bonds", 5))
    }

    /// Adds one of two sites that share so much, in percent.
    pub(super) fn add(&mut self, a: SiteId, b: SiteId, share: u8) -> Result<()> {
        let bond = Bond { differs: 100 - share.min(100), a, b };
        if a == b { Ok(()) } else { self.0.push(bond) }
    }

    /// The components of so many sites; weak bonds join at most `large` of them, [`LARGE`] but in
    /// tests.
    pub(super) fn join(self, sites: u32, large: u32) -> Result<UnionFind> {
        let bonds = self.0.finish(false)?;
        let mut union = UnionFind::new(sites);
        let mut sizes = vec![1u32; sites as usize];
        let mut cursor = bonds.all()?;
        while let Some(Bond { differs, a, b }) = cursor.next()? {
            let (a, b) = (union.find(a), union.find(b));
            let size = sizes[a as usize] + sizes[b as usize];
            if a != b && (differs <= 100 - STRONG || size <= large) {
                union.union(a, b);
                sizes[a.min(b) as usize] = size;
            }
        }
        Ok(union)
    }
}

/// The part of a site that a span beside it shares, in percent, if it shares so many tokens: those of
/// them that are outside the site do not count.
pub(super) fn share(shared: u32, span: TokenRange, site: TokenRange) -> u8 {
    let inside = shared.saturating_sub(span.len() - span.overlap(site));
    (100 * u64::from(inside) / u64::from(site.len().max(1))).min(100) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_shared_beside_a_site_does_not_count() {
        let range = TokenRange::new;
        assert_eq!(share(8, range(0, 8), range(0, 8)), 100);
        assert_eq!(share(7, range(0, 8), range(0, 8)), 87);
        // A longer span, one moved by half, and a longer site.
        assert_eq!(share(12, range(0, 12), range(0, 8)), 100);
        assert_eq!(share(8, range(4, 12), range(0, 8)), 50);
        assert_eq!(share(8, range(0, 8), range(0, 16)), 50);
        assert_eq!(share(3, range(0, 9), range(20, 28)), 0);
    }

    proptest! {
        #[test]
        fn weak_bonds_join_few_and_strong_ones_all(
            bonds in prop::collection::vec((0u32..60, 0u32..60, 0u8..=100), 0..120),
            large in 2u32..30,
        ) {
            let mut sorter = Bonds::new(&Work::in_memory());
            let (mut strong, mut all) = (UnionFind::new(60), UnionFind::new(60));
            for &(a, b, share) in &bonds {
                sorter.add(a, b, share).expect("room");
                all.union(a, b);
                if share >= STRONG {
                    strong.union(a, b);
                }
            }
            let mut found = sorter.join(60, large).expect("room");
            let strong_components = strong.components();
            for component in found.components() {
                let held = |strong: &&Vec<u32>| component.contains(&strong[0]);
                let largest = strong_components.iter().filter(held).map(Vec::len).max().unwrap_or(1);
                prop_assert!(component.len() <= largest.max(large as usize));
            }
            for (a, b, share) in bonds {
                let apart = found.find(a) != found.find(b);
                prop_assert!(!apart || share < STRONG);
            }
            // Where nothing is large nothing is parted.
            if all.components().iter().all(|component| component.len() <= large as usize) {
                prop_assert_eq!(found.components(), all.components());
            }
        }
    }
}
