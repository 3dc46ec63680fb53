//! Documents: the units of comparison, and where they came from.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, ErrorKind};

/// Number of a document in its collection, from 0 in input order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocId(pub u32);

impl DocId {
    /// The id as an index into the documents that were given.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The id of the document at `index`, if the collection is within the limit of 2³² − 1.
    pub fn from_index(index: usize) -> Result<Self, Error> {
        u32::try_from(index).ok().filter(|&id| id != u32::MAX).map(Self).ok_or_else(|| {
            Error::new(ErrorKind::Limit, format!("document number {index}"))
                .expected("at most 4,294,967,294 documents in one run")
                .remedy("split the collection")
        })
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value of a metadata field, as JSON knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<FieldValue>),
    /// An object.
    Map(BTreeMap<String, FieldValue>),
}

impl FieldValue {
    /// The value as it is shown: a string without quotation marks, nothing for what is no scalar.
    ///
    /// ```
    /// use doublet::FieldValue;
    /// assert_eq!(FieldValue::Text("a".to_owned()).plain(), "a");
    /// assert_eq!(FieldValue::Null.plain(), "");
    /// ```
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Text(value) => value.clone(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Null | Self::List(_) | Self::Map(_) => String::new(),
        }
    }

    /// What the value is, in words for messages: `a string`, `a list`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

/// Reads any JSON value. (A derived implementation would build each value twice to try the
/// variants.)
impl<'de> Deserialize<'de> for FieldValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
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
        let float = FieldValue::Float(value as f64);
        Ok(i64::try_from(value).map_or(float, FieldValue::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<FieldValue, E> {
        Ok(FieldValue::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<FieldValue, E> {
        Ok(FieldValue::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<FieldValue, E> {
        Ok(FieldValue::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<FieldValue, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(FieldValue::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FieldValue, A::Error> {
        let mut values = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            values.insert(name, value);
        }
        Ok(FieldValue::Map(values))
    }
}

/// Fields of a record that are neither its text nor its id, by name.
pub type Metadata = BTreeMap<String, FieldValue>;

/// One unit of comparison.
///
/// ```
/// use doublet::Document;
/// let document = Document::new("letter-12", "Dear Sir, …").in_group("letters").dated("1848-02-24");
/// assert_eq!(document.group.as_deref(), Some("letters"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// How people know it: a file's path, a record's id. Need not be unique.
    pub name: String,
    /// The text that spans point into. UTF-8; at most 4 GiB − 1 bytes.
    pub text: String,
    /// The outlet, crawl or folder it belongs to; coverage is reported by group. Without one,
    /// documents are grouped by the source that they were read from.
    pub group: Option<String>,
    /// When it was published, as it was written. ISO 8601 dates and times and Unix seconds are
    /// understood; see [`Timestamp::parse`].
    pub date: Option<String>,
    /// Further fields.
    pub metadata: Metadata,
    /// Where it was read from; `None` for documents made in memory.
    pub origin: Option<Origin>,
}

impl Document {
    /// A document with a name and a text and nothing else.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), ..Self::default() }
    }

    /// The same document in a group.
    #[must_use]
    pub fn in_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The same document with a date.
    #[must_use]
    pub fn dated(mut self, date: impl Into<String>) -> Self {
        self.date = Some(date.into());
        self
    }
}

/// Where a document was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The source as it was named: a file, a folder, `-` for standard input.
    pub source: String,
    /// The file inside it (the same as `source` for a file).
    pub path: String,
    /// Line of the record, from 1, in formats of records: the first of its lines in CSV, the
    /// number of the row in Parquet, that of the record in web archives.
    pub line: Option<u64>,
    /// The encoding the bytes were decoded from when it was not UTF-8; spans count bytes of the
    /// decoded text then.
    pub encoding: Option<String>,
}

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Numbers beyond this are milliseconds; as seconds it is the year 5138.
const LARGEST_SECONDS: i64 = 100_000_000_000;

impl Timestamp {
    /// Reads a date or a time as archives write them; `None` for anything else. What is not said
    /// is taken as early as possible and in UTC: `2023` is 2023-01-01T00:00:00Z.
    ///
    /// | written | as in |
    /// |---|---|
    /// | ISO 8601, RFC 3339 | `2023-11-15T08:30:00+01:00`, `2023-11-15 08:30`, `2023-11-15` |
    /// | in part | `2023-11`, `2023` |
    /// | with slashes | `2023/11/15` |
    /// | run together | `20231115`, `20231115083000` |
    /// | in English | `15 November 2023`, `November 15, 2023`, `Wed, Nov. 15th 2023` |
    /// | RFC 2822 | `Wed, 15 Nov 2023 08:30:00 +0100` |
    /// | Unix time | `1700037000`; milliseconds above 10¹¹ |
    ///
    /// Dates in figures with the year last are refused, as 3/4/2023 is in March or in April.
    ///
    /// ```
    /// use doublet::Timestamp;
    /// assert_eq!(Timestamp::parse("15 November 2023"), Timestamp::parse("2023-11-15T00:00:00Z"));
    /// assert_eq!(Timestamp::parse("yesterday"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // Every form is short; this keeps long texts from being scanned form by form.
        if text.is_empty() || text.len() > 100 {
            return None;
        }
        if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+'))
            && let Some(timestamp) = parse_number(text)
        {
            return Some(timestamp);
        }
        let bare = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT"));
        let bare = bare.map_or(text, str::trim_end);
        parse_iso(bare)
            .or_else(|| parse_iso(&bare.replace('/', "-")))
            .or_else(|| parse_english(bare))
            .or_else(|| {
                let instant = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
                Some(Self(instant.as_second()))
            })
    }

    fn at(moment: DateTime) -> Option<Self> {
        let instant = jiff::tz::Offset::UTC.to_timestamp(moment).ok()?;
        Some(Self(instant.as_second()))
    }
}

/// A year, a date run together, or Unix time.
fn parse_number(text: &str) -> Option<Timestamp> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
    let date = |text: &str| Date::new(text.get(..4)?.parse().ok()?, part(4..6)?, part(6..8)?).ok();
    if is_digits && text.len() == 4 {
        return Timestamp::at(Date::new(text.parse().ok()?, 1, 1).ok()?.into());
    }
    if is_digits
        && matches!(text.len(), 8 | 14)
        && let Some(date) = date(text)
    {
        if text.len() == 8 {
            return Timestamp::at(date.into());
        }
        let time = jiff::civil::Time::new(part(8..10)?, part(10..12)?, part(12..14)?, 0);
        return Timestamp::at(date.to_datetime(time.ok()?));
    }
    let number: f64 = text.parse().ok()?;
    let seconds = if number.abs() > LARGEST_SECONDS as f64 { number / 1000.0 } else { number };
    // The bounds of the calendar that everything else here is in.
    let range = jiff::Timestamp::MIN.as_second()..=jiff::Timestamp::MAX.as_second();
    let seconds = seconds.floor() as i64;
    range.contains(&seconds).then_some(Timestamp(seconds))
}

/// ISO 8601 with or without time and zone, or a year and a month.
fn parse_iso(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp(instant.as_second()));
    }
    if let Ok(moment) = text.parse::<DateTime>() {
        return Timestamp::at(moment);
    }
    let (year, month) = text.split_once('-')?;
    if year.len() != 4 || month.len() > 2 || !month.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Timestamp::at(Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?.into())
}

/// A date with the month by name, in any order, with or without a weekday and a day.
fn parse_english(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const WEEKDAYS: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let (mut year, mut month, mut day) = (None, None, None);
    let words = text.split([' ', ',', '.', '-']).filter(|word| !word.is_empty());
    for word in words.map(str::to_lowercase) {
        let shortens = |name: &str| word.len() >= 3 && name.starts_with(&*word);
        let number = ["st", "nd", "rd", "th"]
            .into_iter()
            .find_map(|ending| word.strip_suffix(ending))
            .unwrap_or(&word);
        if let Some(index) =
            MONTHS.iter().position(|name| shortens(name) || word == "sept" && *name == "september")
        {
            set_once(&mut month, index as i8 + 1)?;
        } else if WEEKDAYS.iter().any(|name| shortens(name)) {
        } else if word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()) {
            set_once(&mut year, word.parse::<i16>().ok()?)?;
        } else if number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit()) {
            set_once(&mut day, number.parse::<i8>().ok()?)?;
        } else {
            return None;
        }
    }
    Timestamp::at(Date::new(year?, month?, day.unwrap_or(1)).ok()?.into())
}

/// Fills a slot; `None` if it is full.
fn set_once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_as_archives_write_them() {
        let midnight = 1_700_006_400; // 2023-11-15T00:00:00Z
        for (text, seconds) in [
            ("2023-11-15", midnight),
            (" 2023/11/15 ", midnight),
            ("20231115", midnight),
            ("2023-11-15T00:00:00Z", midnight),
            ("2023-11-15T01:00:00+01:00", midnight),
            ("2023-11-15 00:00:00+00:00", midnight),
            ("2023-11-15 00:00:00 UTC", midnight),
            ("2023-11-15T08:30", midnight + 30_600),
            ("2023-11-15T08:30:00.75", midnight + 30_600),
            ("2023/11/15 08:30:00", midnight + 30_600),
            ("20231115083000", midnight + 30_600),
            ("2023-11", midnight - 14 * 86_400),
            ("2023", 1_672_531_200),
            ("15 November 2023", midnight),
            ("November 15, 2023", midnight),
            ("Nov 15, 2023", midnight),
            ("Wed, Nov. 15th 2023", midnight),
            ("15-Nov-2023", midnight),
            ("November 2023", midnight - 14 * 86_400),
            ("Sept. 1, 1923", -1_462_233_600),
            ("Wed, 15 Nov 2023 01:00:00 +0100", midnight),
            ("Wed, 15 Nov 2023 00:00:00 GMT", midnight),
            ("1700006400", midnight),
            ("1700006400.5", midnight),
            ("1700006400000", midnight),
            ("-1.5", -2),
            ("0", 0),
            ("1848-02-24", -3_845_318_400),
        ] {
            assert_eq!(Timestamp::parse(text), Some(Timestamp(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_or_may_be_two_is_refused() {
        for text in [
            "",
            "yesterday",
            "3/4/2023",
            "2023-13",
            "2023-02-30",
            "15 Nov",
            "Nov Nov 2023",
            "May 1 2 2023",
            "2023-11-15T25:00",
            "99999999999999999999",
            "1e400",
            "may",
            "NaN",
            "-",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_string_makes_parsing_panic(text in "\\PC{0,40}|[-0-9./:TZ+ a-zA-Z,]{0,40}") {
            let _ = Timestamp::parse(&text);
        }

        #[test]
        fn every_second_comes_back_from_iso(seconds in -60_000_000_000_i64..200_000_000_000) {
            let text = jiff::Timestamp::from_second(seconds).expect("in range").to_string();
            prop_assert_eq!(Timestamp::parse(&text), Some(Timestamp(seconds)), "{}", text);
        }

        #[test]
        fn field_values_survive_json(text in any::<String>(), number in any::<i64>()) {
            let value = FieldValue::List(vec![
                FieldValue::Null,
                FieldValue::Bool(true),
                FieldValue::Integer(number),
                FieldValue::Float(0.5),
                FieldValue::Map([(text.clone(), FieldValue::Text(text))].into()),
            ]);
            let json = serde_json::to_string(&value).expect("serialises");
            prop_assert_eq!(serde_json::from_str::<FieldValue>(&json).expect("parses"), value);
        }
    }
}
