#!/usr/bin/env python3
"""tests/k8s/chart/readme.py [--check]: makes the README of the chart from README.head.md and the comments of values.yaml.

Of values.yaml: `## ` begins a section, comments up to the next blank line belong to it. A comment above a key describes it; keys right below without
one share it. A key with described ones in it is no row of its own.
"""
import pathlib
import re
import sys

CHART = pathlib.Path(__file__).resolve().parents[3] / "charts/crossdock"
KEY = re.compile(r"( *)([\w-]+):(?: (.*))?$")


def flow(lines):
    """A block of YAML on one line."""
    lines = [line for line in lines if line.strip()]
    indent = len(lines[0]) - len(lines[0].lstrip())
    starts = [i for i, line in enumerate(lines) if len(line) - len(line.lstrip()) == indent] + [len(lines)]
    parts = []
    for start, end in zip(starts, starts[1:]):
        own, below = lines[start].strip(), lines[start + 1 : end]
        parts.append(own + (" " + flow(below) if below else ""))
    if parts[0].startswith("- "):
        return "[" + ", ".join(braced(part[2:]) for part in parts) + "]"
    return "{ " + ", ".join(parts) + " }"


def braced(item):
    return f"{{ {item} }}" if re.match(r"[\w-]+: ", item) else item


class Table:
    def __init__(self, text):
        self.lines = text.splitlines()
        self.out = []
        self.row = None
        self.in_table = False

    def end_row(self):
        if self.row:
            names, defaults, said = self.row
            if not self.in_table:
                self.out += [*([""] if self.out[-1] else []), "| value | default | |", "|---|---|---|"]
                self.in_table = True
            self.out.append(f"| {'<br>'.join(f'`{name}`' for name in names)} | {'<br>'.join(f'`{one}`' if one else '' for one in defaults)} | {' '.join(said)} |")
        self.row = None

    def below(self, at, indent):
        """The lines that belong to the key at this line."""
        end = at + 1
        while end < len(self.lines) and (not self.lines[end].strip() or len(self.lines[end]) - len(self.lines[end].lstrip()) > indent):
            end += 1
        return [line for line in self.lines[at + 1 : end] if line.strip()]

    def key(self, path, default, said):
        if said:
            self.end_row()
            self.row = ([path], [default], said)
        elif self.row is None:
            sys.exit(f"values.yaml: {path} has no comment")
        elif self.row[1] == [None]:
            self.row = ([path], [default], self.row[2])
        else:
            self.row[0].append(path)
            self.row[1].append(default)

    def make(self):
        path, said, section, skip = [], [], False, 0
        for at, line in enumerate(self.lines):
            if skip:
                skip -= 1
                continue
            text = line.strip()
            if text.startswith("## "):
                self.end_row()
                self.out += ["", f"### {text[3:]}", ""]
                section, self.in_table = True, False
            elif text.startswith("# "):
                (self.out if section else said).append(text[2:])
            elif not text:
                if not section:
                    said = []
                section = False
            elif found := KEY.match(line):
                indent, name, value = len(found[1]) // 2, found[2], found[3]
                path[indent:] = [name]
                full = ".".join(path)
                if value is not None:
                    self.key(full, value, said)
                else:
                    below = self.below(at, len(found[1]))
                    if any(line.strip().startswith("#") for line in below):
                        if said:
                            self.end_row()
                            self.row = ([full], [None], said)
                    else:
                        self.key(full, flow(below), said)
                        skip = len(below)
                said, section = [], False
            else:
                sys.exit(f"values.yaml:{at + 1}: cannot be read: {line}")
        self.end_row()
        return self.out


def main():
    made = "\n".join([(CHART / "README.head.md").read_text().rstrip(), *Table((CHART / "values.yaml").read_text()).make(), ""])
    if sys.argv[1:] != ["--check"]:
        (CHART / "README.md").write_text(made)
    elif (CHART / "README.md").read_text() != made:
        sys.exit("charts/crossdock/README.md is not as values.yaml and README.head.md say: tests/k8s/chart/readme.py")


main()
