//! The native half of the Python package: Python and Arrow values in, the library's work without
//! the interpreter's lock, Python and Arrow values out. No algorithm lives here.
//!
//! ```text
//! lists, records, Arrow, paths ─ documents ─┬─ run ─ report ─ tables
//!                                           └─ run ─ cleaning
//! batches of texts ─ batch ─ sketcher, alignment ─ Arrow columns
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `arrow` | the Arrow C interface, in and out: the only module with `unsafe` |
//! | `texts`, `values` | columns of text; any cell as a field's value |
//! | `documents`, `items`, `frames` | files, Python objects and tables as documents |
//! | `run` | a worker thread, and the thread that waits: signals, progress, stopping |
//! | `report`, `points`, `tables` | results one by one; spans in code points; results as tables |
//! | `cleaning` | what `dedup` takes out |
//! | `batch`, `sketcher`, `alignment` | single stages on batches |
//!
//! The package in `python/doublet` gives all of this its types and its documentation.

#![allow(clippy::needless_pass_by_value, reason = "what Python hands over is owned")]

mod alignment;
mod arrow;
mod batch;
mod cleaning;
mod documents;
mod error;
mod frames;
mod items;
mod options;
mod points;
mod report;
mod run;
mod sketcher;
mod tables;
mod texts;
mod values;

/// The module `doublet._doublet`.
///
/// Every class is frozen, so it needs no lock where there is no global one.
#[pyo3::pymodule(gil_used = false)]
mod _doublet {
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use super::alignment::align;
    #[pymodule_export]
    use super::arrow::{ArrowColumn, ArrowTable};
    #[pymodule_export]
    use super::cleaning::{Cleaning, clean};
    #[pymodule_export]
    use super::documents::{Documents, read};
    #[pymodule_export]
    use super::frames::from_arrow;
    #[pymodule_export]
    use super::items::from_items;
    #[pymodule_export]
    use super::report::{Report, find};
    #[pymodule_export]
    use super::sketcher::Sketcher;
}
