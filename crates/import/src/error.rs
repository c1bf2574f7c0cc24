//! What can be wrong: the mapping, the input as a whole, one line of it.

use crossdock_yaml::Located;
use std::io;

/// Why a mapping was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}:{column}: {message}")]
pub struct MappingError {
    /// Name of the mapping, as given to [`crate::Mapping::load`].
    pub name: String,
    /// Line in it, from 1.
    pub line: usize,
    /// Column in that line, from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl MappingError {
    pub(crate) fn at(name: &str, fault: Located) -> Self {
        Self { name: name.to_owned(), line: fault.line, column: fault.column, message: fault.message }
    }
}

/// Why the input cannot be read, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Reading or unpacking failed.
    #[error("cannot read past line {line}: {source}")]
    Read {
        /// Last line that was read.
        line: u64,
        /// The failure.
        source: io::Error,
    },
    /// It is text of another encoding.
    #[error("the input is UTF-16; save it as UTF-8")]
    Utf16,
    /// The header lacks columns that the mapping declares, or has one of them twice.
    #[error("the header has {found}, so {missing}; check `input.columns` and `input.delimiter` of the mapping")]
    Header {
        /// Its columns.
        found: String,
        /// What is wrong with them.
        missing: String,
    },
}

/// Why a line gave no records. The lines around it are not affected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}{}{message}", .field, if .field.is_empty() { "" } else { ": " })]
pub struct LineError {
    /// Line of the input, from 1, where its row begins.
    pub line: u64,
    /// Column or contract field, such as `demand_line.ordered_date`; empty where it concerns the line as a whole.
    pub field: String,
    /// The offending value, cut at 100 characters.
    pub value: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl LineError {
    pub(crate) fn new(line: u64, field: impl Into<String>, value: &str, message: impl Into<String>) -> Self {
        Self { line, field: field.into(), value: value.chars().take(100).collect(), message: message.into() }
    }
}
