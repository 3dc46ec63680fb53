//! A gzip file as a chain of members, for what copies members as they are.
//!
//! Idea: the members are decompressed as one stream, and from a chosen place on the compressed
//! bytes are kept beside it. If that place is the start of a member and the stream has come to the
//! end of one, those bytes are what was read since, whole. Web archives mostly have a member a
//! record; `bgzip` begins a new one every 64 kilobytes whatever stands there; a file that was
//! compressed as a whole is one member.
//!
//! Cost: that of decompression. Memory: the compressed bytes since the chosen place, if a member
//! began there.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Bytes that are decompressed at a time.
const STRETCH: usize = 1 << 16;

/// Reads the members of a gzip file one after another.
pub(super) struct Members<R> {
    /// Within a member.
    decoder: Option<GzDecoder<Recording<R>>>,
    /// Between two members, and at the end.
    rest: Option<Recording<R>>,
    plain: Vec<u8>,
    /// How much of that there is, and how much was taken.
    length: usize,
    at: usize,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(reader: R) -> Self {
        let rest = Some(Recording { reader, taken: None });
        Self { decoder: None, rest, plain: vec![0; STRETCH], length: 0, at: 0 }
    }

    /// Keeps compressed bytes from here on, if no member goes on here.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        self.is_between()?;
        if let Some(rest) = &mut self.rest {
            rest.taken.get_or_insert_default().clear();
        } else if let Some(decoder) = &mut self.decoder {
            decoder.get_mut().taken = None;
        }
        Ok(())
    }

    /// The compressed bytes since then, if they were kept and no member goes on here.
    pub(super) fn whole(&mut self) -> io::Result<Option<&[u8]>> {
        self.is_between()?;
        Ok(self.rest.as_ref().and_then(|rest| rest.taken.as_deref()))
    }

    /// Whether what was taken ends with a member.
    fn is_between(&mut self) -> io::Result<bool> {
        if self.at < self.length {
            return Ok(false);
        }
        if let Some(decoder) = &mut self.decoder {
            self.at = 0;
            self.length = 0;
            self.length = decoder.read(&mut self.plain)?;
            if self.length == 0 {
                self.rest = self.decoder.take().map(GzDecoder::into_inner);
            }
        }
        Ok(self.rest.is_some())
    }

    /// Goes on to the next member; whether there is one.
    fn enter(&mut self) -> io::Result<bool> {
        if let Some(rest) = &mut self.rest
            && rest.fill_buf()?.is_empty()
        {
            return Ok(false);
        }
        self.decoder = self.rest.take().map(GzDecoder::new);
        Ok(true)
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        take(self, buffer)
    }
}

impl<R: BufRead> BufRead for Members<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.is_between()? && self.enter()? {}
        Ok(&self.plain[self.at..self.length])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}

/// Reads by way of what is buffered.
fn take(reader: &mut impl BufRead, buffer: &mut [u8]) -> io::Result<usize> {
    let count = reader.fill_buf()?.read(buffer)?;
    reader.consume(count);
    Ok(count)
}

/// A reader that keeps what is taken from it, when that is wanted.
struct Recording<R> {
    reader: R,
    taken: Option<Vec<u8>>,
}

impl<R: BufRead> Read for Recording<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        take(self, buffer)
    }
}

impl<R: BufRead> BufRead for Recording<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // What is consumed has been filled: looking again reads nothing.
        if let Some(taken) = &mut self.taken
            && let Ok(ready) = self.reader.fill_buf()
        {
            taken.extend_from_slice(&ready[..count.min(ready.len())]);
        }
        self.reader.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn member(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("in memory");
        encoder.finish().expect("in memory")
    }

    proptest! {
        #[test]
        fn pieces_that_are_members_are_known_as_such(
            members in prop::collection::vec(0_usize..5, 1..12),
            pieces in prop::collection::vec(1_usize..7, 1..12),
        ) {
            let plain: Vec<u8> = (0..).take(members.iter().sum()).collect();
            let (mut file, mut ends, mut at) = (Vec::new(), vec![(0, 0)], 0);
            for size in members {
                file.extend(member(&plain[at..at + size]));
                at += size;
                ends.push((at, file.len()));
            }
            // Of members that are empty, those at the start of a piece belong to it.
            let first = |at: usize| ends.iter().find(|end| end.0 == at).map(|end| end.1);
            let mut reader = Members::new(&file[..]);
            let mut from = 0;
            for size in pieces.into_iter().cycle() {
                reader.begin().expect("whole");
                let mut piece = Vec::new();
                (&mut reader).take(size as u64).read_to_end(&mut piece).expect("whole");
                if piece.is_empty() {
                    break;
                }
                let to = from + piece.len();
                prop_assert_eq!(&piece[..], &plain[from..to]);
                let found = reader.whole().expect("whole").map(<[u8]>::to_vec);
                // A piece that is cut short has looked for more, and taken what is empty.
                if piece.len() == size {
                    let expected = first(from).zip(first(to)).map(|(start, end)| &file[start..end]);
                    prop_assert_eq!(found.as_deref(), expected);
                }
                from = to;
            }
            prop_assert_eq!(from, plain.len());
        }
    }

    #[test]
    fn nothing_is_kept_of_a_member_that_goes_on() {
        let file = member(&vec![b'x'; 1 << 20]);
        let mut reader = Members::new(&file[..]);
        for _ in 0..4 {
            reader.begin().expect("whole");
            io::copy(&mut (&mut reader).take(200_000), &mut io::sink()).expect("whole");
            assert_eq!(reader.whole().expect("whole"), None);
        }
        let kept = |decoder: &GzDecoder<Recording<_>>| decoder.get_ref().taken.is_some();
        assert_eq!(reader.decoder.as_ref().map(kept), Some(false));
    }
}
