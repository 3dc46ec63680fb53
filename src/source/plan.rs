//! What is to be read: the inputs as a list of entries, in order.

use std::path::Path;

use super::config::Resolved;
use super::file::{File, Opener, Piped};
use super::pieces::{Pieces, Reading};
use super::place::{Place, STDIN};
use super::walk::{Except, Found, Walker};
use super::{Input, InputKind, Source};
use crate::error::{Error, Result};

/// One thing to read.
pub(crate) enum Entry {
    File(File),
    Piped(Piped),
    /// Stands in the order for what the walk could not read.
    Refused(Error),
    Custom(Box<dyn Source>),
}

impl Entry {
    /// How people know it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(file) => file.place.path.clone(),
            Self::Piped(piped) => piped.place.path.clone(),
            Self::Refused(_) => String::new(),
            Self::Custom(source) => source.name(),
        }
    }

    /// Bytes on disk, where it has any.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::File(file) => file.size,
            _ => 0,
        }
    }

    /// Opens what is built in; of a source of the user's own there is nothing to open.
    pub(crate) fn open(self, reading: Reading<'_>) -> Result<Box<dyn Pieces + '_>> {
        match self {
            Self::File(file) => file.open(reading),
            Self::Piped(piped) => piped.open(reading),
            Self::Refused(error) => Err(error),
            Self::Custom(_) => Ok(Box::new(Nothing)),
        }
    }
}

struct Nothing;

impl Pieces for Nothing {
    fn next(&mut self, _: usize) -> Option<super::sink::Part> {
        None
    }
}

/// All that is to be read.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) entries: Vec<Entry>,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

impl Plan {
    pub(crate) fn new(
        inputs: impl IntoIterator<Item = Input>,
        resolved: &Resolved<'_>,
    ) -> Result<Self> {
        let mut plan = Self::default();
        let mut walker = Walker::default();
        let mut stdin_taken = false;
        for input in inputs {
            match input.0 {
                InputKind::Custom(source) => plan.entries.push(Entry::Custom(source)),
                InputKind::Reader(name, reader) => {
                    plan.pipe(Place::stream(&name), Opener::Reader(reader));
                }
                InputKind::Path(path, _) if path.as_os_str() == STDIN => {
                    // It can be read once.
                    if !std::mem::replace(&mut stdin_taken, true) {
                        let stdin = Opener::Reader(Box::new(std::io::stdin()));
                        plan.pipe(Place::stream(STDIN), stdin);
                    }
                }
                InputKind::Path(path, except) => {
                    plan.add(&path, &mut walker, resolved, &except)?;
                }
            }
        }
        Ok(plan)
    }

    fn pipe(&mut self, place: Place, opener: Opener) {
        self.entries.push(Entry::Piped(Piped { place, opener }));
    }

    fn add(
        &mut self,
        path: &Path,
        walker: &mut Walker,
        resolved: &Resolved<'_>,
        except: &Except,
    ) -> Result<()> {
        let mut found = Vec::new();
        walker.walk(path, resolved, except, &mut found)?;
        for found in found {
            match found {
                Found::File { place, path, size } => {
                    self.files += 1;
                    self.bytes += size;
                    self.entries.push(Entry::File(File { place, path, size }));
                }
                Found::Stream { place, path } => self.pipe(place, Opener::Path(path)),
                Found::Refused(error) => self.entries.push(Entry::Refused(error)),
            }
        }
        Ok(())
    }
}
