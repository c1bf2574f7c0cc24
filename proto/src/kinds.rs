//! What the contracts say about kinds and methods, read once from the descriptors: names, numbers, who may write, read and call.

use crate::DESCRIPTORS;
pub use crate::types::{Role, Rows};
use prost_reflect::{DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, MessageDescriptor, MethodDescriptor};
use std::{collections::BTreeMap, sync::LazyLock};

/// Largest request message of a method that says nothing else.
const MAX_REQUEST_BYTES: usize = 64 * 1024;
/// Most parts of a request message of a method that says nothing else.
const MAX_REQUEST_PARTS: usize = 4_096;

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
    /// Roles that may read it; services may always.
    pub readers: Vec<Role>,
    /// What a connection reads of it that is limited to a part of the business.
    pub rows: Rows,
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
    /// Roles that may call it; never none.
    pub callers: Vec<Role>,
    /// Its request message.
    pub request: MessageDescriptor,
    /// Largest request message, in bytes.
    pub max_request_bytes: usize,
    /// Most parts of a request message.
    pub max_request_parts: usize,
    /// Its caller sends any number of messages.
    pub client_streaming: bool,
    /// It answers with any number of messages.
    pub server_streaming: bool,
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

    /// Every method, by path.
    pub fn methods(&self) -> impl Iterator<Item = (&str, &MethodInfo)> {
        self.methods.iter().map(|(path, method)| (path.as_str(), method))
    }

    /// The method at this path, such as `/crossdock.operations.v1.OperationsService/Redrive`.
    pub fn method(&self, path: &str) -> Option<&MethodInfo> {
        self.methods.get(path)
    }

    fn read(pool: DescriptorPool) -> Option<Self> {
        let options = Options::of(&pool)?;
        let (mut kinds, mut methods) = (BTreeMap::new(), BTreeMap::new());
        for service in pool.services().filter(|service| service.package_name().starts_with("crossdock.")) {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                methods.insert(path, options.method(&method));
            }
        }
        for record in pool.all_messages().filter(|message| message.name() == "Record") {
            let filters = pool.get_message_by_name(&format!("{}.Filter", record.package_name()))?;
            for field in record.oneofs().flat_map(|oneof| oneof.fields().collect::<Vec<_>>()) {
                let kind = kind(&field, &filters, &options)?;
                kinds.insert(kind.number, kind);
            }
        }
        Some(Self { pool, kinds, methods })
    }
}

/// The options of the contracts.
struct Options {
    writers: ExtensionDescriptor,
    readers: ExtensionDescriptor,
    callers: ExtensionDescriptor,
    bytes: ExtensionDescriptor,
    parts: ExtensionDescriptor,
    kind: ExtensionDescriptor,
}

impl Options {
    fn of(pool: &DescriptorPool) -> Option<Self> {
        let option = |name| pool.get_extension_by_name(&format!("crossdock.type.v1.{name}"));
        Some(Self {
            writers: option("writers")?,
            readers: option("readers")?,
            callers: option("callers")?,
            bytes: option("max_request_bytes")?,
            parts: option("max_request_parts")?,
            kind: option("kind")?,
        })
    }

    fn method(&self, method: &MethodDescriptor) -> MethodInfo {
        let options = method.options();
        let number = |option, absent| match options.get_extension(option).as_u32().map(usize::try_from) {
            None | Some(Ok(0) | Err(_)) => absent,
            Some(Ok(number)) => number,
        };
        MethodInfo {
            callers: roles(&options, &self.callers),
            request: method.input(),
            max_request_bytes: number(&self.bytes, MAX_REQUEST_BYTES),
            max_request_parts: number(&self.parts, MAX_REQUEST_PARTS),
            client_streaming: method.is_client_streaming(),
            server_streaming: method.is_server_streaming(),
        }
    }
}

fn kind(field: &FieldDescriptor, filters: &MessageDescriptor, options: &Options) -> Option<KindInfo> {
    let message = field.kind().as_message()?.clone();
    let filter = filters.get_field(field.number())?.kind().as_message()?.clone();
    let said = field.options().get_extension(&options.kind).into_owned();
    let said = said.as_message()?;
    Some(KindInfo {
        number: u16::try_from(field.number()).ok()?,
        name: field.name().to_owned(),
        package: message.package_name().to_owned(),
        writers: roles(&field.options(), &options.writers),
        readers: roles(&field.options(), &options.readers),
        rows: Rows::try_from(said.get_field_by_name("rows")?.as_enum_number()?).ok()?,
        on_commit: said.get_field_by_name("on_commit")?.as_bool()?,
        message,
        filter,
    })
}

fn roles(options: &DynamicMessage, extension: &ExtensionDescriptor) -> Vec<Role> {
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
