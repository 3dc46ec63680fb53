//! Decompression by what the bytes are, never by what the file is called.
//!
//! Gzip of one or many members and zstd of one or many frames are recognised by their first
//! bytes. A [`Stream`] can be looked into before it is read, and what cannot be read any more
//! comes as an error only after everything before it has been delivered.

use std::io::{self, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::Progress;
use crate::error::{Error, ErrorKind};

/// Gzip: RFC 1952, section 2.3.1, with the only compression method there is.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];

/// Zstandard: RFC 8878, section 3.1.1.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bits of the largest zstd window accepted: what `zstd --long=31` writes.
const WINDOW_BITS: u32 = 31;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    fn of(head: &[u8]) -> Self {
        // A zstd file may begin with a skippable frame (RFC 8878, section 3.1.2).
        let skippable =
            head.len() >= 4 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18];
        if head.starts_with(&GZIP) {
            Self::Gzip
        } else if head.starts_with(&ZSTD) || skippable {
            Self::Zstd
        } else {
            Self::None
        }
    }
}

/// Decompressed bytes that can be looked at before they are read.
pub(super) struct Stream<'a> {
    inner: Box<dyn Read + Send + 'a>,
    head: Cursor<Vec<u8>>,
    compression: Compression,
    /// The error that looking ahead met, kept until reading gets there.
    pending: Option<io::Error>,
}

impl<'a> Stream<'a> {
    /// Recognises the compression of `raw` and undoes it. Errors come when it is read.
    pub(super) fn new(raw: Box<dyn Read + Send + 'a>, progress: &'a dyn Progress) -> Self {
        let mut raw = Self::plain(Box::new(Counted { inner: raw, progress }));
        match Compression::of(raw.peek(4)) {
            Compression::None => raw,
            Compression::Gzip => Self {
                compression: Compression::Gzip,
                ..Self::plain(Box::new(MultiGzDecoder::new(raw)))
            },
            Compression::Zstd => {
                let decoder = zstd::stream::read::Decoder::new(raw).and_then(|mut decoder| {
                    decoder.window_log_max(WINDOW_BITS)?;
                    Ok(decoder)
                });
                match decoder {
                    Ok(decoder) => {
                        Self { compression: Compression::Zstd, ..Self::plain(Box::new(decoder)) }
                    }
                    Err(error) => Self {
                        compression: Compression::Zstd,
                        pending: Some(error),
                        ..Self::plain(Box::new(io::empty()))
                    },
                }
            }
        }
    }

    fn plain(inner: Box<dyn Read + Send + 'a>) -> Self {
        Self { inner, head: Cursor::default(), compression: Compression::None, pending: None }
    }

    /// Bytes in memory as a stream.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self { head: Cursor::new(bytes), ..Self::plain(Box::new(io::empty())) }
    }

    /// The next `count` bytes, fewer at the end or before damage; they are still there to read.
    pub(super) fn peek(&mut self, count: usize) -> &[u8] {
        let have = self.head.get_ref().len() - self.head.position() as usize;
        if have < count && self.pending.is_none() {
            let more = (count - have) as u64;
            let result = self.inner.by_ref().take(more).read_to_end(self.head.get_mut());
            self.pending = result.err();
        }
        let ahead = &self.head.get_ref()[self.head.position() as usize..];
        &ahead[..count.min(ahead.len())]
    }

    /// Passes over bytes that were looked at.
    pub(super) fn skip_peeked(&mut self, count: usize) {
        let end = self.head.get_ref().len() as u64;
        self.head.set_position((self.head.position() + count as u64).min(end));
    }

    /// What a failure to read this stream means, for a file at `path`.
    pub(super) fn explain(&self, path: &Path, error: io::Error) -> Error {
        let name = match self.compression {
            Compression::None => return Error::io("read", path, error),
            _ if error.raw_os_error().is_some() => return Error::io("read", path, error),
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        };
        let found = if error.kind() == io::ErrorKind::UnexpectedEof {
            format!("{name} data that end too early")
        } else {
            format!("damaged {name} data ({error})")
        };
        Error::new(ErrorKind::Compression, found)
            .expected("a whole file")
            .remedy("fetch or compress it again")
            .at(path)
            .because(error)
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.head.read(into)? {
            0 if into.is_empty() => Ok(0),
            0 => match self.pending.take() {
                Some(error) => Err(error),
                None => self.inner.read(into),
            },
            count => Ok(count),
        }
    }
}

/// Tells how many bytes pass.
struct Counted<'a> {
    inner: Box<dyn Read + Send + 'a>,
    progress: &'a dyn Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.progress.advance(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn stream(bytes: &[u8]) -> Stream<'_> {
        Stream::new(Box::new(bytes), &|_| {})
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    #[test]
    fn members_and_frames_are_joined() {
        let members = [gzip("one "), gzip("two")].concat();
        let frames = [b"one ", &b"two"[..]].map(|part| zstd::encode_all(part, 1).expect("fits"));
        let skippable =
            [&[0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9], &frames.concat()[..]].concat();
        for bytes in [members, frames.concat(), skippable, b"one two".to_vec()] {
            let mut stream = stream(&bytes);
            assert_eq!(stream.peek(2), b"on");
            assert_eq!(stream.peek(6), b"one tw");
            assert_eq!(stream.peek(60), b"one two");
            assert_eq!(io::read_to_string(stream).expect("whole"), "one two");
        }
    }

    #[test]
    fn damage_comes_after_what_is_whole() {
        let text = "words and more words ".repeat(5000);
        for mut bytes in [gzip(&text), zstd::encode_all(text.as_bytes(), 1).expect("fits")] {
            bytes.truncate(bytes.len() - 9);
            let mut stream = stream(&bytes);
            stream.peek(1 << 30);
            let mut delivered = Vec::new();
            let error = stream.read_to_end(&mut delivered).expect_err("cut short");
            assert!(text.as_bytes().starts_with(&delivered));
            let error = stream.explain(Path::new("a.gz"), error);
            assert_eq!(error.kind(), ErrorKind::Compression);
            assert!(error.to_string().contains("end too early"), "{error}");
        }
    }
}
