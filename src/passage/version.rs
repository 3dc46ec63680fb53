//! Versions: sites aligned with a canonical passage that they match well and cover half of.
//!
//! Cost: most sites have the tokens of the canonical passage, or an alignment that connected the
//! two; the others cost one alignment each.

use std::sync::OnceLock;

use super::align::{Alignment, Sides, equal_ranges};
use super::archive::Hashes;
use super::direct::GramTable;
use super::pairs::{Place, Worker, Workers};
use super::site::{Edge, SiteId};
use super::store::PairRows;
use super::{Collection, Limits};
use crate::document::Timestamp;
use crate::span::TokenRange;
use crate::stop::{checkpoint, or_fail};

/// Tokens beyond a site that its alignment to the canonical passage may take in.
const MARGIN: u32 = 6;

/// The sites of one component, and what is known of them.
pub(super) struct Context<'a> {
    pub(super) collection: &'a Collection<'a>,
    /// Every site, by number.
    pub(super) places: &'a [Place],
    /// Those from sites of the component, sorted.
    pub(super) edges: Vec<Edge>,
    pub(super) pairs: &'a PairRows,
    pub(super) limits: Limits,
    pub(super) workers: &'a Workers,
}

impl Context<'_> {
    pub(super) fn place(&self, site: SiteId) -> Place {
        self.places[site as usize]
    }

    /// When the document of a site was published.
    pub(super) fn date(&self, site: SiteId) -> Option<Timestamp> {
        self.collection.origins.date(self.place(site).document)
    }

    pub(super) fn is_reference(&self, site: SiteId) -> bool {
        self.collection.pairing.is_reference(self.place(site).document)
    }

    /// The edges from a site.
    pub(super) fn edges_from(&self, site: SiteId) -> &[Edge] {
        let first = self.edges.partition_point(|edge| edge.from < site);
        let end = self.edges.partition_point(|edge| edge.from <= site);
        &self.edges[first..end]
    }

    /// The best of the alignments that connected two sites, as seen from one of this component.
    pub(super) fn best_edge(&self, from: SiteId, to: SiteId) -> Option<&Edge> {
        let after = self.edges.partition_point(|edge| (edge.from, edge.to) <= (from, to));
        self.edges[..after].last().filter(|edge| (edge.from, edge.to) == (from, to))
    }

    /// A place that neither begins nor ends inside a contraction.
    pub(super) fn whole_words(&self, place: Place) -> Place {
        let Place { document, tokens } = place;
        let whole =
            |worker: &mut Worker| worker.words.whole_words(self.collection, document, tokens);
        Place { document, tokens: self.workers.with(whole) }
    }

    /// A site as the centre of a star.
    pub(super) fn centre(&self, site: SiteId) -> Centre<'_> {
        let canonical = self.whole_words(self.place(site));
        let tokens = self.collection.hashes(canonical.document);
        Centre { context: self, site, canonical, tokens, table: OnceLock::new() }
    }
}

/// A canonical passage that sites are aligned with.
pub(super) struct Centre<'c> {
    context: &'c Context<'c>,
    site: SiteId,
    pub(super) canonical: Place,
    /// Of its document.
    tokens: Hashes<'c>,
    /// Made when it is asked for.
    table: OnceLock<GramTable>,
}

impl Centre<'_> {
    /// Aligns a site with the canonical passage, if it is a version of it.
    pub(super) fn version(&self, worker: &mut Worker, site: SiteId) -> Option<Alignment> {
        checkpoint();
        let place = self.context.place(site);
        let fits = |alignment: &Alignment| self.fits(alignment, place);
        self.copied(place)
            .or_else(|| self.known(site))
            .filter(fits)
            .or_else(|| self.aligned(worker, place).filter(fits))
    }

    /// Whether an alignment makes a place a version of the canonical passage.
    fn fits(&self, alignment: &Alignment, place: Place) -> bool {
        let Self { canonical, tokens, .. } = self;
        let limits = self.context.limits;
        alignment.matched_half_words(tokens) >= 2 * limits.min_words
            && alignment.identity() >= limits.min_identity
            && 2 * alignment.a.len() >= canonical.tokens.len()
            && 2 * alignment.b.overlap(place.tokens) >= place.tokens.len()
            && (canonical.document != place.document || alignment.b.overlap(canonical.tokens) == 0)
    }

    /// The alignment of a place with the same tokens.
    fn copied(&self, place: Place) -> Option<Alignment> {
        if self.canonical.tokens.len() != place.tokens.len() {
            return None;
        }
        let theirs = self.context.collection.hashes(place.document);
        equal_ranges(Sides {
            a: &self.tokens,
            b: &theirs,
            within_a: self.canonical.tokens,
            within_b: place.tokens,
        })
    }

    /// The best of the alignments that connected the two sites, as far as it lies in the canonical
    /// passage.
    fn known(&self, site: SiteId) -> Option<Alignment> {
        let context = self.context;
        let (pair, turned) = match context.best_edge(self.site, site) {
            Some(edge) => (edge.pair, edge.turned == 1),
            // The centre may belong to another component, as may its edges.
            None => context.best_edge(site, self.site).map(|edge| (edge.pair, edge.turned == 0))?,
        };
        let within = self.canonical.tokens;
        or_fail(context.pairs.with(pair, turned, &mut Vec::new(), |matches| {
            let inside = matches.from(within.start).map_while(|stretch| stretch.clipped(within));
            Alignment::through(inside)
        }))
    }

    /// Aligns a place to the canonical passage.
    fn aligned(&self, worker: &mut Worker, place: Place) -> Option<Alignment> {
        let Self { context, canonical, .. } = self;
        let both = context.collection.both(canonical.document, place.document);
        let (a, b) = (both.a(), both.b());
        let mut within_b = TokenRange::new(
            place.tokens.start.saturating_sub(MARGIN),
            (place.tokens.end + MARGIN).min(b.len() as u32),
        );
        if canonical.document == place.document {
            // Never into the canonical passage itself.
            if place.tokens.start >= canonical.tokens.end {
                within_b.start = within_b.start.max(canonical.tokens.end);
            } else if place.tokens.end <= canonical.tokens.start {
                within_b.end = within_b.end.min(canonical.tokens.start);
            } else {
                return None;
            }
        }
        let sides = Sides { a, b, within_a: canonical.tokens, within_b };
        let ids = (canonical.document, place.document);
        let table = self.table.get_or_init(|| GramTable::new(&self.tokens, canonical.tokens));
        let found = table.align(context.collection, worker, ids, sides);
        found.into_iter().max_by_key(|alignment| alignment.matched_half_words(a))
    }
}
