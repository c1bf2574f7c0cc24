//! Checks an expression before it runs: names, columns, functions, types.

use super::{
    Type,
    functions::{self, Signature},
};
use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use crossdock_yaml::did_you_mean;

/// Begins the name that a checked expression has for a column; its number follows. No name in an expression can look so.
pub(super) const COLUMN: &str = "#";

/// What is wrong, and with which node.
pub(super) struct Fault {
    pub(super) node: u64,
    pub(super) message: String,
}

/// Checks expressions over these columns.
pub(super) struct Checker<'a> {
    columns: &'a [String],
    /// Columns seen so far.
    pub(super) used: Vec<usize>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(columns: &'a [String]) -> Self {
        Self { columns, used: Vec::new() }
    }

    /// The type of an expression. Columns in it are bound to their numbers.
    pub(super) fn check(&mut self, node: &mut IdedExpr) -> Result<Type, Fault> {
        let id = node.id;
        self.check_expr(id, &mut node.expr)
    }

    fn check_expr(&mut self, id: u64, expr: &mut Expr) -> Result<Type, Fault> {
        if let Some(name) = column_name(expr) {
            let name = name.to_owned();
            *expr = Expr::Ident(format!("{COLUMN}{}", self.column(id, &name)?));
            return Ok(Type::Text);
        }
        match expr {
            Expr::Literal(literal) => literal_type(literal).map_err(|message| fault(id, message)),
            Expr::Call(call) => self.call(id, call),
            Expr::List(list) => {
                for element in &mut list.elements {
                    self.expect_text(element, "a list here holds texts")?;
                }
                Ok(Type::List)
            }
            Expr::Map(map) => {
                for entry in &mut map.entries {
                    let EntryExpr::MapEntry(entry) = &mut entry.expr else {
                        return Err(fault(id, "a map here goes from text to text"));
                    };
                    self.expect_text(&mut entry.key, "a map here goes from text to text")?;
                    self.expect_text(&mut entry.value, "a map here goes from text to text")?;
                }
                Ok(Type::Map)
            }
            Expr::Ident(name) if name == "row" => Err(fault(id, "`row` alone is no value: write row.<column> or row['<column>']")),
            Expr::Ident(name) => Err(fault(id, format!("unknown name `{name}`: columns are written row.<column>, texts in quotes"))),
            Expr::Select(select) => {
                self.check(&mut select.operand)?;
                Err(fault(id, format!("`.{}`: text has no fields", select.field)))
            }
            Expr::Comprehension(_) | Expr::Struct(_) | Expr::Unspecified => Err(fault(id, "this part of CEL is not available in mappings")),
        }
    }

    fn column(&mut self, id: u64, name: &str) -> Result<usize, Fault> {
        let Some(column) = self.columns.iter().position(|column| column == name) else {
            let hint = did_you_mean(name, self.columns.iter().map(String::as_str));
            return Err(fault(id, format!("there is no column `{name}`{hint}")));
        };
        if !self.used.contains(&column) {
            self.used.push(column);
        }
        Ok(column)
    }

    fn call(&mut self, id: u64, call: &mut CallExpr) -> Result<Type, Fault> {
        let mut types = Vec::with_capacity(call.args.len() + 1);
        if let Some(target) = &mut call.target {
            types.push(self.check(target)?);
        }
        for argument in &mut call.args {
            types.push(self.check(argument)?);
        }
        if call.target.is_none()
            && let Some(found) = operator(&call.func_name, &types, &call.args)
        {
            return found.map_err(|message| fault(id, message));
        }
        function(call, &types).map_err(|message| fault(id, message))
    }

    fn expect_text(&mut self, node: &mut IdedExpr, message: &str) -> Result<(), Fault> {
        if self.check(node)?.is_text() { Ok(()) } else { Err(fault(node.id, message)) }
    }
}

fn fault(node: u64, message: impl Into<String>) -> Fault {
    Fault { node, message: message.into() }
}

/// The column that `row.Name` or `row['Name']` names.
fn column_name(expr: &Expr) -> Option<&str> {
    let is_row = |node: &IdedExpr| matches!(&node.expr, Expr::Ident(name) if name == "row");
    match expr {
        Expr::Select(select) if !select.test && is_row(&select.operand) => Some(&select.field),
        Expr::Call(call) if call.func_name == operators::INDEX && call.args.first().is_some_and(is_row) => text_literal(call.args.get(1)?),
        _ => None,
    }
}

fn text_literal(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn literal_type(literal: &LiteralValue) -> Result<Type, String> {
    match literal {
        LiteralValue::String(_) => Ok(Type::Text),
        LiteralValue::Int(_) => Ok(Type::Int),
        LiteralValue::Boolean(_) => Ok(Type::Bool),
        LiteralValue::Double(_) => Err(String::from("floating point is not exact: write the number as text, such as '1.5'")),
        LiteralValue::Null => Err(String::from("there is no null: an empty text means absent")),
        LiteralValue::Bytes(_) | LiteralValue::UInt(_) => Err(String::from("only texts, whole numbers, true and false are available here")),
    }
}

/// The type of an operator's result; nothing if `name` is no operator.
fn operator(name: &str, types: &[Type], args: &[IdedExpr]) -> Option<Result<Type, String>> {
    let all = |wanted: Type| types.iter().all(|found| *found == wanted);
    let names = || types.iter().map(|found| found.name()).collect::<Vec<_>>().join(" and ");
    let need = |ok: bool, symbol: &str, what: &str, gives: Type| {
        if ok { Ok(gives) } else { Err(format!("`{symbol}` needs {what}, here it has {}", names())) }
    };
    Some(match (name, types) {
        (operators::CONDITIONAL, [condition, then, otherwise]) => conditional(*condition, *then, *otherwise),
        (operators::LOGICAL_AND, _) => need(all(Type::Bool), "&&", "true or false on both sides", Type::Bool),
        (operators::LOGICAL_OR, _) => need(all(Type::Bool), "||", "true or false on both sides", Type::Bool),
        (operators::LOGICAL_NOT, _) => need(all(Type::Bool), "!", "true or false", Type::Bool),
        (operators::NEGATE, _) => need(all(Type::Int), "-", "a whole number (for text there is negate())", Type::Int),
        (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => equality(*left, *right),
        (operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS, [left, right]) => {
            order(*left, *right, args)
        }
        (operators::ADD, _) if types.iter().all(|found| found.is_text()) => Ok(Type::Text),
        (operators::ADD, _) => need(all(Type::Int), "+", "two texts or two whole numbers", Type::Int),
        (operators::SUBSTRACT, _) => need(all(Type::Int), "-", "two whole numbers", Type::Int),
        (operators::MULTIPLY, _) => need(all(Type::Int), "*", "two whole numbers", Type::Int),
        (operators::DIVIDE, _) => need(all(Type::Int), "/", "two whole numbers", Type::Int),
        (operators::MODULO, _) => need(all(Type::Int), "%", "two whole numbers", Type::Int),
        (operators::IN, [value, container]) => {
            need(value.is_text() && matches!(container, Type::List | Type::Map), "in", "a text and a list", Type::Bool)
        }
        (operators::INDEX, [Type::Map, key]) => need(key.is_text(), "[]", "a text in the brackets", Type::Text),
        (operators::INDEX, [Type::List, index]) => need(*index == Type::Int, "[]", "a whole number in the brackets", Type::Text),
        (operators::INDEX, _) => Err(format!("`[]` needs a map or a list before it, here it has {}", names())),
        _ => return None,
    })
}

fn conditional(condition: Type, then: Type, otherwise: Type) -> Result<Type, String> {
    if condition != Type::Bool {
        return Err(format!("the condition before `?` is {}, it must be true or false", condition.name()));
    }
    match (then, otherwise) {
        (then, otherwise) if then == otherwise => Ok(then),
        (then, otherwise) if then.is_text() && otherwise.is_text() => Ok(Type::Text),
        (then, otherwise) => Err(format!("`?:` gives {} or {}: both must be the same", then.name(), otherwise.name())),
    }
}

fn equality(left: Type, right: Type) -> Result<Type, String> {
    if left == right || (left.is_text() && right.is_text()) {
        return Ok(Type::Bool);
    }
    Err(format!("this compares {} with {}: columns are text, so write '5' for 5, or use is_zero() or compare()", left.name(), right.name()))
}

fn order(left: Type, right: Type, args: &[IdedExpr]) -> Result<Type, String> {
    let literal = |index: usize| args.get(index).and_then(text_literal).is_some();
    let dated = |kind: Type| (left == kind || (left == Type::Text && literal(0))) && (right == kind || (right == Type::Text && literal(1)));
    let only_literals = left == Type::Text && right == Type::Text;
    if (left, right) == (Type::Int, Type::Int) || (!only_literals && (dated(Type::Date) || dated(Type::Instant))) {
        return Ok(Type::Bool);
    }
    Err(String::from("texts do not compare as numbers: use compare(a, b) < 0, or date() or instant() on both sides"))
}

fn function(call: &mut CallExpr, types: &[Type]) -> Result<Type, String> {
    let name = call.func_name.as_str();
    let named = functions::SIGNATURES.iter().filter(|signature| signature.name == name);
    let mut candidates = named.clone().filter(|signature| signature.method.allows(call.target.is_some())).peekable();
    if candidates.peek().is_none() {
        if let Some(other) = named.clone().next() {
            return Err(format!("write {}", other.text()));
        }
        return Err(format!(
            "unknown function `{name}`{}",
            did_you_mean(name, functions::SIGNATURES.iter().map(|signature| signature.name))
        ));
    }
    let fits = |signature: &Signature| {
        signature.takes.len() == types.len()
            && signature.takes.iter().zip(types).all(|(takes, found)| takes == found || (*takes == Type::Text && found.is_text()))
    };
    let Some(gives) = candidates.clone().find(|signature| fits(signature)).map(|signature| signature.gives) else {
        let known: Vec<_> = candidates.map(Signature::text).collect();
        return Err(format!("write {}", known.join(" or ")));
    };
    match name {
        "matches" => pattern(call)?,
        "instant" => zone(call)?,
        _ => {}
    }
    Ok(gives)
}

/// Patterns are written out, so they are known to be sound and compiled once.
fn pattern(call: &mut CallExpr) -> Result<(), String> {
    let Some(pattern) = call.args.last().and_then(text_literal) else {
        return Err(String::from("the pattern must be written out as a text"));
    };
    functions::regex(pattern).map_err(|error| format!("`{pattern}` is no regular expression: {error}"))?;
    call.func_name = functions::MATCHES.to_owned();
    call.args.splice(0..0, call.target.take().map(|target| *target));
    Ok(())
}

fn zone(call: &CallExpr) -> Result<(), String> {
    let Some(zone) = call.args.get(1).and_then(text_literal) else { return Ok(()) };
    jiff::tz::TimeZone::get(zone).map(|_| ()).map_err(|_| format!("unknown time zone `{zone}`: use an IANA name such as Europe/London"))
}
