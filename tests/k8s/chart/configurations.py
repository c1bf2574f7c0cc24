#!/usr/bin/env python3
"""configurations.py FOLDER RENDERED.yaml…: writes the files of processes that ConfigMaps hold, each different one once, as FOLDER/N/NAME.yaml."""
import pathlib
import sys

import yaml

seen = set()
for path in map(pathlib.Path, sys.argv[2:]):
    for one in yaml.load_all(path.read_text(), yaml.CSafeLoader):
        for name, text in (one or {}).get("data", {}).items() if one and one["kind"] == "ConfigMap" else ():
            if name.endswith(".yaml") and (name, text) not in seen:
                seen.add((name, text))
                folder = pathlib.Path(sys.argv[1], str(len(seen)))
                folder.mkdir(parents=True)
                (folder / name).write_text(text)
