//! Values of Arrow arrays as values of fields.
//!
//! Dates and times become ISO 8601 strings; decimals become floating-point numbers; what JSON has
//! no form for (raw bytes, intervals) is nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowTimestampType, Date32Type, Date64Type, Decimal128Type, Float16Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType,
    Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};
use jiff::civil::date;
use jiff::{SignedDuration, Span, Timestamp};

use crate::document::FieldValue;
use crate::error::{Error, ErrorKind, Result};

/// The string at an index; `None` for null.
pub(super) fn string(array: &ArrayRef, index: usize) -> Option<Result<&str>> {
    if array.is_null(index) {
        return None;
    }
    let bytes = match array.data_type() {
        DataType::Utf8View => return Some(Ok(array.as_string_view().value(index))),
        DataType::Utf8 => return Some(Ok(array.as_string::<i32>().value(index))),
        DataType::BinaryView => array.as_binary_view().value(index),
        DataType::Binary => array.as_binary::<i32>().value(index),
        _ => return None,
    };
    Some(std::str::from_utf8(bytes).map_err(|error| {
        let found = format!("bytes that are not UTF-8 at byte {}", error.valid_up_to());
        Error::new(ErrorKind::Encoding, found).expected("UTF-8 text")
    }))
}

/// The value at an index.
pub(super) fn of(array: &ArrayRef, index: usize) -> FieldValue {
    if array.is_null(index) {
        return FieldValue::Null;
    }
    let float = |value: f64| FieldValue::Float(value);
    match array.data_type() {
        DataType::Boolean => FieldValue::Bool(array.as_boolean().value(index)),
        DataType::Int8 => integer::<Int8Type>(array, index),
        DataType::Int16 => integer::<Int16Type>(array, index),
        DataType::Int32 => integer::<Int32Type>(array, index),
        DataType::Int64 => integer::<Int64Type>(array, index),
        DataType::UInt8 => integer::<UInt8Type>(array, index),
        DataType::UInt16 => integer::<UInt16Type>(array, index),
        DataType::UInt32 => integer::<UInt32Type>(array, index),
        DataType::UInt64 => {
            let value = array.as_primitive::<UInt64Type>().value(index);
            i64::try_from(value).map_or(float(value as f64), FieldValue::Integer)
        }
        DataType::Float16 => float(array.as_primitive::<Float16Type>().value(index).into()),
        DataType::Float32 => {
            // The shortest decimal that means the same number, as it would be written.
            let value = array.as_primitive::<Float32Type>().value(index);
            float(value.to_string().parse().unwrap_or_else(|_| f64::from(value)))
        }
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(index)),
        DataType::Decimal128(_, _) => {
            let value = array.as_primitive::<Decimal128Type>().value_as_string(index);
            value.parse().map_or(FieldValue::Text(value), float)
        }
        DataType::Date32 => day(array.as_primitive::<Date32Type>().value(index).into()),
        DataType::Date64 => day(array.as_primitive::<Date64Type>().value(index) / 86_400_000),
        DataType::Timestamp(unit, zone) => {
            let is_instant = zone.is_some();
            match unit {
                TimeUnit::Second => moment::<TimestampSecondType>(array, index, is_instant),
                TimeUnit::Millisecond => {
                    moment::<TimestampMillisecondType>(array, index, is_instant)
                }
                TimeUnit::Microsecond => {
                    moment::<TimestampMicrosecondType>(array, index, is_instant)
                }
                TimeUnit::Nanosecond => moment::<TimestampNanosecondType>(array, index, is_instant),
            }
        }
        DataType::Time32(TimeUnit::Second) => integer::<Time32SecondType>(array, index),
        DataType::Time32(_) => integer::<Time32MillisecondType>(array, index),
        DataType::Time64(TimeUnit::Microsecond) => integer::<Time64MicrosecondType>(array, index),
        DataType::Time64(_) => integer::<Time64NanosecondType>(array, index),
        DataType::Utf8View | DataType::Utf8 | DataType::BinaryView | DataType::Binary => {
            match string(array, index) {
                Some(Ok(text)) => FieldValue::Text(text.to_owned()),
                _ => FieldValue::Null,
            }
        }
        DataType::FixedSizeBinary(16) => uuid(array.as_fixed_size_binary().value(index)),
        DataType::List(_) => {
            let values = array.as_list::<i32>().value(index);
            FieldValue::List((0..values.len()).map(|index| of(&values, index)).collect())
        }
        DataType::Struct(fields) => {
            let inner = array.as_struct();
            let values = fields.iter().zip(inner.columns());
            let values = values.map(|(field, array)| (field.name().clone(), of(array, index)));
            FieldValue::Map(values.collect())
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(index);
            let [keys, values] = entries.columns() else { return FieldValue::Null };
            let pairs = (0..entries.len()).filter_map(|index| match of(keys, index) {
                FieldValue::Text(key) => Some((key, of(values, index))),
                FieldValue::Integer(key) => Some((key.to_string(), of(values, index))),
                _ => None,
            });
            FieldValue::Map(pairs.collect::<BTreeMap<_, _>>())
        }
        _ => FieldValue::Null,
    }
}

fn integer<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef, index: usize) -> FieldValue {
    FieldValue::Integer(array.as_primitive::<T>().value(index).into())
}

/// Days since 1970 as a date.
fn day(days: i64) -> FieldValue {
    let span = Span::new().try_days(days).ok();
    let shifted = span.and_then(|span| date(1970, 1, 1).checked_add(span).ok());
    shifted.map_or(FieldValue::Integer(days), |day| FieldValue::Text(day.to_string()))
}

/// A moment since 1970, in UTC or wherever it was.
fn moment<T: ArrowTimestampType>(array: &ArrayRef, index: usize, is_instant: bool) -> FieldValue {
    let value = array.as_primitive::<T>().value(index);
    let per_second: i64 = match T::UNIT {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let nanoseconds = value.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let since = SignedDuration::new(value.div_euclid(per_second), nanoseconds as i32);
    match Timestamp::from_duration(since) {
        Ok(moment) if is_instant => FieldValue::Text(moment.to_string()),
        Ok(moment) => FieldValue::Text(jiff::tz::Offset::UTC.to_datetime(moment).to_string()),
        Err(_) => FieldValue::Integer(value),
    }
}

/// Sixteen bytes as they are written.
fn uuid(bytes: &[u8]) -> FieldValue {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    FieldValue::Text(text)
}
