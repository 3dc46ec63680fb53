//! Keeping those of many that pass a test whose outcome nobody can foresee.
//!
//! Idea: each is written to the place after those that were kept, and the place moves on if it
//! passes. Without a branch nothing is guessed wrong, and look-ups that the tests make wait for
//! memory together.
//!
//! Cost: a copy of each, besides the tests.

/// Keeps those that pass, in order.
pub(crate) fn sift<T: Copy>(all: &mut Vec<T>, passes: impl Fn(&T) -> bool) {
    let mut kept = 0;
    for at in 0..all.len() {
        let one = all[at];
        all[kept] = one;
        kept += usize::from(passes(&one));
    }
    all.truncate(kept);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keeps_what_retain_keeps(all in prop::collection::vec(any::<u8>(), 0..60), most: u8) {
            let (mut sifted, mut expected) = (all.clone(), all);
            sift(&mut sifted, |&one| one <= most);
            expected.retain(|&one| one <= most);
            prop_assert_eq!(sifted, expected);
        }
    }
}
