//! Errors of the library as exceptions of the package.

use doublet::{Error, ErrorKind};
use pyo3::prelude::*;

/// The exception for an error: the class of its kind, with message, file and line.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let raised = || {
        let classes = py.import("doublet.errors")?;
        let class = classes.getattr(class_of(error.kind()))?;
        let path = error.path().map(|path| path.to_string_lossy().into_owned());
        let exception = class.call1((in_python(&error.message()), path, error.line_number()))?;
        if let Some(code) = system_code(error) {
            exception.setattr("errno", code)?;
        }
        Ok(PyErr::from_value(exception))
    };
    raised().unwrap_or_else(|error| error)
}

/// Converts results at the edge to Python.
pub(crate) trait OrRaise<T> {
    /// The value, or the error as an exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for doublet::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| raise(py, &error))
    }
}

fn class_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Config => "ConfigError",
        ErrorKind::Io => "IoError",
        ErrorKind::Encoding => "EncodingError",
        ErrorKind::Format => "FormatError",
        ErrorKind::Field => "FieldError",
        ErrorKind::Compression => "CompressionError",
        ErrorKind::Limit => "LimitError",
        ErrorKind::Spec => "SpecError",
        ErrorKind::Interrupted => "RunInterruptedError",
        // A kind that a later version of the library adds.
        _ => "Error",
    }
}

fn system_code(error: &Error) -> Option<i32> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<std::io::Error>()?.raw_os_error()
}

/// Options as they are written here: `text_field=` for `--text-field`.
fn in_python(message: &str) -> String {
    let mut parts = message.split("--");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(part.len());
        let (option, rest) = part.split_at(end);
        if option.is_empty() {
            text.push_str("--");
        } else {
            text.push_str(&option.replace('-', "_"));
            text.push('=');
        }
        text.push_str(rest);
    }
    text
}
