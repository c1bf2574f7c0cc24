//! What the contracts say about kinds and methods, read once from the descriptors: names, numbers, who may write and call.

use crate::DESCRIPTORS;
pub use crate::types::Role;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, MessageDescriptor, Value};
use std::{collections::BTreeMap, sync::LazyLock};

/// One kind of record.
#[derive(Clone, Debug)]
pub struct KindInfo {
    /// Field number in its service's `Record`, unique over all services.
    pub number: u16,
    /// Field name there, such as `demand_line`.
    pub name: String,
    /// Protobuf package of the service that owns it; for kinds that every service keeps, `crossdock.operations.v1`.
    pub package: String,
    /// Roles that may write it; empty for kinds that Crossdock keeps itself.
    pub writers: Vec<Role>,
    /// Records of an open set stay invisible until its commit.
    pub on_commit: bool,
    /// Its message.
    pub message: MessageDescriptor,
    /// The message that narrows a list of it.
    pub filter: MessageDescriptor,
}

/// One method.
#[derive(Clone, Debug)]
pub struct MethodInfo {
    /// Roles that may call it; empty for all.
    pub callers: Vec<Role>,
}

/// What the contracts say.
#[derive(Debug)]
pub struct Schema {
    /// The descriptors, for reflection and JSON.
    pub pool: DescriptorPool,
    kinds: BTreeMap<u16, KindInfo>,
    methods: BTreeMap<String, MethodInfo>,
}

impl Schema {
    /// The kind with this number.
    pub fn kind(&self, number: u32) -> Option<&KindInfo> {
        self.kinds.get(&u16::try_from(number).ok()?)
    }

    /// The kind with this name; `-` counts as `_`.
    pub fn kind_named(&self, name: &str) -> Option<&KindInfo> {
        let name = name.replace('-', "_");
        self.kinds.values().find(|kind| kind.name == name)
    }

    /// Every kind, by number.
    pub fn kinds(&self) -> impl Iterator<Item = &KindInfo> {
        self.kinds.values()
    }

    /// The method at this path, such as `/crossdock.operations.v1.OperationsService/Redrive`.
    pub fn method(&self, path: &str) -> Option<&MethodInfo> {
        self.methods.get(path)
    }

    fn read(pool: DescriptorPool) -> Option<Self> {
        let writers = pool.get_extension_by_name("crossdock.type.v1.writers")?;
        let callers = pool.get_extension_by_name("crossdock.type.v1.callers")?;
        let options = pool.get_extension_by_name("crossdock.type.v1.kind")?;
        let (mut kinds, mut methods) = (BTreeMap::new(), BTreeMap::new());
        for service in pool.services().filter(|service| service.package_name().starts_with("crossdock.")) {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                methods.insert(path, MethodInfo { callers: roles(&method.options(), &callers) });
            }
        }
        for record in pool.all_messages().filter(|message| message.name() == "Record") {
            let filters = pool.get_message_by_name(&format!("{}.Filter", record.package_name()))?;
            for field in record.oneofs().flat_map(|oneof| oneof.fields().collect::<Vec<_>>()) {
                let kind = kind(&field, &filters, &writers, &options)?;
                kinds.insert(kind.number, kind);
            }
        }
        Some(Self { pool, kinds, methods })
    }
}

fn kind(
    field: &FieldDescriptor,
    filters: &MessageDescriptor,
    writers: &prost_reflect::ExtensionDescriptor,
    options: &prost_reflect::ExtensionDescriptor,
) -> Option<KindInfo> {
    let message = field.kind().as_message()?.clone();
    let filter = filters.get_field(field.number())?.kind().as_message()?.clone();
    let on_commit = match field.options().get_extension(options).as_ref() {
        Value::Message(options) => options.get_field_by_name("on_commit").and_then(|value| value.as_bool()).unwrap_or(false),
        _ => false,
    };
    Some(KindInfo {
        number: u16::try_from(field.number()).ok()?,
        name: field.name().to_owned(),
        package: message.package_name().to_owned(),
        writers: roles(&field.options(), writers),
        on_commit,
        message,
        filter,
    })
}

fn roles(options: &DynamicMessage, extension: &prost_reflect::ExtensionDescriptor) -> Vec<Role> {
    let value = options.get_extension(extension);
    let list = value.as_list().unwrap_or_default();
    list.iter().filter_map(|role| Role::try_from(role.as_enum_number()?).ok()).collect()
}

/// What the contracts say, read on first use.
///
/// # Panics
/// Never outside of a broken build: the descriptors are compiled into the program, and a test reads them.
#[allow(clippy::expect_used)]
pub fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        DescriptorPool::decode(DESCRIPTORS).ok().and_then(Schema::read).expect("the contracts compiled into this program are whole")
    });
    &SCHEMA
}
