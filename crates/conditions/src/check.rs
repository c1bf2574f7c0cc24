//! The types of an expression. The CEL library has no checker of its own.

use crate::{Type, constant};
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use crossdock_yaml::did_you_mean;

type Names<'a> = &'a [(&'static str, Type)];

/// What is wrong, and with which node.
pub(crate) struct Fault {
    pub(crate) node: u64,
    pub(crate) message: String,
}

/// The type of an expression over these names.
pub(crate) fn check(node: &IdedExpr, names: Names<'_>) -> Result<Type, Fault> {
    let here = |message: String| Fault { node: node.id, message };
    match &node.expr {
        Expr::Literal(literal) => literal_type(literal).map_err(here),
        Expr::Ident(name) => known(name, names).map_err(here),
        Expr::List(list) => {
            for element in &list.elements {
                if !check(element, names)?.is_text() {
                    return Err(Fault { node: element.id, message: String::from("a list here holds texts") });
                }
            }
            if list.elements.is_empty() { Err(here(String::from("an empty list holds nothing"))) } else { Ok(Type::Texts) }
        }
        Expr::Call(call) => {
            named(&call.func_name).map_err(here)?;
            let operands = call.target.iter().map(AsRef::as_ref).chain(&call.args);
            let types = operands.map(|operand| check(operand, names)).collect::<Result<Vec<_>, _>>()?;
            call_type(call, &types).map_err(here)
        }
        Expr::Select(select) => Err(here(format!("`.{}`: values have no fields", select.field))),
        Expr::Comprehension(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
            Err(here(String::from("this part of CEL is not available in conditions")))
        }
    }
}

fn known(name: &str, names: Names<'_>) -> Result<Type, String> {
    if let Some((_, found)) = names.iter().find(|(known, _)| *known == name) {
        return Ok(*found);
    }
    let all = names.iter().map(|(known, _)| *known);
    match did_you_mean(name, all.clone()) {
        hint if hint.is_empty() => {
            Err(format!("unknown name `{name}`: there are {}; texts stand in quotes", all.collect::<Vec<_>>().join(", ")))
        }
        hint => Err(format!("unknown name `{name}`{hint}")),
    }
}

fn literal_type(literal: &LiteralValue) -> Result<Type, String> {
    match literal {
        LiteralValue::String(_) => Ok(Type::Text),
        LiteralValue::Int(_) => Ok(Type::Int),
        LiteralValue::Boolean(_) => Ok(Type::Bool),
        LiteralValue::Double(_) => Err(String::from("values here are whole numbers, amounts rounded up: write 5000, not 5000.0")),
        LiteralValue::Null => Err(String::from("there is no null: a text that is absent is ''")),
        LiteralValue::Bytes(_) | LiteralValue::UInt(_) => Err(String::from("only texts, whole numbers, true and false are available here")),
    }
}

fn call_type(call: &CallExpr, types: &[Type]) -> Result<Type, String> {
    let need = |ok: bool, symbol: &str, what: &str, gives: Type| {
        let found = || types.iter().map(|found| found.name()).collect::<Vec<_>>().join(" and ");
        if ok { Ok(gives) } else { Err(format!("`{symbol}` needs {what}, here it has {}", found())) }
    };
    let all = |wanted: Type| types.iter().all(|found| *found == wanted);
    let numbers = |symbol: &str, gives: Type| need(all(Type::Int), symbol, "whole numbers", gives);
    match (call.func_name.as_str(), types) {
        (operators::LOGICAL_AND, _) => need(all(Type::Bool), "&&", "true or false on both sides", Type::Bool),
        (operators::LOGICAL_OR, _) => need(all(Type::Bool), "||", "true or false on both sides", Type::Bool),
        (operators::LOGICAL_NOT, _) => need(all(Type::Bool), "!", "true or false", Type::Bool),
        (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => equality(call, *left, *right),
        (operators::LESS, _) => numbers("<", Type::Bool),
        (operators::LESS_EQUALS, _) => numbers("<=", Type::Bool),
        (operators::GREATER, _) => numbers(">", Type::Bool),
        (operators::GREATER_EQUALS, _) => numbers(">=", Type::Bool),
        (operators::ADD, _) => numbers("+", Type::Int),
        (operators::SUBSTRACT | operators::NEGATE, _) => numbers("-", Type::Int),
        (operators::MULTIPLY, _) => numbers("*", Type::Int),
        (operators::DIVIDE, _) => numbers("/", Type::Int).and_then(|gives| divided(call, gives)),
        (operators::MODULO, _) => numbers("%", Type::Int).and_then(|gives| divided(call, gives)),
        (operators::CONDITIONAL, [condition, then, otherwise]) => conditional(*condition, *then, *otherwise),
        (operators::IN, [value, list]) => {
            let gives = need(value.is_text() && *list == Type::Texts, "in", "a text and a list of texts", Type::Bool)?;
            elements(call).try_for_each(|element| possible(*value, element)).map(|()| gives)
        }
        _ => function(call, types),
    }
}

/// What may be called beside operators.
const FUNCTIONS: [&str; 4] = ["startsWith", "endsWith", "contains", "size"];

/// That a call is one of an operator or a function that exists. Asked before its arguments, which in a macro have names of their own.
fn named(name: &str) -> Result<(), String> {
    if FUNCTIONS.contains(&name) || !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Ok(());
    }
    match did_you_mean(name, FUNCTIONS) {
        _ if name == "exists" => Err(String::from("there is no `exists`: write 'X' in reasons")),
        hint if hint.is_empty() => Err(format!("unknown function `{name}`: there are {}", FUNCTIONS.join(", "))),
        hint => Err(format!("unknown function `{name}`{hint}")),
    }
}

fn function(call: &CallExpr, types: &[Type]) -> Result<Type, String> {
    match (call.func_name.as_str(), call.target.is_some(), types) {
        ("startsWith" | "endsWith" | "contains", true, [text, part]) if text.is_text() && part.is_text() => Ok(Type::Bool),
        ("size", false, [Type::Texts]) => Ok(Type::Int),
        ("size", _, _) => Err(String::from("write size(list of texts)")),
        (name @ ("startsWith" | "endsWith" | "contains"), _, _) => Err(format!("write text.{name}(text)")),
        _ => Err(String::from("this part of CEL is not available in conditions")),
    }
}

fn equality(call: &CallExpr, left: Type, right: Type) -> Result<Type, String> {
    match (left, right) {
        (Type::Texts, _) | (_, Type::Texts) => Err(String::from("a list is not compared: write 'X' in reasons, or size(reasons) == 0")),
        (left, right) if left.is_text() && right.is_text() => {
            let sides = [(left, call.args.get(1)), (right, call.args.first())];
            let literals = sides.into_iter().filter_map(|(kind, other)| Some((kind, text_of(other?)?)));
            literals.into_iter().try_for_each(|(kind, text)| possible(kind, text)).map(|()| Type::Bool)
        }
        (left, right) if left == right => Ok(Type::Bool),
        (left, right) => Err(format!("this compares {} with {}: numbers stand without quotes, texts in quotes", left.name(), right.name())),
    }
}

/// That a value of this type can be this text: otherwise the comparison says nothing.
fn possible(kind: Type, text: &str) -> Result<(), String> {
    match kind {
        Type::OneOf(all) if !all.contains(&text) => {
            let all: Vec<String> = all.iter().map(|one| format!("'{one}'")).collect();
            Err(format!("'{text}' is never the value here: there are {}", all.join(", ")))
        }
        _ => Ok(()),
    }
}

/// The texts written out in the list that `in` looks into.
fn elements(call: &CallExpr) -> impl Iterator<Item = &str> {
    let list = call.args.get(1).and_then(|list| if let Expr::List(list) = &list.expr { Some(list) } else { None });
    list.into_iter().flat_map(|list| list.elements.iter().filter_map(text_of))
}

fn text_of(node: &IdedExpr) -> Option<&str> {
    if let Expr::Literal(LiteralValue::String(text)) = &node.expr { Some(text.inner()) } else { None }
}

fn divided(call: &CallExpr, gives: Type) -> Result<Type, String> {
    if call.args.get(1).is_some_and(constant::is_zero) { Err(String::from("this divides by zero")) } else { Ok(gives) }
}

fn conditional(condition: Type, then: Type, otherwise: Type) -> Result<Type, String> {
    if condition != Type::Bool {
        return Err(format!("before `?` stands {}, it must be true or false", condition.name()));
    }
    match (then, otherwise) {
        (then, otherwise) if then == otherwise => Ok(then),
        (then, otherwise) if then.is_text() && otherwise.is_text() => Ok(Type::Text),
        (then, otherwise) => Err(format!("`?:` gives {} or {}: both must be the same", then.name(), otherwise.name())),
    }
}
