use super::{Condition, LINE, ORDER, Value};
use std::collections::BTreeMap;

fn values() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("kind", Value::Text("purchase".into())),
        ("supplier", Value::Text("SUP003".into())),
        ("tier", Value::Text(String::new())),
        ("mode", Value::Text("normal".into())),
        ("reasons", Value::Texts(vec!["BELOW_SAFETY_STOCK".into(), "PROMOTION".into()])),
        ("value", Value::Int(10_000)),
        ("value_known", Value::Bool(true)),
        ("quantity", Value::Int(0)),
        ("edited", Value::Bool(false)),
    ])
}

fn holds(text: &str) -> Result<bool, String> {
    Condition::compile(text, LINE)?.holds(&values())
}

#[test]
fn conditions_hold_or_not() {
    for (text, expected) in [
        ("value_known && value <= 5000", false),
        ("value_known && value <= 10000 && !edited", true),
        ("supplier in ['SUP001', 'SUP003'] || tier == 'strategic'", true),
        ("'PROMOTION' in reasons && size(reasons) == 2", true),
        ("supplier.startsWith('SUP') && !supplier.endsWith('4') && supplier.contains('00')", true),
        ("(mode == 'normal' ? 10 : 20) * 1000 == value", true),
        ("value % 3 == 1 && value / 3 == 3333 && -value < 0 && value - 1 + 1 == value", true),
        ("quantity == 0 || value / quantity > 5", true),
        ("true", true),
    ] {
        assert_eq!(holds(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_cannot_be_right_is_refused_before_it_is_used() {
    for (text, message) in [
        ("value >", "at offset "),
        ("", "at offset "),
        ("valeu > 5", "at offset 0 of the expression: unknown name `valeu`; did you mean `value`?"),
        ("true || unheard_of == 1", "at offset 8 of the expression: unknown name `unheard_of`: there are kind, item"),
        ("currency == 'EUR'", "unknown name `currency`"),
        ("value > '5000'", "`>` needs whole numbers, here it has a whole number and text"),
        ("value == '5000'", "compares a whole number with text: numbers stand without quotes"),
        ("supplier < 'SUP'", "`<` needs whole numbers"),
        ("value > 0.5", "values here are whole numbers"),
        ("double(value) > 1", "unknown function `double`"),
        ("supplier.startWith('S')", "did you mean `startsWith`?"),
        ("startsWith(supplier, 'S')", "write text.startsWith(text)"),
        ("value", "a condition is true or false, this is a whole number"),
        ("value + 1", "this is a whole number"),
        ("supplier", "this is text"),
        ("value && true", "`&&` needs true or false on both sides"),
        ("!value", "`!` needs true or false"),
        ("supplier + 'x' == 'y'", "`+` needs whole numbers"),
        ("edited ? value : supplier", "gives a whole number or text"),
        ("value ? true : false", "before `?` stands a whole number"),
        ("reasons == ['A']", "write 'X' in reasons"),
        ("supplier in reasons && value in reasons", "`in` needs a text and a list of texts"),
        ("supplier in []", "an empty list"),
        ("supplier in [1]", "a list here holds texts"),
        ("reasons.exists(r, r == 'A')", "write 'X' in reasons"),
        ("[supplier][0] == 'x'", "not available"),
        ("reasons.all(r, true)", "unknown function `all`: there are"),
        ("supplier.name == 'x'", "no fields"),
        ("kind == 'purchse'", "'purchse' is never the value here: there are 'purchase', 'transfer'"),
        ("'NORMAL' != mode", "'NORMAL' is never the value here"),
        ("tier in ['strategic', 'gold']", "'gold' is never the value here"),
        ("null == value", "no null"),
        ("value > 5u", "only texts, whole numbers"),
        ("{'a': 1}", "not available"),
        ("value / 0 > 1", "this divides by zero"),
        ("value % (1 - 1) > 1", "this divides by zero"),
        ("false", "never matches"),
        ("1 > 2", "never matches"),
        ("value > 5 && !true", "never matches"),
        ("value > 5 && ('a' == 'b' || false)", "never matches"),
    ] {
        let error = Condition::compile(text, LINE).unwrap_err();
        assert!(error.contains(message), "{text}: {error}");
    }
    assert!(Condition::compile("currency == 'EUR' && lines > 10", ORDER).is_ok());
}

#[test]
fn one_that_always_holds_says_so() {
    let always = |text: &str| Condition::compile(text, LINE).unwrap().always_holds();
    assert!(always("true") && always("2 > 1") && always("value > 5 || !false"));
    assert!(!always("value > 5") && !always("true && value > 5"));
}

#[test]
fn what_has_no_result_is_an_error_with_what_was_asked() {
    assert_eq!(holds("value / quantity > 1"), Err("it divides 10000 by zero".into()));
    assert_eq!(holds("value % quantity > 1"), Err("it takes the remainder of 10000 by zero".into()));
    assert!(holds("value * 9223372036854775807 > 1").unwrap_err().contains("past 64 bits"));
    assert!(holds("lifecycle == 'active'").unwrap_err().contains("`lifecycle`"));
}

#[test]
fn long_and_deep_conditions_are_refused_or_held() {
    for text in ["(".repeat(1_900), "!".repeat(1_900), "value > 1".repeat(300)] {
        assert!(Condition::compile(&text, LINE).is_err());
    }
    let long = |operators: usize| holds(&format!("value == {}1", "1+".repeat(operators)));
    assert_eq!(long(90), Ok(false));
    for text in [long(900), holds(&format!("value{} > 1", ".a".repeat(900))), holds(&format!("value{} > 1", "*value".repeat(300)))] {
        assert!(text.unwrap_err().contains("nested more than 100 deep"));
    }
    let chained = format!("{}true", "edited || ".repeat(150));
    assert_eq!(holds(&chained), Ok(true));
}

#[test]
fn values_read_as_people_write_them() {
    let texts = [Value::Bool(true), Value::Int(-3), Value::Text("a".into()), Value::Texts(vec!["a".into(), "b".into()])];
    assert_eq!(texts.map(|value| value.to_string()), ["true", "-3", "a", "a, b"]);
}

#[test]
fn a_condition_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Condition>();
}
