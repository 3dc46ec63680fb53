//! Sketches, bands, estimates and exact similarities of batches.
//!
//! A sketch is a fixed-size list of 64-bit registers (or of 16 bits each, to store). The field
//! of the column names the specification that the sketches were made under, and whatever takes
//! sketches in refuses those of another one; a column whose name was lost on the way is taken at
//! its word as long as the sizes agree.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::{UInt16Type, UInt64Type};
use arrow_array::{Array, ArrayRef, FixedSizeListArray, Float64Array, StructArray};
use arrow_array::{UInt16Array, UInt64Array};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field};
use doublet::lsh::Banding;
use doublet::sketch::{self, CompactSketch, Sketch, SketchSpec};
use doublet::text::{TokenBuffer, Tokenizer};
use doublet::verify::{Scores, exact_scores};
use doublet::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use crate::alignment;
use crate::arrow::{ArrowColumn, Imported};
use crate::batch::{Batch, for_each, lists};
use crate::error::{OrRaise, raise};

/// The key of a field's metadata that names the specification.
const SPEC: &str = "doublet.sketch_spec";

/// One of the scores, by name.
type ScorePart = (&'static str, fn(&Scores) -> f64);

/// Makes and compares sketches of one specification.
#[pyclass(frozen, module = "doublet._doublet")]
pub(crate) struct Sketcher {
    sketcher: sketch::Sketcher,
    banding: Banding,
    threads: usize,
}

#[pymethods]
impl Sketcher {
    #[new]
    fn new(
        py: Python<'_>,
        shingle_size: u32,
        sketch_size: u32,
        threshold: f64,
        recall: f64,
        threads: usize,
    ) -> PyResult<Self> {
        let spec = SketchSpec::new(shingle_size, sketch_size).or_raise(py)?;
        let banding = Banding::for_threshold(threshold, recall, sketch_size).or_raise(py)?;
        Ok(Self { sketcher: sketch::Sketcher::new(spec), banding, threads })
    }

    /// Id of everything that decides a sketch.
    fn spec(&self) -> String {
        self.sketcher.spec().id()
    }

    /// Number of bands, and registers a band.
    fn banding(&self) -> (u32, u32) {
        (self.banding.bands(), self.banding.rows())
    }

    /// Probability that two documents of a similarity share a band.
    fn probability(&self, similarity: f64) -> f64 {
        self.banding.probability(similarity)
    }

    /// Sketches of texts, in 64 or 16 bits a register.
    fn sketch(
        &self,
        py: Python<'_>,
        texts: &Bound<'_, PyAny>,
        compact: bool,
    ) -> PyResult<ArrowColumn> {
        let batch = Batch::new(texts)?;
        let texts = batch.texts(py)?;
        let init = || (Tokenizer::new(), TokenBuffer::default(), self.sketcher.clone());
        let pool = self.pool(py)?;
        let sketches = for_each(py, pool.as_ref(), &sizes(&texts), init, |state, row| {
            let (tokenizer, buffer, sketcher) = state;
            let text = texts[row]?;
            tokenizer.tokenize(text, buffer);
            Some(sketcher.sketch(&buffer.hashes))
        })?;
        py.detach(|| if compact { self.compact_column(&sketches) } else { self.column(&sketches) })
            .or_raise(py)
    }

    /// Keys of the bands of sketches.
    fn bands(&self, py: Python<'_>, sketches: &Bound<'_, PyAny>) -> PyResult<ArrowColumn> {
        let sketches = self.import(sketches)?;
        py.detach(|| {
            let rows = self.wide(&sketches)?.ok_or_else(|| {
                Error::new(ErrorKind::Spec, "sketches of 16 bits a register")
                    .expected("sketches of 64 bits a register, which bands are made of")
                    .remedy("sketch with compact=False")
            })?;
            let bands = self.banding.bands() as usize;
            // Texts without words would all be candidates of each other.
            let empty = Sketch::empty(*self.sketcher.spec());
            let rows: Vec<Option<&[u64]>> = rows
                .into_iter()
                .map(|row| row.filter(|registers| *registers != empty.registers()))
                .collect();
            let mut keys = Vec::with_capacity(rows.len() * bands);
            for row in &rows {
                match row {
                    Some(registers) => keys.extend_from_slice(&self.banding.keys(registers)),
                    None => keys.resize(keys.len() + bands, 0),
                }
            }
            let valid: Vec<bool> = rows.iter().map(Option::is_some).collect();
            self.lists(Arc::new(UInt64Array::from(keys)), bands, &valid)
        })
        .or_raise(py)
    }

    /// Estimates of similarity, row by row; either side may be a single row.
    fn estimate(
        &self,
        py: Python<'_>,
        a: &Bound<'_, PyAny>,
        b: &Bound<'_, PyAny>,
    ) -> PyResult<ArrowColumn> {
        let (a, b) = (self.import(a)?, self.import(b)?);
        let estimates = py.detach(|| -> Result<Float64Array> {
            let spec = *self.sketcher.spec();
            if let (Some(a), Some(b)) = (self.wide(&a)?, self.wide(&b)?) {
                return rows_of_both(&a, &b, |a: &&[u64], b: &&[u64]| {
                    Sketch::new(spec, *a)?.estimate(&Sketch::new(spec, *b)?)
                });
            }
            if let (Some(a), Some(b)) = (self.narrow(&a)?, self.narrow(&b)?) {
                return rows_of_both(&a, &b, |a: &&[u16], b: &&[u16]| {
                    Ok(CompactSketch::new(*a).estimate(&CompactSketch::new(*b)))
                });
            }
            Err(Error::new(ErrorKind::Spec, "sketches of 64 and of 16 bits a register")
                .expected("both of one width"))
        });
        let field = Field::new("estimate", DataType::Float64, true);
        Ok(ArrowColumn::new(Arc::new(estimates.or_raise(py)?), field))
    }

    /// Exact similarity and containments of texts, row by row.
    fn scores(
        &self,
        py: Python<'_>,
        a: &Bound<'_, PyAny>,
        b: &Bound<'_, PyAny>,
    ) -> PyResult<ArrowColumn> {
        let scores = self.score(py, a, b)?;
        let valid: Vec<bool> = scores.iter().map(Option::is_some).collect();
        let parts: [ScorePart; 3] = [
            ("similarity", |scores| scores.similarity),
            ("a_in_b", |scores| scores.a_in_b),
            ("b_in_a", |scores| scores.b_in_a),
        ];
        let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = parts
            .iter()
            .map(|(name, part)| {
                let column: Float64Array = scores.iter().map(|s| s.as_ref().map(part)).collect();
                (Field::new(*name, DataType::Float64, true), Arc::new(column) as ArrayRef)
            })
            .unzip();
        let array = StructArray::try_new(fields.into(), columns, nulls(&valid));
        let array = array.map_err(|error| raise(py, &unmade(&error)))?;
        let field = Field::new("scores", array.data_type().clone(), true);
        Ok(ArrowColumn::new(Arc::new(array), field))
    }

    /// Exact similarity of texts, row by row.
    fn similarity(
        &self,
        py: Python<'_>,
        a: &Bound<'_, PyAny>,
        b: &Bound<'_, PyAny>,
    ) -> PyResult<ArrowColumn> {
        let scores = self.score(py, a, b)?;
        let column: Float64Array =
            scores.iter().map(|scores| scores.as_ref().map(|scores| scores.similarity)).collect();
        let field = Field::new("similarity", DataType::Float64, true);
        Ok(ArrowColumn::new(Arc::new(column), field))
    }

    /// What texts share, row by row.
    fn align(
        &self,
        py: Python<'_>,
        a: &Bound<'_, PyAny>,
        b: &Bound<'_, PyAny>,
    ) -> PyResult<ArrowColumn> {
        let (a, b) = (Batch::new(a)?, Batch::new(b)?);
        let (a, b) = (a.texts(py)?, b.texts(py)?);
        let rows = both(a.len(), b.len()).or_raise(py)?;
        let pool = self.pool(py)?;
        alignment::column(py, pool.as_ref(), &a, &b, rows)
    }
}

impl Sketcher {
    fn pool(&self, py: Python<'_>) -> PyResult<Option<rayon::ThreadPool>> {
        if self.threads == 1 {
            return Ok(None);
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let error = |error| {
            Error::new(ErrorKind::Config, format!("no room for {} threads", self.threads))
                .remedy("ask for fewer")
                .because(error)
        };
        pool.map_err(|cause: rayon::ThreadPoolBuildError| raise(py, &error(cause))).map(Some)
    }

    fn score(
        &self,
        py: Python<'_>,
        a: &Bound<'_, PyAny>,
        b: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<Option<Scores>>> {
        let (a, b) = (Batch::new(a)?, Batch::new(b)?);
        let (a, b) = (a.texts(py)?, b.texts(py)?);
        let rows = both(a.len(), b.len()).or_raise(py)?;
        let size = |row: usize| at(&a, row).map_or(0, str::len) + at(&b, row).map_or(0, str::len);
        let sizes: Vec<usize> = (0..rows).map(size).collect();
        let shingle_size = self.sketcher.spec().shingle_size();
        let init = || (Tokenizer::new(), TokenBuffer::default(), TokenBuffer::default());
        let pool = self.pool(py)?;
        for_each(py, pool.as_ref(), &sizes, init, |(tokenizer, of_a, of_b), row| {
            tokenizer.tokenize(at(&a, row)?, of_a);
            tokenizer.tokenize(at(&b, row)?, of_b);
            Some(exact_scores(&of_a.hashes, &of_b.hashes, shingle_size))
        })
    }

    /// Sketches from outside, if they are of this specification as far as they say.
    fn import(&self, sketches: &Bound<'_, PyAny>) -> PyResult<Imported> {
        let py = sketches.py();
        let Some(imported) = Imported::from_python(sketches)? else {
            let error = Error::new(ErrorKind::Field, "sketches that are no Arrow column")
                .expected("what sketch() returned, or the column it was stored in");
            return Err(raise(py, &error));
        };
        if let Some(id) = imported.field.metadata().get(SPEC) {
            let theirs: SketchSpec = id.parse().or_raise(py)?;
            self.sketcher.spec().require_same(&theirs).or_raise(py)?;
        }
        Ok(imported)
    }

    fn wide<'a>(&self, sketches: &'a Imported) -> Result<Option<Vec<Option<&'a [u64]>>>> {
        let mut all = Vec::with_capacity(sketches.len());
        for chunk in &sketches.chunks {
            let Some(rows) = lists::<UInt64Type>(chunk) else { return Ok(None) };
            all.extend(rows);
        }
        self.check_lengths(all.iter().flatten().map(|registers| registers.len()))?;
        Ok(Some(all))
    }

    fn narrow<'a>(&self, sketches: &'a Imported) -> Result<Option<Vec<Option<&'a [u16]>>>> {
        let mut all = Vec::with_capacity(sketches.len());
        for chunk in &sketches.chunks {
            let Some(rows) = lists::<UInt16Type>(chunk) else { return Ok(None) };
            all.extend(rows);
        }
        self.check_lengths(all.iter().flatten().map(|registers| registers.len()))?;
        Ok(Some(all))
    }

    fn check_lengths(&self, mut lengths: impl Iterator<Item = usize>) -> Result<()> {
        let size = self.sketcher.spec().sketch_size() as usize;
        match lengths.find(|&length| length != size) {
            None => Ok(()),
            Some(other) => {
                Err(Error::new(ErrorKind::Spec, format!("a sketch of {other} registers"))
                    .expected(format!("{size}, as {} says", self.sketcher.spec())))
            }
        }
    }

    fn column(&self, sketches: &[Option<Sketch>]) -> Result<ArrowColumn> {
        let size = self.sketcher.spec().sketch_size() as usize;
        let mut values = Vec::with_capacity(sketches.len() * size);
        for sketch in sketches {
            match sketch {
                Some(sketch) => values.extend_from_slice(sketch.registers()),
                None => values.resize(values.len() + size, 0),
            }
        }
        let valid: Vec<bool> = sketches.iter().map(Option::is_some).collect();
        self.lists(Arc::new(UInt64Array::from(values)), size, &valid)
    }

    fn compact_column(&self, sketches: &[Option<Sketch>]) -> Result<ArrowColumn> {
        let size = self.sketcher.spec().sketch_size() as usize;
        let mut values = Vec::with_capacity(sketches.len() * size);
        for sketch in sketches {
            match sketch {
                Some(sketch) => values.extend_from_slice(sketch.compact().registers()),
                None => values.resize(values.len() + size, 0),
            }
        }
        let valid: Vec<bool> = sketches.iter().map(Option::is_some).collect();
        self.lists(Arc::new(UInt16Array::from(values)), size, &valid)
    }

    /// A column of lists of one size, whose field names the specification.
    fn lists(&self, values: ArrayRef, size: usize, valid: &[bool]) -> Result<ArrowColumn> {
        let item = Arc::new(Field::new("item", values.data_type().clone(), false));
        let array = FixedSizeListArray::try_new(item, size as i32, values, nulls(valid))
            .map_err(|error| unmade(&error))?;
        let metadata = HashMap::from([(SPEC.to_owned(), self.sketcher.spec().id())]);
        let field = Field::new("sketch", array.data_type().clone(), true).with_metadata(metadata);
        Ok(ArrowColumn::new(Arc::new(array), field))
    }
}

/// Nothing where every row is there.
pub(crate) fn nulls(valid: &[bool]) -> Option<NullBuffer> {
    Some(NullBuffer::from(valid)).filter(|nulls| nulls.null_count() > 0)
}

pub(crate) fn unmade(error: &arrow_schema::ArrowError) -> Error {
    Error::new(ErrorKind::Limit, format!("a column that cannot be made ({error})"))
        .remedy("hand over smaller batches")
}

fn sizes(texts: &[Option<&str>]) -> Vec<usize> {
    texts.iter().map(|text| text.map_or(0, str::len)).collect()
}

/// A row, or the only one.
pub(crate) fn at<T: Copy>(rows: &[Option<T>], row: usize) -> Option<T> {
    if rows.len() == 1 { rows[0] } else { rows.get(row).copied().flatten() }
}

/// Number of rows of two columns of which one may be a single row.
pub(crate) fn both(a: usize, b: usize) -> Result<usize> {
    match (a, b) {
        _ if a == b => Ok(a),
        (1, rows) | (rows, 1) => Ok(rows),
        _ => Err(Error::new(ErrorKind::Config, format!("columns of {a} and {b} rows"))
            .expected("as many rows on both sides, or a single one")),
    }
}

fn rows_of_both<T: Copy>(
    a: &[Option<T>],
    b: &[Option<T>],
    estimate: impl Fn(&T, &T) -> Result<f64>,
) -> Result<Float64Array> {
    let rows = both(a.len(), b.len())?;
    (0..rows)
        .map(|row| match (at(a, row), at(b, row)) {
            (Some(a), Some(b)) => estimate(&a, &b).map(Some),
            _ => Ok(None),
        })
        .collect()
}
