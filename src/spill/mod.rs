//! What a run must keep between its stages, within a budget of memory.
//!
//! ```text
//! records of one size ─ Sorter ─┬─ all in memory ────────────────────┬─ Sorted: in order,
//!                               └─ sorted runs ─ merges of many runs ┘          by ranges of keys
//! rows of any size ──── Rows ───┬─ all in memory ─┬─ read back by place
//!                               └─ a file ────────┘
//! ```
//!
//! Idea: everything that grows with the input is either a record of a fixed size that a later
//! stage wants in order, or a row that it wants back by place. Both stay in memory while they fit
//! their share of the budget and go to files when they do not; who reads them cannot tell, so
//! there is one code path for any size of input. Files stand behind one port, `Medium`, with
//! memory behind it for tests.
//!
//! Every file begins with a name and a version of its layout; blocks of runs and rows carry a
//! checksum, so a damaged file is an error and never a wrong result. Files lie in a folder that
//! the caller makes and removes.
//!
//! Cost: a record is written and read once for a merge of up to 64 runs; one more time for each
//! further factor of 64.
//!
//! Source: D. Knuth, *The Art of Computer Programming* 3, section 5.4 (merging from disks).

mod budget;
mod lone;
mod medium;
mod merge;
mod record;
mod recurring;
mod rows;
mod runs;
mod sort;
mod sorter;

pub use self::budget::Work;
pub(crate) use self::merge::{Cursor, KeyRange, SavedRuns, Sorted};
pub(crate) use self::record::{Fields, Record, record};
pub(crate) use self::recurring::Recurring;
pub(crate) use self::rows::Rows;
pub(crate) use self::sorter::{Portion, Sorter, hand_over, into_inner};
