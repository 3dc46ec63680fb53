//! Reports: the model and its formats, one file each.
//!
//! | you want | use |
//! |---|---|
//! | to read it yourself | [`terminal`] |
//! | to keep it whole and read it back | [`json`] |
//! | to stream it into another program, record by record | [`jsonl`] |
//! | to open it in a spreadsheet or a data frame | [`csv`] |
//! | to look at it, or to give it to somebody who does | [`html`] |
//!
//! All of them write the same [`model::Report`]; none of them needs the texts, but the page shows
//! them where it is given them.

pub mod csv;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod model;
pub mod terminal;
