//! Leaving out records whose key no other record has, before they are sorted.
//!
//! Idea: a [table](super::recurring) tells which keys recur, with a few too many.
//!
//! Cost: a tenth of what sorting costs; 2 to 4 bytes a record for as long as it takes.

use rayon::prelude::*;

use super::Record;
use super::recurring::Recurring;
use crate::sift::sift;

/// Slices shorter than this are sorted as quickly as they are looked through.
const SHORT: usize = 1 << 12;

/// Takes out most of the records that are alone with their key, whose bits must be mixed well;
/// never one that is not.
pub(super) fn leave_out_lone<R: Record>(records: &mut Vec<R>) {
    if records.len() < SHORT {
        return;
    }
    let recurring = Recurring::new(records.len() as u64, usize::MAX);
    records.par_iter().with_min_len(SHORT).for_each(|record| recurring.see(record.key()));
    sift(records, |record| recurring.recurs(record.key()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::finalise;
    use crate::spill::record;

    record! {
        /// A key and who has it.
        Keyed { key: u64, by: u32 }
        key(keyed) = keyed.key
    }

    #[test]
    fn what_recurs_stays_and_most_of_the_rest_goes() {
        for keys in [3, 5000, 40_000] {
            let lone = (0..40_000u64).map(|i| Keyed { key: finalise(1 << 40 | i), by: u32::MAX });
            let recurring = (0..2 * keys).map(|i| Keyed { key: finalise(i % keys), by: i as u32 });
            let expected: Vec<Keyed> = recurring.clone().collect();
            let mut records: Vec<Keyed> = lone.chain(recurring).collect();
            leave_out_lone(&mut records);
            let (lone, recurring): (Vec<Keyed>, Vec<Keyed>) =
                records.into_iter().partition(|keyed| keyed.by == u32::MAX);
            assert_eq!(recurring, expected);
            assert!(lone.len() < 8000, "{} lone ones stay", lone.len());
        }
    }
}
