//! From text to an expression, with the place of what is wrong.

use cel::{
    Env, Program,
    common::ast::{EntryExpr, Expr, IdedEntryExpr, IdedExpr},
};

/// Deepest expression. The parser bounds brackets; a chain such as `1+1+1+…` is as deep as it is long, and what checks and evaluates it is recursive.
const DEEPEST: usize = 100;

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
        if is_deeper(program.expression(), DEEPEST) {
            return Err(format!("the expression is nested more than {DEEPEST} deep: a chain of operators is as deep as it is long"));
        }
        let expression = program.expression().clone();
        Ok(Self { program, expression })
    }

    /// What is wrong with a node, with its place in the text.
    pub fn fault(&self, node: u64, message: &str) -> String {
        let start = self.program.source_info().offset_for(node).map_or(0, |(start, _)| start);
        located(usize::try_from(start).unwrap_or(0), message)
    }
}

fn is_deeper(expression: &IdedExpr, deepest: usize) -> bool {
    let mut waiting = vec![(expression, 1)];
    while let Some((node, depth)) = waiting.pop() {
        if depth > deepest {
            return true;
        }
        waiting.extend(parts(&node.expr).into_iter().map(|part| (part, depth + 1)));
    }
    false
}

/// What is in an expression; nothing of what is available nowhere, since nobody looks into that.
fn parts(expression: &Expr) -> Vec<&IdedExpr> {
    match expression {
        Expr::Call(call) => call.target.iter().map(AsRef::as_ref).chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().filter_map(in_map).flatten().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Comprehension(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => Vec::new(),
    }
}

fn in_map(entry: &IdedEntryExpr) -> Option<[&IdedExpr; 2]> {
    if let EntryExpr::MapEntry(entry) = &entry.expr { Some([&entry.key, &entry.value]) } else { None }
}

fn located(offset: usize, message: &str) -> String {
    format!("at offset {offset} of the expression: {message}")
}

/// The parser counts lines and columns from 1.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let before: usize = text.split_inclusive('\n').take(usize::try_from(line - 1).unwrap_or(0)).map(str::len).sum();
    before + usize::try_from(column - 1).unwrap_or(0)
}
