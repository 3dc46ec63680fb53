//! Whether two words are forms of one word.
//!
//! An alignment counts *pattern* and *patterns*, or *colour* and *color*, as a partial match. The
//! rule is plain on purpose (no dictionary, no language): a shared beginning with short endings,
//! or a single letter's difference.
//!
//! Cost: linear in the words; no allocation.

/// Longest ending in which two forms with a shared beginning may differ, in letters.
const MAX_ENDING: usize = 3;

/// Whether two different normalised words differ by an inflection or by one letter.
///
/// Any of these makes them forms, counted in code points:
/// - they share the first four or more, those are at least two thirds of the longer word, and
///   what is left of either is at most three (*reported*, *reporting*);
/// - both have at least four and one insertion, deletion, substitution or exchange of neighbours
///   turns one into the other (*theatre*, *theater*; *form*, *from*);
/// - one is the other, of at least three, with one more at its end (*car*, *cars*).
///
/// Words whose digits differ are never forms: 2013 is not nearly 2014. A word is no form of
/// itself. Words are compared as they are given; [`normalized`](super::normalized) makes them
/// comparable.
///
/// ```
/// use doublet::text::is_form_of;
/// assert!(is_form_of("pattern", "patterns"));
/// assert!(!is_form_of("2013", "2014"));
/// assert!(!is_form_of("cat", "bat"));
/// ```
#[must_use]
pub fn is_form_of(a: &str, b: &str) -> bool {
    // The shared beginning, then the shared ending of what is left.
    let prefix_bytes: usize =
        a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (prefix, rest_a) = a.split_at(prefix_bytes);
    let rest_b = &b[prefix_bytes..];
    if rest_a.is_empty() && rest_b.is_empty() {
        return false;
    }
    let (rest_a_len, rest_b_len) = (rest_a.chars().count(), rest_b.chars().count());
    let prefix_len = prefix.chars().count();
    let (len_a, len_b) = (prefix_len + rest_a_len, prefix_len + rest_b_len);
    let (shorter, longer) = (len_a.min(len_b), len_a.max(len_b));
    if longer - shorter > MAX_ENDING || numbers_differ(rest_a, rest_b) {
        return false;
    }
    let inflected = prefix_len >= 4
        && 3 * prefix_len >= 2 * longer
        && rest_a_len <= MAX_ENDING
        && rest_b_len <= MAX_ENDING;
    let appended = shorter >= 3 && shorter == prefix_len && longer == shorter + 1;
    inflected || appended || (shorter >= 4 && one_edit(rest_a, rest_b))
}

/// Whether the digits of two words differ, given what is left behind their shared beginning.
fn numbers_differ(rest_a: &str, rest_b: &str) -> bool {
    let digits_a = rest_a.chars().filter(|c| c.is_numeric());
    digits_a.ne(rest_b.chars().filter(|c| c.is_numeric()))
}

/// Whether one edit turns one into the other; the first letters differ.
fn one_edit(a: &str, b: &str) -> bool {
    let suffix_bytes: usize = a
        .chars()
        .rev()
        .zip(b.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let a = &a[..a.len() - suffix_bytes];
    let b = &b[..b.len() - suffix_bytes];
    let mut left = (a.chars(), b.chars());
    match (left.0.next(), left.0.next(), left.1.next(), left.1.next()) {
        // One letter against one or none.
        (_, None, _, None) => true,
        (Some(a1), Some(a2), Some(b1), Some(b2)) => {
            a1 == b2 && a2 == b1 && left.0.next().is_none() && left.1.next().is_none()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_and_other_words() {
        for (a, b, expected) in [
            ("pattern", "patterns", true),
            ("reported", "reporting", true),
            ("country", "countries", true),
            ("china", "china's", true),
            ("color", "colour", true),
            ("theater", "theatre", true),
            ("form", "from", true),
            ("their", "thier", true),
            ("organise", "organize", true),
            ("car", "cars", true),
            ("naïve", "naive", true),
            ("maßen", "massen", false),
            ("word", "word", false),
            ("", "", false),
            ("", "a", false),
            ("at", "ate", false),
            ("cat", "bat", false),
            ("run", "ran", false),
            ("inter", "international", false),
            ("constitution", "constitutional", true),
            ("internet", "international", false),
            ("2013", "2014", false),
            ("1990s", "1980s", false),
            ("1990s", "1990", true),
            ("covid19", "covid", false),
            ("100", "1000", false),
        ] {
            assert_eq!(is_form_of(a, b), expected, "{a} {b}");
            assert_eq!(is_form_of(b, a), expected, "{b} {a}");
        }
    }

    /// Edit distance with exchange of neighbours, the textbook way.
    fn distance(a: &[char], b: &[char]) -> usize {
        let mut d = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                d[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let change = usize::from(a[i - 1] != b[j - 1]);
                    let mut best =
                        (d[i - 1][j] + 1).min(d[i][j - 1] + 1).min(d[i - 1][j - 1] + change);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(d[i - 2][j - 2] + 1);
                    }
                    best
                };
            }
        }
        d[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn equals_the_rule_spelt_out(a in "[abé7]{0,9}", b in "[abé7]{0,9}") {
            let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            let (short, long) = (x.len().min(y.len()), x.len().max(y.len()));
            let shared = x.iter().zip(&y).take_while(|(x, y)| x == y).count();
            let digits = |w: &[char]| w.iter().filter(|c| c.is_numeric()).count();
            let inflected = shared >= 4 && shared * 3 >= long * 2 && long - shared <= 3;
            let edited = short >= 4 && distance(&x, &y) == 1;
            let appended = short >= 3 && shared == short && long == short + 1;
            let expected = a != b && digits(&x) == digits(&y) && (inflected || edited || appended);
            prop_assert_eq!(is_form_of(&a, &b), expected);
        }
    }
}
