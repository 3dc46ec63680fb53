//! Findings as columns of a table.

use serde::Deserialize;
use serde_json::value::RawValue;

/// The columns, in the order in which they are added.
pub(super) const NAMES: [&str; 5] = [
    "doublet_cluster",
    "doublet_representative",
    "doublet_rule",
    "doublet_score",
    "doublet_passages",
];

/// What was found in one record; see [`annotate`](super::super::annotate).
#[derive(Debug, Default, Deserialize)]
pub(super) struct Findings<'a> {
    /// Number of its cluster.
    pub(super) cluster: Option<i64>,
    #[serde(borrow)]
    representative: Option<Representative<'a>>,
    /// By which rule it belongs to the representative.
    pub(super) rule: Option<&'a str>,
    pub(super) score: Option<f64>,
    #[serde(borrow)]
    passages: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Representative<'a> {
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
}

impl<'a> Findings<'a> {
    /// The findings of a record, as they are written in JSON.
    pub(super) fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Name of what represents its cluster.
    pub(super) fn representative(&self) -> Option<&str> {
        self.representative.as_ref().map(|representative| &*representative.name)
    }

    /// Its passages, as JSON.
    pub(super) fn passages(&self) -> Option<&'a str> {
        self.passages.map(RawValue::get)
    }

    /// The values of all columns as they are written; what there is none of is empty.
    pub(super) fn as_text(&self) -> [String; 5] {
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.cluster.map(|cluster| cluster.to_string()).unwrap_or_default(),
            owned(self.representative()),
            owned(self.rule),
            self.score.map(|score| score.to_string()).unwrap_or_default(),
            owned(self.passages()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_become_values_of_columns() {
        let json = r#"{"cluster":3,"representative":{"id":1,"name":"a\"b"},"rule":"near","score":0.9,"passages":[{"span":[0,5]}]}"#;
        let findings = Findings::parse(json).expect("valid");
        let values = findings.as_text();
        assert_eq!(values, ["3", "a\"b", "near", "0.9", r#"[{"span":[0,5]}]"#]);
        let none = Findings::parse("{}").expect("valid").as_text();
        assert_eq!(none, [""; 5].map(String::from));
    }
}
