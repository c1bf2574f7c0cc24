//! Every SQL statement, once for both engines. `$1` is a parameter; `{rows …}` is a batch as a table, with the types of its columns: PostgreSQL gets
//! it as arrays in one call, SQLite runs the cached statement once per row.

/// A statement and the name that its span and metric carry.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Such as `record.get`.
    pub name: &'static str,
    /// The text.
    pub sql: &'static str,
}

macro_rules! statements {
    ($($id:ident $name:literal $sql:expr;)*) => {
        $(#[doc = concat!("`", $name, "`")] pub const $id: Statement = Statement { name: $name, sql: $sql };)*
        /// All of them.
        pub const ALL: &[Statement] = &[$($id),*];
    };
}

macro_rules! record {
    ($from:literal) => {
        concat!(
            "select r.kind, r.key, r.version_primary, r.version_observed, r.pos, r.deleted, r.counts, r.connection, r.set_key, \
             r.received, r.meta, r.trace, r.body from ",
            $from
        )
    };
}

statements! {
    HEAD_LOCK "head.lock" "update head set pos = pos where one = 1 returning pos, epoch";
    HEAD_READ "head.read" "select pos, epoch from head where one = 1";
    HEAD_ADVANCE "head.advance" "with r(pos) as ({rows int}) update head set pos = (select pos from r) where one = 1";
    HEAD_EPOCH "head.epoch" "with r(epoch) as ({rows int}) update head set epoch = (select epoch from r) where one = 1";

    RECORD_GET "record.get" concat!("with q(kind, key) as ({rows int text}) ", record!("q join record r on r.kind = q.kind and r.key = q.key"));
    RECORD_SINCE "record.since" record!("record r where r.kind = $1 and r.pos > $2 and r.pos <= $3 order by r.pos limit $4");
    RECORD_PREFIX "record.prefix" record!("record r where r.kind = $1 and r.key > $2 and r.key >= $3 and r.key < $4 order by r.key limit $5");
    RECORD_FIELD "record.field" record!("field f join record r on r.kind = f.kind and r.key = f.key \
        where f.kind = $1 and f.name = $2 and f.value = $3 and f.key > $4 and f.key >= $5 and f.key < $6 order by f.key limit $7");
    RECORD_PUT "record.put" "insert into record (kind, key, version_primary, version_observed, pos, deleted, counts, connection, set_key, \
        received, meta, trace, body) {rows int text int int int int int text text int blob blob blob} \
        on conflict (kind, key) do update set version_primary = excluded.version_primary, version_observed = excluded.version_observed, \
        pos = excluded.pos, deleted = excluded.deleted, counts = excluded.counts, connection = excluded.connection, \
        set_key = excluded.set_key, received = excluded.received, meta = excluded.meta, trace = excluded.trace, body = excluded.body";
    RECORD_TOUCH "record.touch" "with r(kind, key, version_primary, version_observed, set_key) as ({rows int text int int text}) update record \
        set version_primary = r.version_primary, version_observed = r.version_observed, set_key = r.set_key \
        from r where record.kind = r.kind and record.key = r.key";
    RECORD_COUNT "record.count" "select kind, deleted, cast(count(*) as bigint) from record group by kind, deleted order by kind, deleted";

    FIELD_HAVING "field.having" "with q(kind, name, value) as ({rows int text text}) select q.value from q \
        where exists (select 1 from field f where f.kind = q.kind and f.name = q.name and f.value = q.value)";
    FIELD_PUT "field.put" "insert into field (kind, name, value, key) {rows int text text text} on conflict do nothing";
    FIELD_CUT "field.cut" "with r(kind, name, value, key) as ({rows int text text text}) delete from field \
        where (kind, name, value, key) in (select kind, name, value, key from r)";

    SUM_GET "sum.get" "with q(kind, key, bucket) as ({rows int text int}) select s.key, s.bucket, s.amount \
        from q join sum s on s.kind = q.kind and s.key = q.key and s.bucket = q.bucket";
    SUM_SCAN "sum.scan" "select key, bucket, amount from sum \
        where kind = $1 and (key, bucket) > ($2, $3) and key >= $4 and key < $5 and bucket >= $6 and bucket <= $7 order by key, bucket limit $8";
    SUM_RANGE "sum.range" "select cast(coalesce(sum(amount), 0) as bigint) from sum \
        where kind = $1 and key = $2 and bucket >= $3 and bucket <= $4";
    SUM_ADD "sum.add" "insert into sum (kind, key, bucket, amount) {rows int text int int} \
        on conflict (kind, key, bucket) do update set amount = sum.amount + excluded.amount";

    DUE_NEXT "due.next" "select task, key, at, attempt from due where at <= $1 order by at limit $2";
    DUE_FIRST "due.first" "select at from due order by at limit 1";
    DUE_SET "due.set" "insert into due (task, key, at, attempt) {rows text text int int} \
        on conflict (task, key) do update set at = excluded.at, attempt = excluded.attempt";
    DUE_KEEP "due.keep" "insert into due (task, key, at, attempt) {rows text text int int} on conflict do nothing";
    DUE_CUT "due.cut" "with r(task, key) as ({rows text text}) delete from due where (task, key) in (select task, key from r)";

    ANSWER_GET "answer.get" "select method, digest, reply from answer where caller = $1 and request_id = $2";
    ANSWER_PUT "answer.put" "insert into answer (caller, request_id, method, digest, reply, at) {rows text text text blob blob int}";
}

/// The tables. `{int}`, `{text}`, `{blob}` and `{table}` are the engine's; texts sort by their bytes on both.
pub const SCHEMA: &str = "
create table if not exists head (one {int} primary key check (one = 1), pos {int} not null, epoch {int} not null, schema {int} not null){table};
create table if not exists record (kind {small} not null, key {text} not null, version_primary {int} not null, version_observed {int} not null,
  pos {int} not null, deleted {small} not null, counts {small} not null, connection {text} not null, set_key {text} not null,
  received {int} not null, meta {blob} not null, trace {blob} not null, body {blob} not null, primary key (kind, key)){table};
create unique index if not exists record_pos on record (kind, pos);
create table if not exists field (kind {small} not null, name {text} not null, value {text} not null, key {text} not null,
  primary key (kind, name, value, key)){table};
create table if not exists sum (kind {small} not null, key {text} not null, bucket {int} not null, amount {int} not null,
  primary key (kind, key, bucket)){table};
create table if not exists due (task {text} not null, key {text} not null, at {int} not null, attempt {int} not null,
  primary key (task, key)){table};
create index if not exists due_at on due (at);
create table if not exists answer (caller {text} not null, request_id {text} not null, method {text} not null, digest {blob} not null,
  reply {blob} not null, at {int} not null, primary key (caller, request_id)){table};
";

/// Version of [`SCHEMA`]. A step to the next one only adds what the release before can do without, so that both run side by side while processes are replaced; what
/// nobody needs any more goes a release later. So a store that is one version ahead is good, and one that is further ahead is not opened.
pub const SCHEMA_VERSION: i64 = 1;
