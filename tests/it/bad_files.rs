//! A file that a person writes: a typo is told with its line and column, by the command that reads it.

use crossdock_testkit::{Process, binary};
use crossdock_tests::{Engine, PATIENCE, Place, command};
use std::process::Command;

const POLICY: &str = "connections:\n  - name: erp\n    roles: [erp]\n    default_unti: EA\n";

const MAPPING: &str = "\
input:
  format: csv
  columns: [Item, Name]
records:
  - kind: item
    fields:
      item_id: {column: Item}
      descripton: {column: Name}
      base_unit: {constant: EA}
";

#[test]
fn a_typo_is_told_with_its_place() {
    let place = Place::new(Engine::Sqlite);
    let policy = place.write("policy.yaml", POLICY);
    let (good, _, told) = command(&["policy", "check", policy.to_str().unwrap()]);
    assert!(!good && told.contains("policy.yaml:4:5: ") && told.contains("did you mean `default_unit`?"), "{told}");
    let mended = place.write("mended.yaml", POLICY.replace("unti", "unit"));
    let (good, said, told) = command(&["policy", "check", mended.to_str().unwrap()]);
    assert!(good && said.contains("1 connections"), "{said}{told}");

    let mapping = place.write("mapping.yaml", MAPPING);
    let data = place.write("items.csv", "Item,Name\nI1,One\n");
    let (good, _, told) = command(&["import", "--dry-run", "--mapping", mapping.to_str().unwrap(), data.to_str().unwrap()]);
    assert!(!good && told.contains("mapping.yaml:8:7: ") && told.contains("did you mean `description`?"), "{told}");
    let mended = place.write("mended.yaml", MAPPING.replace("descripton", "description"));
    let (good, said, told) = command(&["import", "--dry-run", "--mapping", mended.to_str().unwrap(), data.to_str().unwrap()]);
    assert!(good, "{said}{told}");

    let config = place.write("crossdock.yaml", "listen: 127.0.0.1:1\ndata_dirr: x\n");
    let (good, _, told) = command(&["config", "--config", config.to_str().unwrap()]);
    assert!(!good && told.contains("crossdock.yaml:2:1: ") && told.contains("data_dirr"), "{told}");

    // A server that is given the faulty policy says the same.
    let mut serve = Command::new(binary("crossdock"));
    serve
        .args(["serve", "--insecure", "--listen", "127.0.0.1:0", "--policy"])
        .arg(&policy)
        .arg("--data-dir")
        .arg(place.folder().join("data"));
    let told = Process::start(&mut serve).wait_for_line("policy.yaml:4:5: ", PATIENCE);
    assert!(told.contains("did you mean `default_unit`?"), "{told}");
}
