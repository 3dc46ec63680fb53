//! Columns of text of any layout, read in place.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, LargeStringArray, StringArray, StringViewArray};
use arrow_schema::DataType;

/// A column of text.
pub(crate) enum Texts {
    /// With 32-bit offsets.
    Utf8(StringArray),
    /// With 64-bit offsets.
    Large(LargeStringArray),
    /// As views.
    View(StringViewArray),
    /// Written once each, and numbers of them.
    Dictionary(Box<Texts>, Vec<Option<usize>>),
    /// Nothing but nulls.
    Null(usize),
}

impl Texts {
    /// A column as text, if it is one.
    pub(crate) fn new(column: &ArrayRef) -> Option<Self> {
        match column.data_type() {
            DataType::Utf8 => Some(Self::Utf8(column.as_string().clone())),
            DataType::LargeUtf8 => Some(Self::Large(column.as_string().clone())),
            DataType::Utf8View => Some(Self::View(column.as_string_view().clone())),
            DataType::Null => Some(Self::Null(column.len())),
            DataType::Dictionary(_, _) => {
                let dictionary = column.as_any_dictionary();
                let values = Self::new(dictionary.values())?;
                let keys = if dictionary.values().is_empty() {
                    vec![None; column.len()]
                } else {
                    let keys = dictionary.normalized_keys().into_iter().enumerate();
                    keys.map(|(row, key)| column.is_valid(row).then_some(key)).collect()
                };
                Some(Self::Dictionary(Box::new(values), keys))
            }
            _ => None,
        }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Utf8(column) => column.len(),
            Self::Large(column) => column.len(),
            Self::View(column) => column.len(),
            Self::Dictionary(_, keys) => keys.len(),
            Self::Null(rows) => *rows,
        }
    }

    /// The bytes of a row, which promise to be UTF-8; nothing for null.
    pub(crate) fn bytes(&self, row: usize) -> Option<&[u8]> {
        match self {
            Self::Utf8(column) => column.is_valid(row).then(|| column.value(row).as_bytes()),
            Self::Large(column) => column.is_valid(row).then(|| column.value(row).as_bytes()),
            Self::View(column) => column.is_valid(row).then(|| column.value(row).as_bytes()),
            Self::Dictionary(values, keys) => values.bytes((*keys.get(row)?)?),
            Self::Null(_) => None,
        }
    }
}
