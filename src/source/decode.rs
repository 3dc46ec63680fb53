//! From bytes to UTF-8: decompression by magic bytes, then decoding by byte-order mark or label.
//!
//! Names say nothing about compression (a `.gz` that was unpacked in passing is plain text), so
//! the first four bytes decide: gzip (RFC 1952, any number of members, as `WARC` and `bgzip` files
//! need) or Zstandard (RFC 8878, any number of frames, skippable ones too). Both run as streams.
//!
//! A byte-order mark beats the stated encoding, as browsers do. UTF-8 passes through untouched,
//! its mark included, so offsets are offsets of the (decompressed) file; any other encoding is
//! decoded without its mark, and offsets count bytes of the decoded text. A web archive passes
//! through whatever was stated: its lengths count bytes, and each record has an encoding of its own.

use std::fmt;
use std::io::{self, BufReader, Cursor, Read};

use encoding_rs::{DecoderResult, Encoding, UTF_8};
use flate2::bufread::MultiGzDecoder;

use super::sink::{Stopped, interrupted};
use crate::error::{Error, ErrorKind};

/// A stream of bytes that may move to another thread.
pub(crate) type Stream<'a> = Box<dyn Read + Send + 'a>;

/// The UTF-8 byte-order mark.
pub(crate) const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// Bytes read at a time from compressed files.
const COMPRESSED_BLOCK: usize = 256 << 10;

/// Bytes decoded at a time.
const DECODE_BLOCK: usize = 64 << 10;

/// Largest window (as a power of two) that Zstandard frames may ask for: `zstd --long=31` dumps.
const ZSTD_WINDOW_LOG: u32 = 31;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// The ending of names of such files.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    /// The compression that the first bytes of a file announce.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match *head {
            [0x1F, 0x8B, 0x08, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// The encoding that a byte-order mark announces.
pub(crate) fn encoding_by_mark(head: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_bom(head).map(|(encoding, _)| encoding)
}

/// Whether a file that begins with `head` is a web archive.
pub(crate) fn begins_as_archive(head: &[u8]) -> bool {
    head.strip_prefix(b"WARC/")
        .is_some_and(|version| version.first().is_some_and(u8::is_ascii_digit))
}

/// A file decompressed and decoded to UTF-8 as it is read.
pub(crate) struct Opened<'a> {
    pub(crate) reader: Stream<'a>,
    pub(crate) compressed: bool,
    /// Name of the encoding it was decoded from, unless the bytes are passed through.
    pub(crate) encoding: Option<&'static str>,
}

/// The stream without its compression.
pub(crate) fn decompress(
    raw: Stream<'_>,
    compression: Option<Compression>,
) -> io::Result<Stream<'_>> {
    Ok(match compression {
        None => raw,
        Some(Compression::Gzip) => {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(COMPRESSED_BLOCK, raw)))
        }
        Some(Compression::Zstd) => {
            let buffered = BufReader::with_capacity(COMPRESSED_BLOCK, raw);
            let mut decoder = zstd::Decoder::with_buffer(buffered)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
    })
}

/// Sets up decompression and decoding.
pub(crate) fn open<'a>(
    raw: Stream<'a>,
    stated: Option<&'static Encoding>,
) -> io::Result<Opened<'a>> {
    let (head, raw) = peek(raw, 4)?;
    let compression = Compression::of(&head);
    let plain = decompress(raw, compression)?;
    let (head, plain) = peek(plain, 6)?;
    let stated = stated.filter(|_| !begins_as_archive(&head));
    let encoding = encoding_by_mark(&head).or(stated).filter(|&encoding| encoding != UTF_8);
    let reader = match encoding {
        None => plain,
        Some(encoding) => Box::new(Transcoder::new(plain, encoding)),
    };
    let compressed = compression.is_some();
    Ok(Opened { reader, compressed, encoding: encoding.map(Encoding::name) })
}

/// The first bytes of a stream, and the stream from its start. What cannot be read is left for
/// the stream's reader to find, so that what stands before the damage is not lost.
pub(crate) fn peek(mut reader: Stream<'_>, bytes: u64) -> io::Result<(Vec<u8>, Stream<'_>)> {
    let mut head = Vec::new();
    let result = reader.by_ref().take(bytes).read_to_end(&mut head);
    let start = Cursor::new(head.clone());
    match result {
        Ok(_) => Ok((head, Box::new(start.chain(reader)))),
        Err(error) if head.is_empty() => Err(error),
        Err(error) => Ok((head, Box::new(start.chain(Failing(Some(error)))))),
    }
}

/// A stream that ends in an error.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Decodes a stream to UTF-8.
struct Transcoder<R> {
    reader: R,
    encoding: &'static Encoding,
    decoder: encoding_rs::Decoder,
    input: Vec<u8>,
    consumed: usize,
    at_end: bool,
    finished: bool,
    output: Vec<u8>,
    delivered: usize,
    /// Bytes of the stream before `input`.
    position: u64,
    failure: Option<io::Error>,
}

impl<R: Read> Transcoder<R> {
    fn new(reader: R, encoding: &'static Encoding) -> Self {
        Self {
            reader,
            encoding,
            decoder: encoding.new_decoder_with_bom_removal(),
            input: Vec::new(),
            consumed: 0,
            at_end: false,
            finished: false,
            output: Vec::new(),
            delivered: 0,
            position: 0,
            failure: None,
        }
    }

    /// Fills `output` with the next decoded bytes; leaves it empty at the end.
    fn decode_more(&mut self) -> io::Result<()> {
        if self.consumed == self.input.len() && !self.at_end {
            self.position += self.input.len() as u64;
            self.input.clear();
            self.consumed = 0;
            let block = DECODE_BLOCK as u64;
            self.at_end = self.reader.by_ref().take(block).read_to_end(&mut self.input)? == 0;
        }
        // No encoding of the standard makes more than 3 bytes of one, or holds more than 4 back.
        self.output.resize(DECODE_BLOCK * 3 + 16, 0);
        let input = &self.input[self.consumed..];
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(input, &mut self.output, self.at_end);
        self.output.truncate(written);
        self.delivered = 0;
        self.consumed += read;
        match result {
            DecoderResult::InputEmpty => self.finished = self.at_end,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                let end = self.position + self.consumed as u64;
                let byte = end.saturating_sub(u64::from(length) + u64::from(after));
                let malformed = Malformed { byte, encoding: self.encoding.name() };
                self.failure = Some(io::Error::new(io::ErrorKind::InvalidData, malformed));
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.delivered == self.output.len() {
            if let Some(error) = self.failure.take() {
                self.finished = true;
                self.output.clear();
                self.delivered = 0;
                return Err(error);
            }
            if self.finished {
                return Ok(0);
            }
            self.decode_more()?;
        }
        let ready = &self.output[self.delivered..];
        let count = ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ready[..count]);
        self.delivered += count;
        Ok(count)
    }
}

/// Bytes that mean nothing in the encoding.
#[derive(Debug)]
struct Malformed {
    byte: u64,
    encoding: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes that are not {} at byte {}", self.encoding, self.byte)
    }
}

impl std::error::Error for Malformed {}

/// What a failure to read a stream of [`open`] means.
pub(crate) fn stream_error(error: io::Error, compressed: bool, path: &str) -> Error {
    let malformed = error.get_ref().and_then(|inner| inner.downcast_ref::<Malformed>());
    if let Some(malformed) = malformed {
        return Error::new(ErrorKind::Encoding, malformed.to_string())
            .expected(format!("{} text throughout", malformed.encoding))
            .remedy("state its encoding with --encoding, or convert it to UTF-8")
            .at(path);
    }
    if let Some(inner) = error.get_ref()
        && inner.is::<Stopped>()
    {
        return interrupted();
    }
    // Decoders make up their errors; the system's have a number.
    if compressed && error.raw_os_error().is_none() {
        return Error::new(
            ErrorKind::Compression,
            format!("compressed data that is damaged or ends early ({error})"),
        )
        .remedy("fetch or compress the file again")
        .because(error)
        .at(path);
    }
    Error::io("read", path, error)
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_16LE;

    use super::*;

    fn decoded(bytes: &[u8], stated: Option<&'static Encoding>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        open(Box::new(bytes), stated)?.reader.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn long_utf16_decodes_over_block_borders() {
        let text = "naïve 😀 ".repeat(40_000);
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decoded(&bytes, None).expect("valid"), text.as_bytes());
    }

    #[test]
    fn malformed_bytes_are_named_by_position_and_what_precedes_them_is_delivered() {
        let mut bytes: Vec<u8> = "ab".encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.extend([0x00, 0xDC, b'c', 0]);
        let mut opened = open(Box::new(&bytes[..]), Some(UTF_16LE)).expect("opens");
        let mut out = Vec::new();
        let error = opened.reader.read_to_end(&mut out).expect_err("a lone surrogate");
        assert_eq!(out, b"ab");
        let error = stream_error(error, false, "f.txt");
        assert_eq!(error.kind(), ErrorKind::Encoding);
        assert!(error.to_string().contains("at byte 4"), "{error}");
    }

    #[test]
    fn a_mark_beats_the_stated_encoding_and_utf8_keeps_its_mark() {
        let bytes = b"\xEF\xBB\xBFna\xC3\xAFve";
        assert_eq!(decoded(bytes, Some(encoding_rs::WINDOWS_1252)).expect("valid"), bytes);
        let latin = b"na\xEFve";
        let text = decoded(latin, Some(encoding_rs::WINDOWS_1252)).expect("valid");
        assert_eq!(text, "naïve".as_bytes());
    }
}
