//! Conditions of policies: CEL over named values, checked when they are read and not when they are needed.
//!
//! The language is CEL with true and false, whole numbers, texts and lists of texts; without macros, and without floating point, since the values
//! compared are money and quantities. A condition that does not fit the types of its names, divides by a constant zero, or can never hold is refused.

mod check;
mod constant;
mod parse;
mod values;
mod vocabulary;

pub use parse::Parsed;
pub use values::{Type, Value};
pub use vocabulary::{LINE, ORDER};

use cel::{Context, Env, ExecutionError, Value as Cel, common::ast::IdedExpr, common::types::CelBool};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// Longest condition in bytes. Checking and evaluating are recursive.
const LONGEST: usize = 2_000;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::default().with_stdlib()));

/// A condition that was checked.
#[derive(Clone, Debug)]
pub struct Condition {
    expression: Arc<IdedExpr>,
    always: bool,
}

impl Condition {
    /// Checks a condition over values of these names and types.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub fn compile(text: &str, names: &[(&'static str, Type)]) -> Result<Self, String> {
        let parsed = Parsed::read(&ENV, text, LONGEST)?;
        let gives = check::check(&parsed.expression, names).map_err(|fault| parsed.fault(fault.node, &fault.message))?;
        if gives != Type::Bool {
            return Err(format!("a condition is true or false, this is {}: compare it with something", gives.name()));
        }
        let always = match constant::truth(&parsed.expression) {
            Some(false) => return Err(String::from("never matches: it is false whatever the values are")),
            known => known.is_some(),
        };
        Ok(Self { expression: Arc::new(parsed.expression), always })
    }

    /// Whether it holds whatever the values are: nothing that is asked after it is ever reached.
    pub fn always_holds(&self) -> bool {
        self.always
    }

    /// Whether it holds for these values.
    ///
    /// # Errors
    /// If a value is missing, a division has no result, or a number grows past 64 bits.
    pub fn holds(&self, values: &BTreeMap<&'static str, Value>) -> Result<bool, String> {
        let truth = evaluate(&self.expression, values)?.downcast_ref::<CelBool>().map(|truth| *truth.inner());
        truth.ok_or_else(|| String::from("it gave neither true nor false"))
    }
}

/// The value of a checked expression.
fn evaluate(expression: &IdedExpr, values: &BTreeMap<&'static str, Value>) -> Result<Box<dyn cel::common::value::Val>, String> {
    let mut context = Context::with_env(Arc::clone(&ENV));
    for (name, value) in values {
        context.add_variable_as_val(*name, value.in_cel());
    }
    let value = Cel::resolve_val(expression, &context).map_err(|error| explain(&error))?;
    Ok(value.as_ref().clone_as_boxed())
}

fn explain(error: &ExecutionError) -> String {
    match error {
        ExecutionError::DivisionByZero(Cel::Int(what)) => format!("it divides {what} by zero"),
        ExecutionError::RemainderByZero(Cel::Int(what)) => format!("it takes the remainder of {what} by zero"),
        ExecutionError::Overflow(_, Cel::Int(left), Cel::Int(right)) => format!("{left} and {right} give a number past 64 bits"),
        ExecutionError::UndeclaredReference(name) => format!("there is no value of `{name}`"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
