//! From text to an expression, with the place of what is wrong.

use cel::{Env, Program, common::ast::IdedExpr};

/// An expression that is CEL; what it means is not known yet.
pub struct Parsed {
    program: Program,
    /// The expression.
    pub expression: IdedExpr,
}

impl Parsed {
    /// Reads a text of at most `longest` bytes.
    ///
    /// # Errors
    /// Where it is no CEL.
    pub fn read(env: &Env, text: &str, longest: usize) -> Result<Self, String> {
        if text.len() > longest {
            return Err(format!("the expression is longer than {longest} bytes"));
        }
        let program = env.compile(text).map_err(|errors| {
            let first = errors.errors.first().map(|error| (offset(text, error.pos), error.msg.clone()));
            let (offset, message) = first.unwrap_or_default();
            located(offset, &message)
        })?;
        let expression = program.expression().clone();
        Ok(Self { program, expression })
    }

    /// What is wrong with a node, with its place in the text.
    pub fn fault(&self, node: u64, message: &str) -> String {
        let start = self.program.source_info().offset_for(node).map_or(0, |(start, _)| start);
        located(usize::try_from(start).unwrap_or(0), message)
    }
}

fn located(offset: usize, message: &str) -> String {
    format!("at offset {offset} of the expression: {message}")
}

/// The parser counts lines and columns from 1.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let before: usize = text.split_inclusive('\n').take(usize::try_from(line - 1).unwrap_or(0)).map(str::len).sum();
    before + usize::try_from(column - 1).unwrap_or(0)
}
