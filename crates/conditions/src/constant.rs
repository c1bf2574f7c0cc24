//! What is known of an expression before there are values.

use crate::evaluate;
use cel::common::{
    ast::{Expr, IdedExpr, operators},
    types::{CelBool, CelInt},
    value::Val,
};
use std::collections::BTreeMap;

/// Whether a condition is true or false whatever the values are; `None` where it depends on them.
pub(crate) fn truth(node: &IdedExpr) -> Option<bool> {
    let Expr::Call(call) = &node.expr else { return constant(node)?.downcast_ref::<CelBool>().map(|truth| *truth.inner()) };
    let sides = || (call.args.first().and_then(truth), call.args.get(1).and_then(truth));
    match call.func_name.as_str() {
        operators::LOGICAL_NOT => call.args.first().and_then(truth).map(|truth| !truth),
        operators::LOGICAL_AND => match sides() {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        operators::LOGICAL_OR => match sides() {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        _ => constant(node)?.downcast_ref::<CelBool>().map(|truth| *truth.inner()),
    }
}

/// Whether a divisor is zero whatever the values are.
pub(crate) fn is_zero(node: &IdedExpr) -> bool {
    constant(node).is_some_and(|value| value.downcast_ref::<CelInt>().is_some_and(|number| *number.inner() == 0))
}

/// The value of an expression without names.
fn constant(node: &IdedExpr) -> Option<Box<dyn Val>> {
    if has_names(node) { None } else { evaluate(node, &BTreeMap::new()).ok() }
}

fn has_names(node: &IdedExpr) -> bool {
    match &node.expr {
        Expr::Literal(_) => false,
        Expr::Call(call) => call.target.iter().any(|target| has_names(target)) || call.args.iter().any(has_names),
        Expr::List(list) => list.elements.iter().any(has_names),
        _ => true,
    }
}
