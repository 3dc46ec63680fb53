//! Which sites of a component may be versions of a canonical passage: those that share three words
//! in a row with it.
//!
//! Idea: a component that chance strings together has many sites and few versions of any one of
//! them. So the tokens of its sites are copied side by side, and what shares no 3-gram with a
//! canonical passage is told without a look at its document, let alone an alignment.
//!
//! Cost: some 2 ns a token of the sites for each canonical passage; 4 bytes a token, 20 a site.

use hashbrown::HashMap;

use super::Collection;
use super::frequency::grams;
use super::pairs::Place;
use super::site::SiteId;
use crate::span::TokenRange;
use crate::text::TokenHash;

/// Tokens beyond a site that its alignment to the canonical passage may take in.
const MARGIN: u32 = 6;
/// Bits of the filter for each 3-gram of a canonical passage, at least.
const BITS: usize = 16;

/// The tokens that a place and its margins have in a document of so many.
pub(super) fn window(place: Place, len: u32) -> TokenRange {
    let TokenRange { start, end } = place.tokens;
    TokenRange::new(start.saturating_sub(MARGIN), (end + MARGIN).min(len))
}

/// The tokens of many sites and their margins.
pub(super) struct Windows {
    tokens: Vec<TokenHash>,
    ranges: HashMap<SiteId, (usize, usize)>,
}

impl Windows {
    pub(super) fn new(collection: &Collection<'_>, places: &[Place], sites: &[SiteId]) -> Self {
        let mut windows = Self { tokens: Vec::new(), ranges: HashMap::with_capacity(sites.len()) };
        for &site in sites {
            let place = places[site as usize];
            let hashes = collection.hashes(place.document);
            let start = windows.tokens.len();
            windows.tokens.extend_from_slice(&hashes[window(place, hashes.len() as u32).range()]);
            windows.ranges.insert(site, (start, windows.tokens.len()));
        }
        windows
    }

    /// Those near a canonical passage of these tokens.
    pub(super) fn near(&self, canonical: &[TokenHash]) -> Near<'_> {
        let bits = (BITS * canonical.len().max(4)).next_power_of_two();
        let mut filter = vec![0; bits / 64];
        for gram in grams(canonical) {
            filter[(gram >> 6) as usize & (bits / 64 - 1)] |= 1 << (gram & 63);
        }
        Near { windows: self, filter }
    }
}

/// Tells which sites share a 3-gram with a canonical passage, or seem to.
pub(super) struct Near<'w> {
    windows: &'w Windows,
    filter: Vec<u64>,
}

impl Near<'_> {
    /// Whether a site may; true of one whose tokens are not at hand.
    pub(super) fn may_match(&self, site: SiteId) -> bool {
        let mask = self.filter.len() - 1;
        self.windows.ranges.get(&site).is_none_or(|&(start, end)| {
            grams(&self.windows.tokens[start..end])
                .any(|gram| self.filter[(gram >> 6) as usize & mask] >> (gram & 63) & 1 == 1)
        })
    }
}
