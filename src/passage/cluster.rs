//! Passage clusters: the sites that hang together, component by component.
//!
//! Links make components by transitivity; a cluster must be more. So each component is
//! [refined](super::refine) into stars around canonical passages.
//!
//! Cost: that of refinement. As many components are in memory as there is room for, one at least.

use rayon::prelude::*;

use super::align::Alignment;
use super::pairs::{Place, Workers};
use super::site::{Edge, SiteId, Sites};
use super::store::{PairRows, StarRows};
use super::version::Context;
use super::{Collection, Limits};
use crate::error::Result;
use crate::spill::Work;

/// Bytes of memory for a site or an edge of a component that is refined, the stars included.
const RECORD_BYTES: usize = 200;

/// A canonical place and its versions.
#[derive(Debug, PartialEq)]
pub(crate) struct Star {
    /// The canonical passage.
    pub(crate) canonical: Place,
    /// The other places, by place, each aligned with the canonical one as the first side.
    pub(crate) members: Vec<(u32, Alignment)>,
}

/// Refines all components: the stars.
pub(super) fn refine(
    collection: &Collection<'_>,
    work: &Work,
    sites: &Sites,
    pairs: &PairRows,
    limits: Limits,
    workers: &Workers,
) -> Result<StarRows> {
    let mut stars = StarRows::new(work, "stars");
    let places = &sites.places[..];
    // Components are in memory together as far as there is room for the stars that come of them.
    let most = work.share(8) / RECORD_BYTES;
    let mut edges = sites.edges.all()?;
    let mut own_edges = Vec::new();
    let mut members = sites.components.all()?;
    let mut own = Vec::new();
    let (mut components, mut held): (Vec<Component>, usize) = (Vec::new(), 0);
    loop {
        let more = members.group(&mut own, |member| member.component)?;
        if !more || held > most {
            let refined: Vec<Vec<Star>> = std::mem::take(&mut components)
                .into_par_iter()
                .map(|Component { sites, edges }| {
                    Context { collection, places, edges, pairs, limits, workers }.refine(&sites)
                })
                .collect();
            refined.iter().flatten().try_for_each(|star| stars.add(star))?;
            held = 0;
        }
        if !more {
            break;
        }
        let component = own[0].component;
        while own_edges.first().is_none_or(|edge: &Edge| edge.component < component)
            && edges.group(&mut own_edges, |edge| edge.component)?
        {}
        let connected = own_edges.first().is_some_and(|edge| edge.component == component);
        let edges = if connected { std::mem::take(&mut own_edges) } else { Vec::new() };
        if own.len() < 2 && edges.is_empty() {
            continue;
        }
        let mut sites: Vec<SiteId> = own.iter().map(|member| member.site).collect();
        sites.sort_unstable_by_key(|&site| (places[site as usize], site));
        held += sites.len() + edges.len();
        components.push(Component { sites, edges });
    }
    stars.seal()?;
    Ok(stars)
}

/// Sites that hang together.
struct Component {
    /// By place.
    sites: Vec<SiteId>,
    edges: Vec<Edge>,
}
