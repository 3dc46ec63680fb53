//! Which positions of a collection lie in exact repeats: the oracle that finders of passages are
//! held against.
//!
//! Documents are put one after another with a separator of its own after each, so that no repeat
//! crosses a border. In the suffix array two neighbours share their longest prefix with each other;
//! a position repeats for at least `length` positions exactly if it does with a neighbour.
//!
//! Cost: some 20 MB/s for bytes; 12 bytes a position. Source: Kasai and others, *Linear-time
//! longest-common-prefix computation in suffix arrays*, 2001; Kärkkäinen, Manzini and Puglisi,
//! *Permuted longest-common-prefix array*, 2009; libsais (Grebnov).

#![allow(clippy::cast_possible_wrap, reason = "positions and ranks are checked against i32")]

use std::fmt;

use libsais::SuffixArrayConstruction;

/// The suffix array could not be made: more than 2³¹ positions, or too little memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepeatError;

impl fmt::Display for RepeatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the suffix array could not be made: the input is too large")
    }
}

impl std::error::Error for RepeatError {}

/// For every token of every document, whether it lies in a run of at least `length` tokens that
/// stands twice or more, in one document or in two. The two places may overlap.
///
/// ```
/// use doublet_generate::repeats::repeated_tokens;
/// let documents = [vec![1, 2, 3, 4], vec![9, 2, 3, 4, 9]];
/// let marks = repeated_tokens(&documents, 3).unwrap();
/// assert_eq!(marks[0], [false, true, true, true]);
/// assert_eq!(marks[1], [false, true, true, true, false]);
/// ```
pub fn repeated_tokens(
    documents: &[impl AsRef<[u32]>],
    length: usize,
) -> Result<Vec<Vec<bool>>, RepeatError> {
    let marks = repeated_ranks(&mut join(documents)?, length)?;
    let mut rest = marks.as_slice();
    Ok(documents
        .iter()
        .map(|document| {
            let (own, after) = rest.split_at(document.as_ref().len());
            rest = &after[1..];
            own.to_vec()
        })
        .collect())
}

/// Documents one after another, tokens numbered from the number of documents on, each document with
/// its own number after it as a separator.
pub fn join(documents: &[impl AsRef<[u32]>]) -> Result<Vec<i32>, RepeatError> {
    let documents: Vec<&[u32]> = documents.iter().map(AsRef::as_ref).collect();
    let mut alphabet: Vec<u32> = documents.concat();
    alphabet.sort_unstable();
    alphabet.dedup();
    let size: usize = documents.iter().map(|document| document.len() + 1).sum();
    if i32::try_from(size + alphabet.len()).is_err() {
        return Err(RepeatError);
    }
    let mut text: Vec<i32> = Vec::with_capacity(size);
    for (separator, document) in documents.iter().enumerate() {
        let rank = |token: &u32| alphabet.partition_point(|known| known < token) + documents.len();
        text.extend(document.iter().map(|token| rank(token) as i32));
        text.push(separator as i32);
    }
    Ok(text)
}

/// [`repeated_tokens`] of documents that [`join`] has put together, separators included. The text
/// is worked on in place and left as it was.
pub fn repeated_ranks(text: &mut [i32], length: usize) -> Result<Vec<bool>, RepeatError> {
    let array = SuffixArrayConstruction::for_text_mut(text)
        .in_owned_buffer32()
        .single_threaded()
        .run()
        .map_err(|_| RepeatError)?;
    let array = array.plcp_construction().single_threaded().run().map_err(|_| RepeatError)?;
    Ok(mark(array.suffix_array(), array.plcp(), length))
}

/// For every byte of a text, whether it lies in a run of at least `length` bytes that stands twice
/// or more. No borders: put documents together with zero bytes and repeats may cross them.
pub fn repeated_bytes(text: &[u8], length: usize) -> Result<Vec<bool>, RepeatError> {
    let array = SuffixArrayConstruction::for_text(text)
        .in_owned_buffer32()
        .single_threaded()
        .run()
        .map_err(|_| RepeatError)?;
    let array = array.plcp_construction().single_threaded().run().map_err(|_| RepeatError)?;
    Ok(mark(array.suffix_array(), array.plcp(), length))
}

fn mark(suffixes: &[i32], shared: &[i32], length: usize) -> Vec<bool> {
    let length = i32::try_from(length).unwrap_or(i32::MAX).max(1);
    // Longest repeat that begins at each position.
    let mut longest = vec![0i32; suffixes.len()];
    for pair in suffixes.windows(2) {
        let common = shared[pair[1] as usize];
        if common >= length {
            for &at in pair {
                longest[at as usize] = longest[at as usize].max(common);
            }
        }
    }
    let mut until = 0;
    longest
        .iter()
        .enumerate()
        .map(|(at, &common)| {
            until = until.max(if common > 0 { at + common as usize } else { 0 });
            at < until
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Every pair of positions, token by token.
    fn naive(documents: &[Vec<u32>], length: usize) -> Vec<Vec<bool>> {
        let mut marks: Vec<Vec<bool>> = documents.iter().map(|d| vec![false; d.len()]).collect();
        let places: Vec<(usize, usize)> = documents
            .iter()
            .enumerate()
            .flat_map(|(d, document)| (0..document.len()).map(move |at| (d, at)))
            .collect();
        for &(a, i) in &places {
            for &(b, j) in &places {
                if (a, i) == (b, j) {
                    continue;
                }
                let (left, right) = (&documents[a][i..], &documents[b][j..]);
                let common = left.iter().zip(right).take_while(|(x, y)| x == y).count();
                if common >= length {
                    marks[a][i..i + common].fill(true);
                }
            }
        }
        marks
    }

    #[test]
    fn equals_the_naive_search() {
        let mut random = Random::new(1);
        let mut marked = 0;
        for _ in 0..300 {
            let letters = random.between(1, 6);
            let documents: Vec<Vec<u32>> = (0..random.below(5))
                .map(|_| {
                    (0..random.below(30)).map(|_| u32::MAX - random.below(letters) as u32).collect()
                })
                .collect();
            let length = random.between(1, 8);
            let found = repeated_tokens(&documents, length).expect("small");
            assert_eq!(found, naive(&documents, length), "{documents:?} from {length}");
            marked += found.iter().flatten().filter(|&&mark| mark).count();
        }
        assert!(marked > 1_000, "{marked}");
    }

    #[test]
    fn bytes_equal_the_naive_search() {
        let mut random = Random::new(2);
        for _ in 0..200 {
            let text: Vec<u8> =
                (0..random.below(60)).map(|_| b'a' + random.below(3) as u8).collect();
            let wide = vec![text.iter().map(|&b| u32::from(b)).collect::<Vec<u32>>()];
            let length = random.between(1, 8);
            let found = repeated_bytes(&text, length).expect("small");
            assert_eq!(found, naive(&wide, length)[0], "{text:?} from {length}");
        }
    }

    #[test]
    fn borders_end_repeats() {
        let documents = [vec![1, 2], vec![3, 4], vec![1, 2], vec![3, 4]];
        let marked = |length| {
            let marks = repeated_tokens(&documents, length).expect("small");
            marks.iter().flatten().filter(|&&mark| mark).count()
        };
        assert_eq!((marked(2), marked(3)), (8, 0));
    }
}
