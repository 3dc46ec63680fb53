//! Union-find: connected components of matches.
//!
//! Idea: a forest in which every element points towards its component's root; the root is always
//! the lowest number, so the result does not depend on the order of the unions. Paths are halved
//! on the way up.
//!
//! Cost: 4 bytes an element; almost constant time an operation.
//!
//! Source: R. Tarjan, J. van Leeuwen, *Worst-case analysis of set union algorithms*, JACM 1984
//! (path halving; linking by index).

/// Components over the numbers `0..len`.
///
/// ```
/// use doublet::cluster::UnionFind;
/// let mut sets = UnionFind::new(5);
/// sets.union(3, 1);
/// sets.union(4, 3);
/// assert_eq!(sets.components(), [vec![1, 3, 4]]);
/// ```
#[derive(Clone, Debug)]
pub struct UnionFind {
    parents: Vec<u32>,
}

impl UnionFind {
    /// `len` elements, each by itself.
    pub fn new(len: u32) -> Self {
        Self { parents: (0..len).collect() }
    }

    /// Adds an element by itself and returns its number.
    pub fn push(&mut self) -> u32 {
        let element = self.parents.len() as u32;
        self.parents.push(element);
        element
    }

    /// The lowest number in the component of `element`.
    ///
    /// # Panics
    /// If `element` is not below the number of elements.
    pub fn find(&mut self, mut element: u32) -> u32 {
        while self.parents[element as usize] != element {
            let parent = self.parents[element as usize];
            self.parents[element as usize] = self.parents[parent as usize];
            element = parent;
        }
        element
    }

    /// Joins the components of two elements. Whether they were apart.
    ///
    /// # Panics
    /// If one of them is not below the number of elements.
    pub fn union(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        self.parents[a.max(b) as usize] = a.min(b);
        a != b
    }

    /// Components of at least two elements, each in order, by their lowest element.
    pub fn components(&mut self) -> Vec<Vec<u32>> {
        let len = self.parents.len() as u32;
        // A root comes before the rest of its component: places are known when members arrive.
        let mut sizes = vec![0u32; len as usize];
        for element in 0..len {
            let root = self.find(element);
            sizes[root as usize] += 1;
        }
        let mut components: Vec<Vec<u32>> = Vec::new();
        let mut places = vec![u32::MAX; len as usize];
        for element in 0..len {
            let root = self.find(element) as usize;
            if sizes[root] < 2 {
                continue;
            }
            if places[root] == u32::MAX {
                places[root] = components.len() as u32;
                components.push(Vec::with_capacity(sizes[root] as usize));
            }
            components[places[root] as usize].push(element);
        }
        components
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Components by spreading the lowest label until nothing changes.
    fn naive(len: u32, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
        let mut labels: Vec<u32> = (0..len).collect();
        loop {
            let before = labels.clone();
            for &(a, b) in edges {
                let label = labels[a as usize].min(labels[b as usize]);
                labels[a as usize] = label;
                labels[b as usize] = label;
            }
            if labels == before {
                break;
            }
        }
        (0..len)
            .map(|root| (0..len).filter(|&x| labels[x as usize] == root).collect::<Vec<_>>())
            .filter(|component| component.len() > 1)
            .collect()
    }

    proptest! {
        #[test]
        fn components_equal_the_naive_ones(
            edges in prop::collection::vec((0u32..60, 0u32..60), 0..60),
        ) {
            let mut sets = UnionFind::new(60);
            let mut joined = 0;
            for &(a, b) in &edges {
                joined += usize::from(sets.union(a, b));
            }
            let components = sets.components();
            prop_assert_eq!(&components, &naive(60, &edges));
            prop_assert_eq!(joined, components.iter().map(|c| c.len() - 1).sum::<usize>());
        }
    }
}
