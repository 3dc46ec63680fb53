//! Cells and Python objects as the values of fields.
//!
//! Everything that JSON knows becomes what it is in JSON, so that a table and the same records in
//! a file give the same metadata. Dates and times become ISO 8601; what JSON has no word for
//! (binary data, intervals) becomes null.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::as_datetime;
use arrow_array::types::{
    ArrowTimestampType, Date32Type, Date64Type, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{DataType, TimeUnit};
use doublet::FieldValue;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::texts::Texts;

/// A column of a table by its name, or by a path with dots into columns of structs.
pub(crate) fn column<'a>(table: &'a StructArray, name: &str) -> Option<&'a ArrayRef> {
    table.column_by_name(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        column(table.column_by_name(first)?.as_struct_opt()?, rest)
    })
}

/// One cell.
pub(crate) fn cell(array: &ArrayRef, row: usize) -> FieldValue {
    if array.is_null(row) {
        return FieldValue::Null;
    }
    macro_rules! integer {
        ($kind:ty) => {
            FieldValue::Integer(i64::from(array.as_primitive::<$kind>().value(row)))
        };
    }
    match array.data_type() {
        DataType::Boolean => FieldValue::Bool(array.as_boolean().value(row)),
        DataType::Int8 => integer!(Int8Type),
        DataType::Int16 => integer!(Int16Type),
        DataType::Int32 => integer!(Int32Type),
        DataType::Int64 => integer!(Int64Type),
        DataType::UInt8 => integer!(UInt8Type),
        DataType::UInt16 => integer!(UInt16Type),
        DataType::UInt32 => integer!(UInt32Type),
        DataType::UInt64 => {
            let value = array.as_primitive::<UInt64Type>().value(row);
            i64::try_from(value).map_or(FieldValue::Float(value as f64), FieldValue::Integer)
        }
        DataType::Float16 => {
            FieldValue::Float(array.as_primitive::<Float16Type>().value(row).to_f64())
        }
        DataType::Float32 => {
            FieldValue::Float(f64::from(array.as_primitive::<Float32Type>().value(row)))
        }
        DataType::Float64 => FieldValue::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => {
            let date = array.as_primitive::<Date32Type>().value_as_date(row);
            date.map_or(FieldValue::Null, |date| FieldValue::Text(date.to_string()))
        }
        DataType::Date64 => {
            let date = array.as_primitive::<Date64Type>().value_as_date(row);
            date.map_or(FieldValue::Null, |date| FieldValue::Text(date.to_string()))
        }
        DataType::Timestamp(unit, zone) => {
            let zone = if zone.is_some() { "Z" } else { "" };
            match unit {
                TimeUnit::Second => moment::<TimestampSecondType>(array, row, zone),
                TimeUnit::Millisecond => moment::<TimestampMillisecondType>(array, row, zone),
                TimeUnit::Microsecond => moment::<TimestampMicrosecondType>(array, row, zone),
                TimeUnit::Nanosecond => moment::<TimestampNanosecondType>(array, row, zone),
            }
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Texts::new(array)
            .and_then(|texts| texts.bytes(row).map(|b| String::from_utf8_lossy(b).into_owned()))
            .map_or(FieldValue::Null, FieldValue::Text),
        DataType::Dictionary(_, _) => {
            // Of this row alone: the keys of all would be made again for each.
            let row = array.slice(row, 1);
            let dictionary = row.as_any_dictionary();
            match dictionary.normalized_keys().first() {
                Some(&key) => cell(dictionary.values(), key),
                None => FieldValue::Null,
            }
        }
        DataType::List(_) => list(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(_, _) => list(&array.as_fixed_size_list().value(row)),
        DataType::Struct(_) => {
            let fields = array.as_struct();
            let values = fields.column_names().into_iter().zip(fields.columns());
            FieldValue::Map(values.map(|(name, c)| (name.to_owned(), cell(c, row))).collect())
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            let [keys, values] = entries.columns() else { return FieldValue::Null };
            let pair = |at: usize| (cell(keys, at).plain(), cell(values, at));
            FieldValue::Map((0..entries.len()).map(pair).collect())
        }
        _ => FieldValue::Null,
    }
}

fn list(values: &ArrayRef) -> FieldValue {
    FieldValue::List((0..values.len()).map(|row| cell(values, row)).collect())
}

fn moment<T: ArrowTimestampType>(array: &ArrayRef, row: usize, zone: &str) -> FieldValue {
    let moment = as_datetime::<T>(array.as_primitive::<T>().value(row));
    // This form has a T between date and time.
    moment.map_or(FieldValue::Null, |moment| FieldValue::Text(format!("{moment:?}{zone}")))
}

/// A Python object.
pub(crate) fn object(value: &Bound<'_, PyAny>) -> PyResult<FieldValue> {
    if value.is_none() {
        return Ok(FieldValue::Null);
    }
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(FieldValue::Bool(value.is_true()));
    }
    if let Ok(value) = value.cast::<PyInt>() {
        return match value.extract::<i64>() {
            Ok(number) => Ok(FieldValue::Integer(number)),
            Err(_) => Ok(FieldValue::Float(value.extract()?)),
        };
    }
    if let Ok(value) = value.cast::<PyFloat>() {
        return Ok(FieldValue::Float(value.extract()?));
    }
    if let Ok(value) = value.cast::<PyString>() {
        return Ok(FieldValue::Text(value.to_string_lossy().into_owned()));
    }
    if let Ok(values) = value.cast::<PyList>() {
        return objects(values.iter());
    }
    if let Ok(values) = value.cast::<PyTuple>() {
        return objects(values.iter());
    }
    if let Ok(values) = value.cast::<PyDict>() {
        let mut map = BTreeMap::new();
        for (name, value) in values {
            map.insert(name.str()?.to_string_lossy().into_owned(), object(&value)?);
        }
        return Ok(FieldValue::Map(map));
    }
    // Dates and times; scalars of NumPy, which are missing values of pandas too.
    if value.hasattr("isoformat")? {
        let written = value.call_method0("isoformat")?;
        return Ok(FieldValue::Text(written.str()?.to_string_lossy().into_owned()));
    }
    if value.hasattr("item")? && value.hasattr("dtype")? {
        let item = value.call_method0("item")?;
        if !item.hasattr("dtype")? {
            return object(&item);
        }
    }
    Ok(FieldValue::Text(value.str()?.to_string_lossy().into_owned()))
}

fn objects<'py>(values: impl Iterator<Item = Bound<'py, PyAny>>) -> PyResult<FieldValue> {
    values.map(|value| object(&value)).collect::<PyResult<_>>().map(FieldValue::List)
}

/// Whether a value can name a document.
pub(crate) const fn is_name(value: Option<&FieldValue>) -> bool {
    matches!(value, Some(FieldValue::Text(_) | FieldValue::Integer(_) | FieldValue::Float(_)))
}
