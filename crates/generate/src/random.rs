//! Random numbers: xoshiro256++ seeded through `SplitMix64`.
//!
//! Own code of forty lines, since the values have to stay the same for years and the generator
//! crates reserve the right to change theirs. All draws are whole numbers; a share is drawn as a
//! whole number below a power of two.
//!
//! Cost: about one nanosecond a draw. Source: Blackman and Vigna, *Scrambled linear pseudorandom
//! number generators*, 2021; Steele, Lea and Flood, *Fast splittable pseudorandom number
//! generators*, 2014 (`SplitMix64`); Lemire, *Fast random integer generation in an interval*, 2019.

/// One step of `SplitMix64`: a bijection of 64-bit numbers that mixes well.
#[must_use]
pub const fn split_mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A stream of random numbers.
///
/// ```
/// use doublet_generate::random::Random;
/// let mut dice = Random::new(1);
/// assert!((0..100).all(|_| dice.below(6) < 6));
/// ```
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        let mut state = [0; 4];
        let mut i = 0;
        while i < 4 {
            state[i] =
                split_mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(i as u64)));
            i += 1;
        }
        Self { state }
    }

    /// The stream of number `index` in the family of a seed: streams of different numbers have
    /// nothing to do with one another, so parts can be made in any order.
    #[must_use]
    pub const fn stream(seed: u64, index: u64) -> Self {
        Self::new(split_mix(seed) ^ split_mix(index ^ 0x5851_f42d_4c95_7f2d))
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let c2 = c ^ a;
        let d2 = d ^ b;
        self.state = [a ^ d2, b ^ c2, c2 ^ (b << 17), d2.rotate_left(45)];
        result
    }

    /// A number below `bound` (0 if `bound` is 0). The bias is below `bound`/2⁶⁴.
    pub const fn below(&mut self, bound: usize) -> usize {
        ((self.bits() as u128 * bound as u128) >> 64) as usize
    }

    /// A number of `low..=high`.
    pub const fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True `times` times in `of`.
    pub const fn chance(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }

    /// An element, or `None` of nothing.
    pub fn choose<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// Puts the elements into random order (Fisher–Yates).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            values.swap(i, self.below(i + 1));
        }
    }

    /// A number with mean 0 and variance 1, near a normal one: the sum of twelve uniform draws
    /// less six (Irwin–Hall), which needs no logarithm and never exceeds 6.
    pub fn normal(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| self.bits() >> 12).sum();
        sum as f64 / (1u64 << 52) as f64 - 6.0
    }
}

/// `e` to the power of `x`, equal to the last bit on every platform: additions, multiplications
/// and divisions of IEEE numbers alone. Relative error below 10⁻¹² for |x| ≤ 30.
#[must_use]
pub fn exponential(x: f64) -> f64 {
    // e^x = (e^(x/64))^64; the series of the small power ends after a few terms.
    let small = x / 64.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 1..16u32 {
        term = term * small / f64::from(n);
        sum += term;
    }
    for _ in 0..6 {
        sum *= sum;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_frozen() {
        let mut random = Random::new(0);
        let values: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(
            values,
            [5_987_356_902_031_041_503, 7_051_070_477_665_621_255, 6_633_766_593_972_829_180]
        );
        assert_ne!(Random::stream(1, 2).bits(), Random::stream(2, 1).bits());
    }

    #[test]
    fn draws_are_uniform() {
        let mut random = Random::new(3);
        let mut counts = [0u32; 10];
        for _ in 0..100_000 {
            counts[random.below(10)] += 1;
        }
        // Six standard deviations of a count are 570.
        assert!(counts.iter().all(|&c| c.abs_diff(10_000) < 570), "{counts:?}");
    }

    #[test]
    fn normal_has_its_moments() {
        let mut random = Random::new(4);
        let draws: Vec<f64> = (0..100_000).map(|_| random.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
    }

    #[test]
    fn exponential_is_one() {
        for x in [-12.5f64, -1.0, 0.0, 0.3, 1.0, 7.42, 30.0] {
            let error = (exponential(x) / x.exp() - 1.0).abs();
            assert!(error < 1e-12, "{x}: {error}");
        }
    }

    #[test]
    fn shuffling_keeps_all() {
        let mut values: Vec<usize> = (0..50).collect();
        Random::new(5).shuffle(&mut values);
        assert_ne!(values, (0..50).collect::<Vec<_>>());
        values.sort_unstable();
        assert_eq!(values, (0..50).collect::<Vec<_>>());
    }
}
