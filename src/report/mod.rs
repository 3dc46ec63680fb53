//! Reports: the model and its formats, one file each.
//!
//! | you want | use |
//! |---|---|
//! | to read it yourself | [`terminal`] |
//! | to keep it whole and read it back | [`json`] |
//! | to stream it into another program, record by record | [`jsonl`] |
//! | to open it in a spreadsheet or a data frame | [`csv`] |
//!
//! All of them write the same [`model::Report`]; none of them needs the texts.

pub mod csv;
pub mod json;
pub mod jsonl;
pub mod model;
pub mod terminal;
