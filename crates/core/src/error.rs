use std::{error::Error as Source, fmt};

/// What an operation of Crossdock returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is; decides the gRPC status and whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request itself is wrong; the same again fails again.
    Invalid,
    /// What it names is not there.
    NotFound,
    /// It is there already, or changed meanwhile.
    Conflict,
    /// The state does not allow it now.
    Precondition,
    /// A cursor or page token of another life of the store.
    OutOfRange,
    /// Nobody said who is calling.
    Unauthenticated,
    /// This caller may not.
    Denied,
    /// A limit was reached.
    Exhausted,
    /// Not now; nothing was changed; trying again can help.
    Unavailable,
    /// It may or may not have happened: ask before trying again, or send again what is idempotent.
    Unknown,
    /// A fault of Crossdock.
    Internal,
}

impl ErrorKind {
    /// Whether the same request may succeed later.
    pub fn retryable(self) -> bool {
        match self {
            Self::Unavailable | Self::Unknown | Self::Exhausted => true,
            Self::Invalid
            | Self::NotFound
            | Self::Conflict
            | Self::Precondition
            | Self::OutOfRange
            | Self::Unauthenticated
            | Self::Denied
            | Self::Internal => false,
        }
    }
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, such as `quantity.value`; empty for the record as a whole.
    pub field: String,
    /// UPPER_SNAKE reason.
    pub reason: &'static str,
    /// The value that was sent, cut at 100 characters.
    pub value: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Violation {
    /// A violation; `value` is cut at 100 characters.
    pub fn new(field: impl Into<String>, reason: &'static str, value: impl AsRef<str>, message: impl Into<String>) -> Self {
        let value = value.as_ref().chars().take(100).collect();
        Self { field: field.into(), reason, value, message: message.into() }
    }
}

/// The one error of Crossdock. `message` and `metadata` are for the caller; `source` stays inside.
#[derive(Debug)]
pub struct Error {
    /// What sort of failure.
    pub kind: ErrorKind,
    /// UPPER_SNAKE reason, stable, for machines.
    pub reason: &'static str,
    /// What was wrong, with which value, and what would be right.
    pub message: String,
    /// Further facts for machines.
    pub metadata: Vec<(&'static str, String)>,
    /// The wrong fields of a request.
    pub violations: Vec<Violation>,
    /// What lies behind it; logged, never sent.
    pub source: Option<Box<dyn Source + Send + Sync>>,
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, reason: &'static str, message: impl Into<String>) -> Self {
        Self { kind, reason, message: message.into(), metadata: Vec::new(), violations: Vec::new(), source: None }
    }

    /// The request is wrong.
    pub fn invalid(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, reason, message)
    }

    /// One field of the request is wrong.
    pub fn field(violation: Violation) -> Self {
        let value = if violation.value.is_empty() { String::new() } else { format!("{:?} ", violation.value) };
        let mut error = Self::new(ErrorKind::Invalid, violation.reason, format!("{}: {value}{}", violation.field, violation.message));
        error.violations.push(violation);
        error
    }

    /// What it names is not there.
    pub fn not_found(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, reason, message)
    }

    /// The state does not allow it.
    pub fn precondition(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Precondition, reason, message)
    }

    /// A fault of Crossdock: `message` is sent, `source` is not.
    pub fn internal(message: impl Into<String>, source: impl Into<Box<dyn Source + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Internal, "INTERNAL", message).because(source)
    }

    /// Adds what lies behind it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Source + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds a fact for machines.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((name, value.into()));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.message)
    }
}

impl Source for Error {
    fn source(&self) -> Option<&(dyn Source + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Source + 'static))
    }
}
