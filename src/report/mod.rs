//! Reports: the model and its formats, one file each.

pub mod model;
