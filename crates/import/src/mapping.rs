//! A mapping, checked and ready to read with.

use crate::{
    InputError, MappingError, Rows,
    expression::{Compiler, Expression, Type},
    lines::Lines,
    plan::{Leaf, Plan, Source, resolve},
    spec::{Assignments, Format, InputSpec, MappingSpec, RecordSpec, SkipSpec, ValueSpec},
    target::{Target, Value},
};
use cel::Context;
use crossdock_proto::{KindInfo, schema};
use crossdock_yaml::{Fault, Place, did_you_mean};
use prost_reflect::{FieldDescriptor, MessageDescriptor};
use std::io::Read;

/// Fields of the envelope that a mapping may assign; the rest is Crossdock's.
const ENVELOPE: [&str; 6] = ["document", "line", "version.primary", "version.observed", "source_time", "operation"];

/// A field by the way to it.
type FieldPath = Vec<(FieldDescriptor, usize)>;

/// How the input is written.
pub(crate) enum Form {
    Csv { delimiter: u8, header: bool },
    Jsonl,
}

/// A rule that takes lines out.
pub(crate) struct Skip {
    pub(crate) rule: String,
    pub(crate) when: Expression,
    because: String,
}

/// One kind of record that lines give.
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) kind: u32,
    pub(crate) when: Option<Expression>,
    pub(crate) distinct_by: Vec<FieldPath>,
    pub(crate) envelope: Plan,
    pub(crate) fields: Plan,
}

/// A mapping: what of each line of a file becomes which record.
pub struct Mapping {
    pub(crate) form: Form,
    pub(crate) trim: bool,
    pub(crate) columns: Vec<String>,
    /// Columns whose values together number their lines.
    pub(crate) groups: Vec<Vec<usize>>,
    pub(crate) skips: Vec<Skip>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) context: Context<'static, 'static>,
}

/// A named rule of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    /// Its name.
    pub name: &'a str,
    /// Why, in the words of the mapping; may be empty.
    pub because: &'a str,
}

impl Mapping {
    /// Reads a mapping and checks all of it: names, kinds, fields, columns, expressions, types, constants. `name` is for errors.
    ///
    /// # Errors
    /// The first fault, with line and column.
    pub fn load(name: &str, text: &str) -> Result<Self, MappingError> {
        let spec: MappingSpec = crossdock_yaml::read(text).map_err(|fault| MappingError::at(name, fault))?;
        Loader::load(spec).map_err(|fault| MappingError::at(name, fault.located(text)))
    }

    /// Reads rows from an input, which may be packed with gzip.
    ///
    /// # Errors
    /// If its beginning cannot be read, or its header lacks a column.
    pub fn read<'a>(&'a self, input: impl Read + Send + 'a) -> Result<Rows<'a>, InputError> {
        Rows::new(self, Lines::new(input)?)
    }

    /// The rules that take lines out, in their order.
    pub fn rules(&self) -> impl Iterator<Item = Rule<'_>> {
        self.skips.iter().map(|skip| Rule { name: &skip.rule, because: &skip.because })
    }

    /// Names of the outputs, in their order.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|output| output.name.as_str())
    }

    /// Kinds of the outputs, in their order.
    pub fn kinds(&self) -> impl Iterator<Item = &'static KindInfo> {
        self.outputs.iter().filter_map(|output| schema().kind(output.kind))
    }
}

struct Loader {
    compiler: Compiler,
    columns: Vec<String>,
    groups: Vec<Vec<usize>>,
}

impl Loader {
    fn load(spec: MappingSpec) -> Result<Mapping, Fault> {
        let top = Place::default();
        let form = form(&spec.input, &top.key("input"))?;
        columns(&spec.input, &top.key("input").key("columns"))?;
        let mut loader = Self { compiler: Compiler::new(), columns: spec.input.columns, groups: Vec::new() };
        let mut skips: Vec<Skip> = Vec::new();
        for (index, skip) in spec.skip.into_iter().enumerate() {
            let place = top.key("skip").element(index);
            if skips.iter().any(|other| other.rule == skip.rule) {
                return Err(place.key("rule").fault(format!("there is another rule `{}`", skip.rule)));
            }
            skips.push(loader.skip(skip, &place)?);
        }
        let mut outputs: Vec<Output> = Vec::new();
        for (index, record) in spec.records.iter().enumerate() {
            let place = top.key("records").element(index);
            let output = loader.output(record, &place)?;
            if outputs.iter().any(|other| other.name == output.name) {
                let key = if record.name.is_some() { "name" } else { "kind" };
                return Err(place.key(key).fault(format!("there are other records named `{}`: give these a `name`", output.name)));
            }
            outputs.push(output);
        }
        if outputs.is_empty() {
            return Err(top.key("records").fault("a mapping needs at least one kind of records"));
        }
        let context = loader.compiler.context();
        Ok(Mapping { form, trim: spec.input.trim, columns: loader.columns, groups: loader.groups, skips, outputs, context })
    }

    fn skip(&self, spec: SkipSpec, place: &Place) -> Result<Skip, Fault> {
        let when = self.condition(&spec.when, &place.key("when"))?;
        Ok(Skip { rule: spec.rule, when, because: spec.because.unwrap_or_default() })
    }

    fn condition(&self, text: &str, place: &Place) -> Result<Expression, Fault> {
        let expression = self.compiler.compile(text, &self.columns).map_err(|error| place.fault(error))?;
        if expression.gives == Type::Bool {
            return Ok(expression);
        }
        Err(place.fault(format!("a condition must be true or false, this is {}", expression.gives.name())))
    }

    fn output(&mut self, spec: &RecordSpec, place: &Place) -> Result<Output, Fault> {
        let kind = kind(&spec.kind).map_err(|error| place.key("kind").fault(error))?;
        let when = spec.when.as_ref().map(|when| self.condition(when, &place.key("when"))).transpose()?;
        let at = place.key("fields");
        let fields = self.plan(&kind.message, &kind.name, &spec.fields, &at)?;
        if spec.fields.0.is_empty() {
            return Err(at.fault(format!("assign fields of {}", kind.name)));
        }
        let at = place.key("envelope");
        for (index, (path, _)) in spec.envelope.0.iter().enumerate() {
            if !ENVELOPE.contains(&path.as_str()) {
                let hint = did_you_mean(path, ENVELOPE);
                return Err(at.name(index).fault(format!("the envelope has {} to assign, not `{path}`{hint}", ENVELOPE.join(", "))));
            }
        }
        let message = schema().pool.get_message_by_name("crossdock.type.v1.Envelope");
        let message = message.ok_or_else(|| at.fault("the contracts have no envelope"))?;
        let envelope = self.plan(&message, "envelope", &spec.envelope, &at)?;
        let mut distinct_by = Vec::new();
        for (index, path) in spec.distinct_by.iter().enumerate() {
            let at = place.key("distinct_by").element(index);
            let (steps, _) = resolve(&kind.message, path, &kind.name).map_err(|error| at.fault(error))?;
            if fields.leaf(&steps).is_none() {
                return Err(at.fault(format!("`{path}` is not assigned in `fields`")));
            }
            distinct_by.push(steps);
        }
        let name = spec.name.clone().unwrap_or_else(|| kind.name.clone());
        Ok(Output { name, kind: kind.number.into(), when, distinct_by, envelope, fields })
    }

    fn plan(&mut self, message: &MessageDescriptor, owner: &str, spec: &Assignments, place: &Place) -> Result<Plan, Fault> {
        let mut plan = Plan::default();
        for (index, (path, value)) in spec.0.iter().enumerate() {
            let name = place.name(index);
            let (steps, target) = resolve(message, path, owner).map_err(|error| name.fault(error))?;
            let source = self.source(value, &target, &place.value(index))?;
            let leaf = Leaf { path: format!("{owner}.{path}"), target, source };
            plan.assign(&steps, leaf).map_err(|error| name.fault(error))?;
        }
        Ok(plan)
    }

    fn source(&mut self, spec: &ValueSpec, target: &Target, place: &Place) -> Result<Source, Fault> {
        match spec {
            ValueSpec { column: Some(column), constant: None, cel: None, ordinal: None } => {
                self.column(column, &place.key("column")).map(Source::Column)
            }
            ValueSpec { column: None, constant: Some(text), cel: None, ordinal: None } => constant(text, target, &place.key("constant")),
            ValueSpec { column: None, constant: None, cel: Some(text), ordinal: None } => {
                let place = place.key("cel");
                let expression = self.compiler.compile(text, &self.columns).map_err(|error| place.fault(error))?;
                if !target.takes(expression.gives) {
                    return Err(place.fault(format!(
                        "the field takes {}, this expression gives {}",
                        target.name(),
                        expression.gives.name()
                    )));
                }
                Ok(Source::Expression(expression))
            }
            ValueSpec { column: None, constant: None, cel: None, ordinal: Some(columns) } => {
                let place = place.key("ordinal");
                if !target.takes(Type::Int) {
                    return Err(place.fault(format!("the field takes {}, an ordinal is a whole number", target.name())));
                }
                let columns = columns.iter().enumerate().map(|(index, column)| self.column(column, &place.element(index)));
                self.group(columns.collect::<Result<_, _>>()?, &place)
            }
            _ => Err(place.fault("a value is one of {column: …}, {constant: …}, {cel: …}, {ordinal: […]}, and only one")),
        }
    }

    fn group(&mut self, columns: Vec<usize>, place: &Place) -> Result<Source, Fault> {
        if columns.is_empty() {
            return Err(place.fault("an ordinal needs the columns of its group, such as [Order]"));
        }
        let group = self.groups.iter().position(|known| *known == columns).unwrap_or(self.groups.len());
        if group == self.groups.len() {
            self.groups.push(columns);
        }
        Ok(Source::Ordinal(group))
    }

    fn column(&self, name: &str, place: &Place) -> Result<usize, Fault> {
        let found = self.columns.iter().position(|column| column == name);
        found.ok_or_else(|| {
            let hint = did_you_mean(name, self.columns.iter().map(String::as_str));
            place.fault(format!("there is no column `{name}` in `input.columns`{hint}"))
        })
    }
}

fn form(spec: &InputSpec, place: &Place) -> Result<Form, Fault> {
    if spec.format == Format::Jsonl {
        if spec.delimiter.is_some() || spec.header.is_some() {
            let key = if spec.delimiter.is_some() { "delimiter" } else { "header" };
            return Err(place.key(key).fault(format!("`{key}` is for csv")));
        }
        return Ok(Form::Jsonl);
    }
    let delimiter = match spec.delimiter.as_deref().unwrap_or(",") {
        "tab" | "\\t" => b'\t',
        text => match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => *byte,
            _ => {
                return Err(place
                    .key("delimiter")
                    .fault(format!("`{text}` is no delimiter: one character such as \",\" or \";\", or tab")));
            }
        },
    };
    Ok(Form::Csv { delimiter, header: spec.header.unwrap_or(true) })
}

fn columns(spec: &InputSpec, place: &Place) -> Result<(), Fault> {
    if spec.columns.is_empty() {
        return Err(place.fault("name the columns that the mapping uses"));
    }
    for (index, column) in spec.columns.iter().enumerate() {
        if spec.columns[..index].contains(column) {
            return Err(place.element(index).fault(format!("the column `{column}` is declared twice")));
        }
    }
    Ok(())
}

/// A kind that senders may write.
fn kind(name: &str) -> Result<&'static KindInfo, String> {
    let writable = || schema().kinds().filter(|kind| !kind.writers.is_empty());
    match schema().kind_named(name) {
        Some(kind) if kind.writers.is_empty() => Err(format!("records of kind `{name}` are kept by Crossdock itself, nobody sends them")),
        Some(kind) => Ok(kind),
        None => {
            let hint = did_you_mean(name, writable().map(|kind| kind.name.as_str()));
            let known: Vec<_> = writable().map(|kind| kind.name.as_str()).collect();
            Err(format!("unknown kind `{name}`, it is none of {}{hint}", known.join(", ")))
        }
    }
}

fn constant(text: &str, target: &Target, place: &Place) -> Result<Source, Fault> {
    if text.is_empty() {
        return Err(place.fault("an empty constant is no value: leave the field out"));
    }
    let value = Value::Text(text.into());
    target.write(1, &value, &mut Vec::new()).map_err(|error| place.fault(error))?;
    Ok(Source::Constant(text.to_owned()))
}
