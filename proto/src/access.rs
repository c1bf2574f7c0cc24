//! `docs/access.md`, made from what the contracts say.

use crate::{KindInfo, Role, Rows, schema};
use std::fmt::Write;

const HEAD: &str = include_str!("access.md");
const ROLES: [Role; 8] =
    [Role::Erp, Role::Planning, Role::Warehouse, Role::Transport, Role::Supplier, Role::Buyer, Role::Operator, Role::Service];

fn name(role: Role) -> String {
    role.as_str_name().trim_start_matches("ROLE_").to_lowercase()
}

fn head(page: &mut String, title: &str, first: &str, more: &str) {
    let roles: Vec<String> = ROLES.into_iter().map(name).collect();
    let lines = "|---".repeat(ROLES.len() + 1 + more.matches('|').count());
    write!(page, "## {title}\n\n| {first} | {} |{more}\n{lines}|\n", roles.join(" | ")).unwrap();
}

fn row(page: &mut String, first: &str, cell: impl Fn(Role) -> &'static str, more: &str) {
    writeln!(page, "| {first} | {} |{more}", ROLES.map(cell).join(" | ")).unwrap();
}

fn kind(page: &mut String, info: &KindInfo) {
    let rows = match info.rows {
        Rows::Shared => "shared",
        Rows::Scoped => "scoped",
        Rows::Own => "own",
        Rows::Whole => "whole",
        Rows::Unspecified => panic!("{} does not say which rows", info.name),
    };
    let cell = |role: Role| match (info.readers.contains(&role) || role == Role::Service, info.writers.contains(&role)) {
        (true, true) => "read, write",
        (true, false) => "read",
        (false, true) => "write",
        (false, false) => "",
    };
    row(page, &format!("`{}`", info.name), cell, &format!(" {rows} |"));
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    head(&mut page, "Methods", "Method", "");
    for (path, method) in schema().methods() {
        let short = path.trim_start_matches("/crossdock.");
        row(&mut page, &format!("`{short}`"), |role| if method.callers.contains(&role) { "yes" } else { "" }, "");
    }
    page.push('\n');
    head(&mut page, "Kinds", "Kind", " Rows |");
    schema().kinds().for_each(|info| kind(&mut page, info));
    page
}

#[test]
fn the_page_is_what_the_contracts_say() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/access.md");
    let page = page();
    if std::fs::read_to_string(file).unwrap_or_default() != page {
        std::fs::write(file, page).unwrap();
        panic!("docs/access.md was not what the contracts say; it was written anew: look at it and commit it");
    }
}

#[test]
fn records_are_taken_and_read_by_whoever_writes_and_reads_one_of_their_kinds() {
    for package in ["demand", "execution", "governance", "masterdata", "writeback"] {
        let record = schema().pool.get_message_by_name(&format!("crossdock.{package}.v1.Record")).unwrap();
        let arms = record.oneofs().flat_map(|oneof| oneof.fields().collect::<Vec<_>>());
        let kinds: Vec<&KindInfo> = arms.filter_map(|arm| schema().kind(arm.number())).collect();
        let callers = |method: &str| &schema().method(&format!("/crossdock.{package}.v1.RecordService/{method}")).unwrap().callers;
        let writes = |role: Role| kinds.iter().any(|kind| kind.writers.contains(&role));
        let reads = |role: Role| role == Role::Service || kinds.iter().any(|kind| kind.readers.contains(&role));
        for role in ROLES {
            for method in ["Watch", "BatchGet", "List"] {
                assert_eq!(callers(method).contains(&role), reads(role), "{package} {method} {role:?}");
            }
            // Governance writes no kind; its batches are refused one by one to operators.
            let ingests = writes(role) || (package == "governance" && role == Role::Operator);
            for method in ["Ingest", "IngestBatch"] {
                assert_eq!(callers(method).contains(&role), ingests, "{package} {method} {role:?}");
            }
        }
    }
}
