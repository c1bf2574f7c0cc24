#!/usr/bin/env python3
"""schemas.py SWAGGER.json CRD.yaml… FOLDER: writes into FOLDER what kubeconform holds objects against, a file for each kind.

Of Kubernetes' own OpenAPI document, and of definitions of custom resources. As strict as the API server's field validation: what is not known is wrong.
"""
import json
import pathlib
import sys

import yaml

EITHER = {"oneOf": [{"type": "string"}, {"type": "number"}]}
LOOSE = {"io.k8s.apimachinery.pkg.util.intstr.IntOrString", "io.k8s.apimachinery.pkg.api.resource.Quantity"}


def strict(schema):
    """The schema, in which objects have no other fields than those that are named."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string") is True:
        return EITHER
    closed = {key: strict(value) for key, value in schema.items() if key != "properties"}
    # Of the fields by their names, which may be any word, those of a schema among them.
    if "properties" in schema:
        closed["properties"] = {name: strict(field) for name, field in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            closed.setdefault("additionalProperties", False)
    return closed


def used(schema, known):
    """The definitions that a schema refers to, and those that they refer to."""
    found, look = {}, [schema]
    while look:
        one = look.pop()
        if isinstance(one, list):
            look += one
        elif isinstance(one, dict):
            look += one.values()
            name = str(one.get("$ref", "")).removeprefix("#/definitions/")
            if name in known and name not in found:
                found[name] = known[name]
                look.append(known[name])
    return found


def write(folder, group, version, kind, schema):
    of = f"{group.split('.')[0]}-{version}" if group else version
    (folder / f"{kind.lower()}-{of}.json").write_text(json.dumps(schema))


def main(swagger, *definitions, folder):
    known = json.loads(pathlib.Path(swagger).read_text())["definitions"]
    known = {name: EITHER if name in LOOSE else strict(schema) for name, schema in known.items()}
    for name, schema in known.items():
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) == 1:
            write(folder, *(kinds[0][part] for part in ("group", "version", "kind")), {**schema, "definitions": used(schema, known)})
    for file in definitions:
        for crd in filter(None, yaml.safe_load_all(pathlib.Path(file).read_text())):
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                write(folder, spec["group"], version["name"], spec["names"]["kind"], schema)


folder = pathlib.Path(sys.argv[-1])
folder.mkdir(parents=True, exist_ok=True)
main(*sys.argv[1:-1], folder=folder)
