#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The places of CONTRIBUTING.md: a source, a format, a subcommand or a system call that is in one of them is in all.

It reads the tree only, so that it also explains a build that fails because a place was forgotten: then run it as
tests/cli/places.py.
"""
import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
count = 0


def text_of(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def files(pattern):
    return sorted(glob.glob(pattern, root_dir=ROOT, recursive=True))


def case(title, complaints):
    global count
    count += 1
    for complaint in complaints:
        print("# " + complaint)
    print(f"{'not ok' if complaints else 'ok'} {count} - {title}", flush=True)


def defined(folder, kind, prefix):
    """{name: file} of each `const struct KIND PREFIX_NAME = {` below FOLDER, and {name: text of its .name}."""
    where, called = {}, {}
    for name in files(f"{folder}/**/*.c"):
        for row in re.finditer(rf"^const struct {kind} {prefix}_(\w+) = \{{(.*?)^\}};", text_of(name), re.M | re.S):
            where[row[1]] = name
            match = re.search(r"\.name = \"([^\"]+)\"", row[2])
            called[row[1]] = match[1] if match else row[1]
    return where, called


def rows(table):
    return set(re.findall(r"\bROW\((\w+)\)", text_of(table)))


def every_source_is_built():
    complaints = []
    for name in files("src/*/**/*.[cS]"):
        folder, base = os.path.split(name)
        if base.endswith(".bpf.c") or "bpf" in folder.split("/"):
            continue
        build = text_of(f"{folder}/meson.build")
        if f"'{base}'" not in build and f"'{os.path.splitext(base)[0]}'" not in build:
            complaints.append(f"{name} is not built: add it to {folder}/meson.build")
    return complaints


def table_is_complete(table, where, prefix, folder):
    return ([f"{where[name]} defines {prefix}_{name}: add ROW({name}) to {table}"
             for name in sorted(where.keys() - rows(table))] +
            [f"{table} has ROW({name}): define {prefix}_{name} in a file of {folder}"
             for name in sorted(rows(table) - where.keys())])


def sources_are_documented(called):
    page = text_of("docs/importing.md")
    table = "\n".join(re.findall(r"^\|.*", page, re.M))
    return ([f"docs/importing.md: add `{name}` to the table of sources"
             for name in sorted(called.values()) if f"`{name}`" not in table and f"`{name} " not in table] +
            [f"docs/importing.md: add a section '### {name}' with a few lines of a real file, indented by four spaces"
             for name in sorted(called.values()) if not re.search(rf"^### {re.escape(name)}$", page, re.M)])


def formats_have_goldens(called):
    page = text_of("docs/formats.md")
    done = {name for name in called.values()
            if f"| `{name}` |" in page and (name in ("bpf", "systemd") or
                                            files(f"tests/cli/data/formats/all.{name}.warnings"))}
    return [f"{name}: run `make goldens`, and review docs/formats.md and the files of tests/cli/data/formats"
            for name in sorted(set(called.values()) - done)]


def commands_have_places(where, called):
    build = re.search(r"commands = \[(.*?)\]", text_of("src/cmd/meson.build"), re.S)[1]
    return ([f"src/cmd/meson.build: add '{name}' to the list of commands"
             for name in sorted(where) if f"'{name}'" not in build] +
            [f"write man/whittle-{name}.1; man/whittle-completion.1 is a short example"
             for name in sorted(called.values()) if not files(f"man/whittle-{name}.1")])


def calls_are_explained():
    table = set(re.findall(r"^\t\{ \"(\w+)\", \{", text_of("src/syscall/table.c"), re.M))
    info = set(re.findall(r"^\t\{ \"(\w+)\", ", text_of("src/syscall/info.c"), re.M))
    return ([f"src/syscall/info.c: add a row for {name}: its first kernel, what it does, its class"
             for name in sorted(table - info)] +
            [f"src/syscall/table.c: {name} has no number on any ABI: run src/syscall/make-table.py"
             for name in sorted(info - table)])


def main():
    importers, sources = defined("src/import", "importer", "importer")
    emitters, formats = defined("src/emit", "emitter", "emit")
    commands, names = defined("src/cmd", "command", "command")
    assert importers and emitters and commands
    case("every source file is built", every_source_is_built())
    case("every importer has a row",
         table_is_complete("src/import/registry.c", importers, "importer", "src/import/trace or src/import/profile"))
    case("every importer is documented by an example", sources_are_documented(sources))
    case("every format has a row", table_is_complete("src/emit/emit.c", emitters, "emit", "src/emit"))
    case("every format has golden files", formats_have_goldens(formats))
    case("every subcommand has a row", table_is_complete("src/cmd/commands.h", commands, "command", "src/cmd"))
    case("every subcommand is in the list of the build and has a page", commands_have_places(commands, names))
    case("every system call is explained", calls_are_explained())
    print(f"1..{count}")


if __name__ == "__main__":
    main()
