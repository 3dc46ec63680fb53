//! Bands and rows from a threshold and a recall.
//!
//! Idea: a sketch of `k` registers is cut into `b` bands of `r` rows. Two documents of similarity
//! `j` agree in a band with probability `jʳ` and in any of them with `1 − (1 − jʳ)ᵇ`, an S-curve
//! that is steeper the larger `r` is. The largest `r` that still reaches the wanted recall at the
//! threshold makes the fewest false candidates.
//!
//! Cost: a band key is one mix a register, some 0.2 µs for a sketch of 256.
//!
//! Source: P. Indyk, R. Motwani, *Approximate Nearest Neighbors*, STOC 1998; A. Broder 1997.

use crate::config::DocumentConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::hash::{combine, finalise};

/// How a sketch is cut.
///
/// ```
/// use doublet::lsh::Banding;
/// let banding = Banding::for_threshold(0.8, 0.99, 256)?;
/// assert_eq!((banding.bands(), banding.rows()), (32, 8));
/// assert!(banding.probability(0.8) >= 0.99);
/// assert!(banding.probability(0.4) < 0.03);
/// # Ok::<(), doublet::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Banding {
    bands: u32,
    rows: u32,
}

impl Banding {
    /// The steepest banding of `k` registers that makes a pair at similarity `t` (above 0 to 1) a
    /// candidate with at least probability `recall` (above 0, below 1).
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for values outside these ranges, and when even single registers do
    /// not reach the recall.
    pub fn for_threshold(t: f64, recall: f64, k: u32) -> Result<Self> {
        if !(t > 0.0 && t <= 1.0) {
            return Err(Error::new(ErrorKind::Config, format!("a threshold of {t}"))
                .expected("a similarity above 0 and at most 1"));
        }
        if !(recall > 0.0 && recall < 1.0) {
            return Err(Error::new(ErrorKind::Config, format!("a recall of {recall}"))
                .expected("a probability above 0 and below 1"));
        }
        (1..=k)
            .rev()
            .map(|rows| Self { bands: k / rows, rows })
            .find(|banding| banding.probability(t) >= recall)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Config,
                    format!("a sketch of {k} registers for threshold {t} at recall {recall}"),
                )
                .expected("enough registers to reach the recall")
                .remedy("raise the sketch size or the threshold, or lower the recall")
            })
    }

    /// The banding that a configuration asks for.
    ///
    /// # Errors
    /// As [`Banding::for_threshold`].
    pub fn from_config(config: &DocumentConfig) -> Result<Self> {
        Self::for_threshold(config.threshold, config.recall, config.sketch_size)
    }

    /// Number of bands.
    pub const fn bands(&self) -> u32 {
        self.bands
    }

    /// Registers a band.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Probability that two documents of Jaccard similarity `j` become candidates.
    pub fn probability(&self, j: f64) -> f64 {
        1.0 - (1.0 - j.clamp(0.0, 1.0).powf(self.rows.into())).powf(self.bands.into())
    }

    /// The keys of a sketch's bands, from its full registers (see
    /// [`Sketch::registers`](crate::sketch::Sketch::registers)). Registers past the last whole
    /// band take no part.
    pub fn keys(&self, registers: &[u64]) -> Box<[u64]> {
        registers
            .chunks_exact(self.rows as usize)
            .take(self.bands as usize)
            .enumerate()
            .map(|(band, rows)| {
                finalise(rows.iter().fold(band as u64, |state, &row| combine(state, row)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bandings_of_the_usual_thresholds() {
        for (t, bands, rows) in [(0.8, 32, 8), (0.7, 42, 6), (0.5, 85, 3)] {
            let banding = Banding::for_threshold(t, 0.99, 256).expect("valid");
            assert_eq!((banding.bands, banding.rows), (bands, rows), "t = {t}");
        }
        let whole = Banding::for_threshold(1.0, 0.99, 256).expect("valid");
        assert_eq!((whole.bands, whole.rows), (1, 256));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (t, recall, k) in [
            (0.0, 0.99, 256),
            (-0.5, 0.99, 256),
            (1.5, 0.99, 256),
            (f64::NAN, 0.99, 256),
            (0.8, 1.0, 256),
            (0.8, 0.0, 256),
            (0.8, f64::NAN, 256),
            (0.01, 0.99, 16),
        ] {
            let error = Banding::for_threshold(t, recall, k).expect_err("invalid");
            assert_eq!(error.kind(), ErrorKind::Config, "{t} {recall} {k}");
        }
    }

    proptest! {
        #[test]
        fn no_more_rows_would_do(t in 0.1f64..=1.0, recall in 0.5f64..0.9999, size in 4u32..=12) {
            let k = 1 << size;
            if let Ok(banding) = Banding::for_threshold(t, recall, k) {
                prop_assert!(banding.bands * banding.rows <= k);
                prop_assert!(banding.probability(t) >= recall);
                if banding.rows < k {
                    let rows = banding.rows + 1;
                    let steeper = Banding { bands: k / rows, rows };
                    prop_assert!(steeper.probability(t) < recall);
                }
            } else {
                let flattest = Banding { bands: k, rows: 1 };
                prop_assert!(flattest.probability(t) < recall);
            }
        }

        #[test]
        fn a_key_depends_on_its_band_and_all_of_its_rows(
            registers in prop::collection::vec(any::<u64>(), 64),
            changed in 0usize..64,
        ) {
            let banding = Banding { bands: 8, rows: 7 };
            let keys = banding.keys(&registers);
            prop_assert_eq!(keys.len(), 8);
            let mut others = registers.clone();
            others[changed] ^= 1;
            for (band, (ours, theirs)) in keys.iter().zip(banding.keys(&others)).enumerate() {
                prop_assert_eq!(*ours != theirs, changed / 7 == band);
            }
            let uniform = banding.keys(&[7; 64]);
            prop_assert_ne!(uniform[0], uniform[1]);
        }
    }

    #[test]
    fn golden_keys() {
        let registers: Vec<u64> = (1..=16u64).map(finalise).collect();
        let keys = Banding { bands: 2, rows: 8 }.keys(&registers);
        assert_eq!(*keys, [0, 0]);
    }
}
