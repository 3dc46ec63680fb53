//! JSON values as metadata, and the two that a record is read for: its text and its id.
//!
//! Straight from the parser into the final form: strings without escapes are borrowed from the
//! input until they are kept, and nothing passes through a tree of JSON values.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::document::FieldValue;

/// A metadata value.
pub(super) struct Value(pub(super) FieldValue);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ValueSeed { exact: false }.deserialize(deserializer).map(Self)
    }
}

/// How to read a value.
#[derive(Clone, Copy)]
pub(super) struct ValueSeed {
    /// Keep whole numbers beyond 64 signed bits digit for digit, as text: they are ids.
    pub(super) exact: bool,
}

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = FieldValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<FieldValue, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = FieldValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<FieldValue, E> {
        Ok(FieldValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<FieldValue, E> {
        Ok(FieldValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<FieldValue, E> {
        Ok(FieldValue::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<FieldValue, E> {
        Ok(match i64::try_from(value) {
            Ok(value) => FieldValue::Integer(value),
            Err(_) if self.exact => FieldValue::Text(value.to_string()),
            Err(_) => FieldValue::Float(value as f64),
        })
    }

    fn visit_f64<E>(self, value: f64) -> Result<FieldValue, E> {
        Ok(FieldValue::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<FieldValue, E> {
        Ok(FieldValue::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<FieldValue, A::Error> {
        let mut list = Vec::new();
        while let Some(Value(value)) = items.next_element()? {
            list.push(value);
        }
        Ok(FieldValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<FieldValue, A::Error> {
        let mut map = std::collections::BTreeMap::new();
        while let Some((name, Value(value))) = fields.next_entry()? {
            map.insert(name, value);
        }
        Ok(FieldValue::Map(map))
    }
}

/// What stands in the field of the text.
pub(super) enum TextValue<'de> {
    Text(Cow<'de, str>),
    Other(FieldValue),
}

impl<'de> Deserialize<'de> for TextValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = TextValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(TextValue::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(TextValue::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(TextValue::Other(FieldValue::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(TextValue::Other(FieldValue::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(TextValue::Other(FieldValue::Integer(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(TextValue::Other(FieldValue::Float(value as f64)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(TextValue::Other(FieldValue::Float(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        ValueSeed { exact: false }.visit_seq(items).map(TextValue::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        ValueSeed { exact: false }.visit_map(fields).map(TextValue::Other)
    }
}

/// What a value is, for people.
pub(super) const fn kind(value: &FieldValue) -> &'static str {
    match value {
        FieldValue::Null => "null",
        FieldValue::Bool(_) => "true or false",
        FieldValue::Integer(_) | FieldValue::Float(_) => "a number",
        FieldValue::Text(_) => "a string",
        FieldValue::List(_) => "an array",
        FieldValue::Map(_) => "an object",
    }
}

/// A string, number or truth value as it is written; `None` for the rest.
pub(super) fn scalar(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Bool(value) => Some(value.to_string()),
        FieldValue::Integer(value) => Some(value.to_string()),
        FieldValue::Float(value) => Some(value.to_string()),
        FieldValue::Text(value) => Some(value.clone()),
        FieldValue::Null | FieldValue::List(_) | FieldValue::Map(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_agree_with_the_derived_form() {
        let json = r#"{"a":[1,-2,2.5,1e300,null,true,"x\n",{"b":{}}],"c":18446744073709551615}"#;
        let Value(value) = serde_json::from_str(json).expect("JSON");
        assert_eq!(value, serde_json::from_str::<FieldValue>(json).expect("JSON"));
        let mut parser = serde_json::Deserializer::from_str("18446744073709551615");
        let id = ValueSeed { exact: true }.deserialize(&mut parser).expect("a number");
        assert_eq!(id, FieldValue::Text("18446744073709551615".to_owned()));
    }
}
