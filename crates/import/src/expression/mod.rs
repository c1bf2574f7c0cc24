//! CEL expressions over the columns of a line, compiled and checked when the mapping is loaded.
//!
//! The language here is CEL without macros and without floating point: columns are text, as they stand in the file, and every value that an
//! expression gives has a type that is known before the first line is read. A column is bound by its number, not by its name.

mod check;
mod functions;

use crate::fields::Fields;
use cel::{
    Context, Env, ExecutionError, Value,
    common::{
        ast::IdedExpr,
        types::{CelBool, CelInt, CelList, CelString},
        value::{CowVal, Val},
    },
    context::VariableResolver,
};
use crossdock_conditions::Parsed;
use std::sync::Arc;

/// Longest expression. The parser is recursive.
const LONGEST: usize = 8_000;

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Bool,
    Int,
    /// Text `YYYY-MM-DD`, or empty.
    Date,
    /// RFC 3339 text in UTC, or empty.
    Instant,
    /// A list of texts.
    List,
    /// A map from text to text.
    Map,
}

impl Type {
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Date | Self::Instant)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Date => "a date",
            Self::Instant => "an instant",
            Self::List => "a list",
            Self::Map => "a map",
        }
    }
}

/// A value that an expression gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Text(String),
    Bool(bool),
    Int(i64),
    List(Vec<String>),
}

/// What compiling needs beside the expression.
pub(crate) struct Compiler {
    env: Arc<Env>,
}

impl Compiler {
    pub(crate) fn new() -> Self {
        let mut env = Env::default().with_stdlib();
        functions::register(&mut env);
        Self { env: Arc::new(env) }
    }

    /// Compiles and checks an expression over these columns.
    pub(crate) fn compile(&self, text: &str, columns: &[String]) -> Result<Expression, String> {
        let mut parsed = Parsed::read(&self.env, text, LONGEST)?;
        let mut checker = check::Checker::new(columns);
        let checked = checker.check(&mut parsed.expression);
        let gives = checked.map_err(|fault| parsed.fault(fault.node, &fault.message))?;
        Ok(Expression { expression: parsed.expression, gives, columns: checker.used })
    }

    /// What evaluating needs beside the line.
    pub(crate) fn context(&self) -> Context<'static, 'static> {
        Context::with_env(Arc::clone(&self.env))
    }
}

/// A checked expression.
#[derive(Debug)]
pub(crate) struct Expression {
    expression: IdedExpr,
    pub(crate) gives: Type,
    /// The columns it reads, for errors.
    pub(crate) columns: Vec<usize>,
}

impl Expression {
    /// Its value for a line.
    pub(crate) fn evaluate<'r>(&'r self, context: &'r Context<'static, 'static>, line: &'r Fields) -> Result<Given, String> {
        let context: &Context<'_, 'r> = context;
        let mut scope = context.new_inner_scope();
        scope.set_variable_resolver(line);
        let value = Value::resolve_val(&self.expression, &scope).map_err(|error| explain(&error))?;
        given(value.as_ref()).ok_or_else(|| String::from("the expression gave a value of no known type"))
    }

    /// Whether the condition holds for a line.
    pub(crate) fn holds(&self, context: &Context<'static, 'static>, line: &Fields) -> Result<bool, String> {
        Ok(self.evaluate(context, line)? == Given::Bool(true))
    }
}

fn given(value: &dyn Val) -> Option<Given> {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        return Some(Given::Text(text.inner().to_owned()));
    }
    if let Some(truth) = value.downcast_ref::<CelBool>() {
        return Some(Given::Bool(*truth.inner()));
    }
    if let Some(number) = value.downcast_ref::<CelInt>() {
        return Some(Given::Int(*number.inner()));
    }
    let list = value.downcast_ref::<CelList<'_>>()?;
    let texts = list.inner().iter().map(|element| element.downcast_ref::<CelString<'_>>().map(|text| text.inner().to_owned()));
    Some(Given::List(texts.collect::<Option<_>>()?))
}

fn explain(error: &ExecutionError) -> String {
    match error {
        ExecutionError::FunctionError { function, message } => format!("{function}: {message}"),
        ExecutionError::NoSuchKey(key) => format!("the map has no `{key}`"),
        other => other.to_string(),
    }
}

impl VariableResolver for Fields {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let column = variable.strip_prefix(check::COLUMN)?.parse().ok()?;
        Some(CowVal::owned(CelString::from(self.text(column))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<String> {
        ["Code", "Unit Price", "When"].map(String::from).to_vec()
    }

    fn line() -> Fields {
        Fields::of(&["85123a", "-2.55", "2011-03-27T01:30:00"])
    }

    fn run(text: &str) -> Result<Given, String> {
        let compiler = Compiler::new();
        compiler.compile(text, &columns())?.evaluate(&compiler.context(), &line())
    }

    fn text(value: &str) -> Result<Given, String> {
        Ok(Given::Text(value.to_owned()))
    }

    #[test]
    fn gives_values() {
        assert_eq!(run("upper(row.Code)"), text("85123A"));
        assert_eq!(run("abs(row['Unit Price']) + ' GBP'"), text("2.55 GBP"));
        assert_eq!(run("is_negative(row['Unit Price']) && row.Code.matches('^[0-9]{5}[a-z]$')"), Ok(Given::Bool(true)));
        assert_eq!(run("matches(row.Code, '^[0-9]+$')"), Ok(Given::Bool(false)));
        assert_eq!(run("row.Code in ['a', '85123a'] ? 'yes' : 'no'"), text("yes"));
        assert_eq!(run("{'85123a': 'x'}[row.Code]"), text("x"));
        assert_eq!(run("[row.Code, part(row.When, 'T', 1)]"), Ok(Given::List(vec!["85123a".into(), "2011-03-27".into()])));
        assert_eq!(run("size(row.Code) + 1"), Ok(Given::Int(7)));
        assert_eq!(run("compare(row['Unit Price'], '-2.550') == 0"), Ok(Given::Bool(true)));
        assert_eq!(run("first(trim('  '), row.Code)"), text("85123a"));
        assert_eq!(run("replace(row.Code, '123', '-')"), text("85-a"));
    }

    #[test]
    fn keeps_dates_and_instants_apart() {
        assert_eq!(run("date(row.When)"), text("2011-03-27"));
        assert_eq!(run("date('27.03.2011', '%d.%m.%Y')"), text("2011-03-27"));
        assert_eq!(run("date('')"), text(""));
        assert_eq!(run("date(row.When) >= '2011-01-01'"), Ok(Given::Bool(true)));
        // 01:30 does not exist that night in London: the clock jumps from 1 to 2.
        assert_eq!(run("instant(row.When, 'Europe/London')"), text("2011-03-27T01:30:00Z"));
        assert_eq!(run("instant('12/1/2010 8:26', 'America/New_York', '%m/%d/%Y %H:%M')"), text("2010-12-01T13:26:00Z"));
        assert_eq!(run("micros(instant('1970-01-01T00:00:01+00:00'))"), Ok(Given::Int(1_000_000)));
        assert!(run("date('2010-12-01T08:26:00Z')").unwrap_err().contains("instant"));
        assert!(run("date('2010-13-01')").unwrap_err().contains("`2010-13-01`"));
        assert!(run("instant(row.When)").unwrap_err().contains("RFC 3339"));
    }

    #[test]
    fn refuses_when_compiled() {
        for (expression, message) in [
            ("upper(row.Code", "at offset 14 "),
            ("uper(row.Code)", "unknown function `uper`; did you mean `upper`?"),
            ("upper(row.Cod)", "at offset 9 of the expression: there is no column `Cod`; did you mean `Code`?"),
            ("row['Unit Prize']", "did you mean `Unit Price`?"),
            ("rwo.Code", "unknown name `rwo`"),
            ("row", "row.<column>"),
            ("row.Code == 5", "compares text with a whole number"),
            ("row.Code < '5'", "use compare("),
            ("date(row.When) < row.Code", "use compare("),
            ("row.Code ? 'a' : 'b'", "the condition before `?` is text"),
            ("true ? 'a' : 1", "gives text or a whole number"),
            ("!row.Code", "`!` needs true or false"),
            ("row.Code && true", "`&&` needs true or false"),
            ("upper(1)", "upper(text)"),
            ("upper()", "upper(text)"),
            ("1.5", "floating point"),
            ("double('1')", "unknown function `double`"),
            ("null", "null"),
            ("row.Code.matches(row.When)", "pattern must be written out"),
            ("row.Code.matches('[')", "no regular expression"),
            ("instant(row.When, 'Europe/Londn')", "unknown time zone `Europe/Londn`"),
            ("[1, 2]", "a list here holds texts"),
            ("has(row.Code)", "unknown function `has`"),
            ("row.Code + 1", "`+`"),
            ("Foo{a: 1}", "not available"),
        ] {
            let error = Compiler::new().compile(expression, &columns()).unwrap_err();
            assert!(error.contains(message), "{expression}: {error}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        for text in ["(".repeat(7_000), "!".repeat(7_000), "[".repeat(7_000), "upper(".repeat(1_300), "true ? 'a' : ".repeat(600)] {
            assert!(Compiler::new().compile(&text, &columns()).is_err());
        }
        for text in [format!("1{}", "+1".repeat(3_000)), format!("{{'a': row.Code{}}}", ".a".repeat(3_000))] {
            assert!(Compiler::new().compile(&text, &columns()).unwrap_err().contains("nested more than 100 deep"));
        }
    }

    #[test]
    fn a_pattern_that_every_line_would_wait_for_is_refused() {
        let error = Compiler::new().compile("row.Code.matches('(a{0,200}){0,200}$')", &columns()).unwrap_err();
        assert!(error.contains("size limit"), "{error}");
    }

    #[test]
    fn a_bad_value_is_an_error_with_the_value() {
        assert_eq!(run("negate(row.Code)"), Err("negate: `85123a` is not a decimal number such as 12.5".into()));
        assert_eq!(run("{'a': 'b'}[row.Code]"), Err("the map has no `85123a`".into()));
        assert!(run("9223372036854775807 + 1").unwrap_err().contains("Overflow"));
    }
}
