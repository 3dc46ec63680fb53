//! Leaving out records whose key no other record has, before they are sorted.
//!
//! Idea: two bits for each place of a table, *seen* and *seen again*. A key that was seen once is
//! alone; one that was seen again is not, or fell on the place of another, and stays.
//!
//! Cost: a tenth of what sorting costs; 2 to 4 bytes a record for as long as it takes.

use super::Record;

/// Slices shorter than this are sorted as quickly as they are looked through.
const SHORT: usize = 1 << 12;

/// Takes out most of the records that are alone with their key, whose bits must be mixed well;
/// never one that is not.
pub(super) fn leave_out_lone<R: Record>(records: &mut Vec<R>) {
    if records.len() < SHORT {
        return;
    }
    // Eight places a record at least: with all different one in eight stays.
    let bits = (8 * records.len()).next_power_of_two().ilog2();
    let mut seen = vec![0u64; 1 << (bits - 5)];
    let place = |key: u64| {
        let place = key >> (u64::BITS - bits);
        ((place >> 5) as usize, 1u64 << (2 * (place & 31)))
    };
    for record in &*records {
        let (word, once) = place(record.key());
        // A carry: what was seen once is seen again.
        let again = (seen[word] & once) << 1;
        seen[word] |= once | again;
    }
    records.retain(|record| {
        let (word, once) = place(record.key());
        seen[word] & (once << 1) != 0
    });
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
