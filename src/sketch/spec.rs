//! What decides a hash: tokeniser, shingle size, sketch size and hash family, as one value.
//!
//! Sketches, bands and anchors are comparable only when all of it is equal. Whatever stores or
//! sends them stores [`SketchSpec::id`] beside them; mixing two is an error that names the
//! difference. The values of this version are frozen by golden tests.

use std::fmt;
use std::str::FromStr;

use crate::config::DocumentConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::shingle::MAX_SHINGLE_SIZE;

/// Version of tokens: normalisation, Unicode tables, word bounds, token hash.
const TOKENS: u32 = 2;
/// Version of shingle hash, sketch and band keys.
const HASHES: u32 = 1;

/// Fewest and most registers of a sketch.
const SKETCH_SIZES: std::ops::RangeInclusive<u32> = 16..=4096;

/// Everything that decides the value of a sketch.
///
/// ```
/// use doublet::sketch::SketchSpec;
/// let spec = SketchSpec::new(5, 256)?;
/// assert_eq!(spec.id(), "tok2-word5-fss256-hash1");
/// assert_eq!("tok2-word5-fss256-hash1".parse::<SketchSpec>()?, spec);
/// # Ok::<(), doublet::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SketchSpec {
    tokens: u32,
    shingle_size: u32,
    sketch_size: u32,
    hashes: u32,
}

impl SketchSpec {
    /// The specification of this version for shingles of `shingle_size` words (1 to 64) and
    /// sketches of `sketch_size` registers (a power of two from 16 to 4096).
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for sizes outside these ranges.
    pub fn new(shingle_size: u32, sketch_size: u32) -> Result<Self> {
        Self { tokens: TOKENS, shingle_size, sketch_size, hashes: HASHES }.checked()
    }

    /// The specification that a configuration asks for.
    ///
    /// # Errors
    /// As [`SketchSpec::new`].
    pub fn from_config(config: &DocumentConfig) -> Result<Self> {
        Self::new(config.shingle_size, config.sketch_size)
    }

    fn checked(self) -> Result<Self> {
        if !(1..=MAX_SHINGLE_SIZE).contains(&self.shingle_size) {
            return Err(Error::new(
                ErrorKind::Config,
                format!("a shingle size of {}", self.shingle_size),
            )
            .expected(format!("1 to {MAX_SHINGLE_SIZE} words")));
        }
        if !SKETCH_SIZES.contains(&self.sketch_size) || !self.sketch_size.is_power_of_two() {
            return Err(Error::new(
                ErrorKind::Config,
                format!("a sketch size of {}", self.sketch_size),
            )
            .expected("a power of two from 16 to 4096"));
        }
        Ok(self)
    }

    /// Words a shingle.
    pub const fn shingle_size(&self) -> u32 {
        self.shingle_size
    }

    /// Registers a sketch.
    pub const fn sketch_size(&self) -> u32 {
        self.sketch_size
    }

    /// The stable name of this specification.
    pub fn id(&self) -> String {
        self.to_string()
    }

    /// Fails unless both specifications are the same.
    ///
    /// # Errors
    /// [`ErrorKind::Spec`], naming every difference.
    pub fn require_same(&self, other: &Self) -> Result<()> {
        let differences: Vec<String> = [
            ("tokens of version", self.tokens, other.tokens),
            ("words a shingle:", self.shingle_size, other.shingle_size),
            ("registers a sketch:", self.sketch_size, other.sketch_size),
            ("hashes of version", self.hashes, other.hashes),
        ]
        .iter()
        .filter(|(_, ours, theirs)| ours != theirs)
        .map(|(what, ours, theirs)| format!("{what} {ours} and {theirs}"))
        .collect();
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Spec,
            format!("sketches of {self} and {other} ({})", differences.join("; ")),
        )
        .expected("sketches of one specification")
        .remedy("make both again with the same version and options"))
    }
}

impl fmt::Display for SketchSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tokens, shingle_size, sketch_size, hashes } = self;
        write!(f, "tok{tokens}-word{shingle_size}-fss{sketch_size}-hash{hashes}")
    }
}

impl FromStr for SketchSpec {
    type Err = Error;

    /// Reads an id, of any version of tokens and hashes.
    fn from_str(id: &str) -> Result<Self> {
        let unknown = || {
            Error::new(ErrorKind::Spec, format!("the sketch specification {id:?}"))
                .expected("an id such as tok2-word5-fss256-hash1")
        };
        let mut parts = id.split('-');
        let mut number = |name: &str| parts.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let spec = (|| {
            Some(Self {
                tokens: number("tok")?,
                shingle_size: number("word")?,
                sketch_size: number("fss")?,
                hashes: number("hash")?,
            })
        })()
        .ok_or_else(unknown)?;
        // Whatever is written differently (leading zeros, further parts) is another id.
        if spec.to_string() == id { spec.checked() } else { Err(unknown()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_round_trip() {
        for (shingle_size, sketch_size) in [(1, 16), (5, 256), (64, 4096)] {
            let spec = SketchSpec::new(shingle_size, sketch_size).expect("sizes in range");
            assert_eq!(spec.id().parse::<SketchSpec>().expect("an id"), spec);
        }
    }

    #[test]
    fn what_is_no_id_is_an_error() {
        for id in [
            "",
            "tok2",
            "tok2-word5-fss256",
            "tok2-word05-fss256-hash1",
            "tok2-word5-fss256-hash1-x",
        ] {
            assert_eq!(id.parse::<SketchSpec>().expect_err(id).kind(), ErrorKind::Spec);
        }
        let sizes = "tok2-word5-fss255-hash1".parse::<SketchSpec>().expect_err("no power of two");
        assert_eq!(sizes.kind(), ErrorKind::Config);
    }

    #[test]
    fn sizes_out_of_range_are_refused() {
        for (shingle_size, sketch_size) in
            [(0, 256), (65, 256), (5, 8), (5, 8192), (5, 100), (5, 0)]
        {
            let error = SketchSpec::new(shingle_size, sketch_size).expect_err("out of range");
            assert_eq!(error.kind(), ErrorKind::Config);
        }
    }

    #[test]
    fn a_mixture_is_an_error_that_names_the_difference() {
        let ours = SketchSpec::new(5, 256).expect("sizes in range");
        assert!(ours.require_same(&ours).is_ok());
        let theirs = "tok1-word5-fss128-hash1".parse().expect("an id");
        let error = ours.require_same(&theirs).expect_err("two specifications");
        assert_eq!(error.kind(), ErrorKind::Spec);
        let message = error.to_string();
        assert!(message.contains("registers a sketch: 256 and 128"), "{message}");
        assert!(message.contains("tokens of version 2 and 1"), "{message}");
        assert!(!message.contains("words a shingle"), "{message}");
    }
}
