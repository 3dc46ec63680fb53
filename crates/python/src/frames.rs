//! Documents from Arrow tables and columns, read in place up to the copy of the text.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::DataType;
use doublet::{Document, Error, ErrorKind, Metadata, Result};
use pyo3::prelude::*;

use crate::arrow::Imported;
use crate::documents::{DEFAULT_ID, Documents, Maker};
use crate::error::OrRaise;
use crate::options::Fields;
use crate::texts::Texts;
use crate::values::{self, is_name};

/// How many rows go by between two looks for an interrupt.
const LOOK: usize = 8192;
/// Columns that pandas adds for its own use.
const PANDAS_INDEX: &str = "__index_level_";

/// Documents from whatever speaks the Arrow C interface: a table, or a column of text. Nothing
/// for anything else.
#[pyfunction]
pub(crate) fn from_arrow(data: &Bound<'_, PyAny>, fields: Fields) -> PyResult<Option<Documents>> {
    let Some(imported) = Imported::from_python(data)? else { return Ok(None) };
    let py = data.py();
    let mut maker = Maker::new(&fields);
    maker.documents.reserve(imported.len());
    for chunk in &imported.chunks {
        for start in (0..chunk.len()).step_by(LOOK) {
            py.check_signals()?;
            let rows = chunk.slice(start, LOOK.min(chunk.len() - start));
            let added = py.detach(|| match rows.as_struct_opt() {
                Some(table) => add_table(table, &mut maker),
                None => add_column(&rows, &mut maker),
            });
            added.or_raise(py)?;
        }
    }
    if maker.documents.is_empty() {
        check_type(imported.field.data_type(), &fields).or_raise(py)?;
        // Nothing in it could have a group or a date.
        return Ok(Some(Documents::default()));
    }
    maker.finish().or_raise(py).map(Some)
}

fn check_type(kind: &DataType, fields: &Fields) -> Result<()> {
    match kind {
        DataType::Struct(columns) if columns.find(&fields.text_field).is_none() => {
            let names: Vec<String> = columns.iter().map(|column| column.name().clone()).collect();
            Err(no_column(&fields.text_field, &names))
        }
        _ => Ok(()),
    }
}

fn no_column(field: &str, names: &[String]) -> Error {
    Error::new(
        ErrorKind::Field,
        format!("a table without the column {field:?} (it has {})", names.join(", ")),
    )
    .expected("a column of strings")
    .remedy("name the column that holds the text with text_field=")
}

fn texts(column: &ArrayRef, field: &str) -> Result<Texts> {
    Texts::new(column).ok_or_else(|| {
        Error::new(
            ErrorKind::Field,
            format!("a column {field:?} of the type {}", column.data_type()),
        )
        .expected("strings")
        .remedy("name the column that holds the text with text_field=")
    })
}

fn add_column(column: &ArrayRef, maker: &mut Maker<'_>) -> Result<()> {
    let texts = texts(column, "")?;
    for row in 0..texts.len() {
        let name = maker.number().to_string();
        let text = text(&texts, row, &maker.fields.text_field, &name)?;
        maker.push(Document::new(name, text));
    }
    Ok(())
}

fn add_table(table: &StructArray, maker: &mut Maker<'_>) -> Result<()> {
    let fields = maker.fields;
    let column = |name: &str| values::column(table, name);
    let text_column = column(&fields.text_field).ok_or_else(|| {
        let names: Vec<String> = table.column_names().into_iter().map(str::to_owned).collect();
        no_column(&fields.text_field, &names)
    })?;
    let texts = texts(text_column, &fields.text_field)?;
    let id_field = fields.id_field.as_deref().unwrap_or(DEFAULT_ID);
    let ids = column(id_field);
    let groups = fields.group_by.as_deref().and_then(column);
    let dates = fields.date_field.as_deref().and_then(column);
    let others: Vec<(&str, &ArrayRef)> = table
        .column_names()
        .into_iter()
        .zip(table.columns())
        .filter(|(name, _)| {
            *name != fields.text_field
                && !name.starts_with(PANDAS_INDEX)
                && fields.metadata.keeps(name)
        })
        .collect();
    for row in 0..table.len() {
        let id = ids.map(|ids| values::cell(ids, row));
        let is_name = is_name(id.as_ref());
        let name = maker.name(id)?;
        let text = text(&texts, row, &fields.text_field, &name)?;
        let group = groups.map(|groups| values::cell(groups, row));
        let group = maker.group(group.as_ref(), &name)?;
        let date = dates.map(|dates| values::cell(dates, row));
        let date = maker.date(date.as_ref(), &name)?;
        let metadata: Metadata = others
            .iter()
            .filter(|(field, _)| !(is_name && *field == id_field))
            .map(|(field, column)| ((*field).to_owned(), values::cell(column, row)))
            .collect();
        maker.push(Document { name, text, group, date, metadata, origin: None });
    }
    Ok(())
}

fn text(texts: &Texts, row: usize, field: &str, name: &str) -> Result<String> {
    let Some(bytes) = texts.bytes(row) else {
        return Err(Error::new(
            ErrorKind::Field,
            format!("null in the field {field:?} of the document {name:?}"),
        )
        .expected("a string")
        .remedy("leave such rows out, or fill them with an empty string"));
    };
    // A promise of whoever made the column, which some break.
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let found = format!(
            "bytes that are not UTF-8 at byte {} of the text of the document {name:?}",
            error.valid_up_to()
        );
        Error::new(ErrorKind::Encoding, found).expected("text")
    })
}
