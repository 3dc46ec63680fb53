<<<<<<< HEAD
//! Bytes into text: byte order marks, encodings, and what is no text at all.
//!
//! UTF-8 is taken as it stands, a mark at its start included, so that offsets are those of the
//! file. Everything else is decoded, and offsets are those of the decoded text. Nothing is
//! replaced in silence: bytes that mean nothing are an error that says where they are.

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::{memchr, memchr_iter};

use crate::error::{Error, ErrorKind, Result};

/// How much of a file is searched for NUL bytes.
const BINARY_WINDOW: usize = 8 << 10;

/// A text and the encoding it was decoded from, `None` for UTF-8.
pub(super) type Decoded = (String, Option<String>);

/// The encoding that a label of the WHATWG standard names.
pub(super) fn by_label(label: &str) -> Result<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        Error::new(ErrorKind::Config, format!("the encoding \"{label}\"")).expected(
            "a name such as utf-8, utf-16le, windows-1252, iso-8859-15, shift_jis or big5",
        )
    })
}

/// The encoding that a UTF-16 mark at the start announces.
pub(super) fn utf16_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// The text of a file: by its mark, else in the encoding that was named, else UTF-8.
pub(super) fn text(bytes: Vec<u8>, named: Option<&'static Encoding>) -> Result<Decoded> {
    if let Some(encoding) = utf16_mark(&bytes) {
        return decode(&bytes, 2, encoding);
    }
    let marked = bytes.starts_with(&[0xef, 0xbb, 0xbf]);
    let encoding = if marked { UTF_8 } else { named.unwrap_or(UTF_8) };
    if encoding != UTF_16LE && encoding != UTF_16BE {
        refuse_binary(&bytes)?;
    }
    if encoding == UTF_8 {
        let mut text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            malformed(error.as_bytes(), at, UTF_8)
        })?;
        text.shrink_to_fit();
        return Ok((text, None));
    }
    decode(&bytes, 0, encoding)
}

fn refuse_binary(bytes: &[u8]) -> Result<()> {
    let Some(at) = memchr(0, &bytes[..bytes.len().min(BINARY_WINDOW)]) else { return Ok(()) };
    Err(Error::new(ErrorKind::Encoding, format!("binary data (a NUL at byte {at})"))
        .expected("text")
        .remedy("leave such files out with --exclude, or name their encoding with --encoding"))
}

/// Decodes everything from byte `start`, or says where it cannot.
fn decode(bytes: &[u8], start: usize, encoding: &'static Encoding) -> Result<Decoded> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::new();
    let mut position = start;
    loop {
        let rest = &bytes[position..];
        let room = decoder.max_utf8_buffer_length_without_replacement(rest.len());
        text.reserve(room.unwrap_or(rest.len()).clamp(16, 1 << 20));
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        position += read;
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                let at = position.saturating_sub(usize::from(length) + usize::from(after));
                return Err(malformed(bytes, at, encoding));
            }
        }
    }
    text.shrink_to_fit();
    Ok((text, Some(encoding.name().to_owned())))
}

/// The error for bytes from `at` on that mean nothing in an encoding.
pub(super) fn malformed(bytes: &[u8], at: usize, encoding: &'static Encoding) -> Error {
    let line = memchr_iter(b'\n', &bytes[..at]).count() as u64 + 1;
    let byte = bytes.get(at).map_or_else(|| "an end".to_owned(), |byte| format!("0x{byte:02X}"));
    let name = encoding.name();
    let remedy = if encoding == UTF_8 {
        "if it is in another encoding, name it, as in --encoding windows-1252"
    } else {
        "name the encoding it is really in with --encoding"
    };
    Error::new(ErrorKind::Encoding, format!("{byte} at byte {at}, which is not {name}"))
        .expected(name)
        .remedy(remedy)
        .line(line)
=======
//! From bytes to UTF-8: decompression by magic bytes, then decoding by byte-order mark or label.
//!
//! Names say nothing about compression (a `.gz` that was unpacked in passing is plain text), so
//! the first four bytes decide: gzip (RFC 1952, any number of members, as `WARC` and `bgzip` files
//! need) or Zstandard (RFC 8878, any number of frames, skippable ones too). Both run as streams.
//!
//! A byte-order mark beats the stated encoding, as browsers do. UTF-8 passes through untouched,
//! its mark included, so offsets are offsets of the (decompressed) file; any other encoding is
//! decoded without its mark, and offsets count bytes of the decoded text.

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

/// A file decompressed and decoded to UTF-8 as it is read.
pub(crate) struct Opened<'a> {
    pub(crate) reader: Stream<'a>,
    pub(crate) compressed: bool,
    /// Name of the encoding it was decoded from, unless the bytes are passed through.
    pub(crate) encoding: Option<&'static str>,
}

/// Sets up decompression and decoding.
pub(crate) fn open<'a>(
    raw: Stream<'a>,
    stated: Option<&'static Encoding>,
) -> io::Result<Opened<'a>> {
    let (head, raw) = peek(raw, 4)?;
    let compression = Compression::of(&head);
    let plain: Stream<'a> = match compression {
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
    };
    let (head, plain) = peek(plain, 3)?;
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
    if error.get_ref().is_some_and(|inner| inner.is::<Stopped>()) {
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
>>>>>>> report
}

#[cfg(test)]
mod tests {
<<<<<<< HEAD
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn where_bytes_mean_nothing() {
        let error = text(b"one\ntwo \xe9t\xe9".to_vec(), None).expect_err("latin-1");
        assert_eq!(error.line_number(), Some(2));
        assert!(error.message().contains("0xE9 at byte 8"), "{error}");
        let error = text(b"one \x81\xff".to_vec(), Some(encoding_rs::SHIFT_JIS)).expect_err("bad");
        assert!(error.message().contains("at byte 4"), "{error}");
        let odd = text(vec![0xff, 0xfe, b'a', 0, b'b'], None).expect_err("half a unit");
        assert!(odd.message().contains("at byte 4"), "{odd}");
    }

    #[test]
    fn marks_go_before_names() {
        let marked = "\u{feff}caf\u{e9}";
        let latin = Some(encoding_rs::WINDOWS_1252);
        assert_eq!(text(marked.into(), latin).expect("UTF-8"), (marked.to_owned(), None));
        let (decoded, name) = text(b"caf\xe9".to_vec(), latin).expect("windows-1252");
        assert_eq!((decoded.as_str(), name.as_deref()), ("caf\u{e9}", Some("windows-1252")));
    }

    proptest! {
        #[test]
        fn utf16_round_trip(original in any::<String>(), big in any::<bool>()) {
            let units = std::iter::once(0xfeff).chain(original.encode_utf16());
            let bytes: Vec<u8> =
                units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
            let (decoded, name) = text(bytes, None).expect("valid");
            prop_assert_eq!(decoded, original);
            let expected = if big { "UTF-16BE" } else { "UTF-16LE" };
            prop_assert_eq!(name.as_deref(), Some(expected));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            for named in [None, Some(UTF_16LE), Some(encoding_rs::SHIFT_JIS), Some(encoding_rs::GB18030)] {
                let _ = text(bytes.clone(), named);
            }
        }
=======
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
>>>>>>> report
    }
}
