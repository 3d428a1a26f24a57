#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One more object or run never removes a name.

    closed_monotone.py WHITTLE DIRECTORY      prints what is wrong; exit code 1 where anything is

Small libraries that need each other and make a call each are built at random, from a fixed seed. `whittle reach` of a
program with some of them has to be among `whittle reach` with more, and `whittle decide` of some recordings among
`whittle decide` of more.
"""
import json
import os
import random
import subprocess
import sys

whittle, directory = os.path.realpath(sys.argv[1]), sys.argv[2]
choose = random.Random(14)
os.chdir(directory)
CALLS = ["getppid()", "getpgid(0)", "alarm(0)", "sync()", "umask(0)", "nice(0)", "getsid(0)", "chdir(\"/\")", "rmdir(\"/nosuch\")",
         "symlink(\"a\", \"/nosuch/b\")", "mkdir(\"/nosuch/a\", 0)", "chmod(\"/nosuch\", 0)", "link(\"/nosuch\", \"/nosuch\")"]
COUNT = 6
wrong = 0


def fail(text):
    global wrong
    wrong += 1
    print(text)


def build(name, text, *arguments):
    subprocess.run(["gcc", "-w", "-O1", "-Wl,--build-id,--no-as-needed", "-x", "c", "-", "-x", "none", "-o", name, *arguments],
                   input=text, text=True, check=True)


def run(*arguments):
    return subprocess.run([whittle, *arguments], capture_output=True, text=True, check=True).stdout


def world(number):
    """A program that opens plug-ins by name, and libraries in the directory of that number; a library needs earlier ones."""
    path = os.path.join(directory, f"world{number}")
    os.makedirs(path + "/lib/plugins")
    libraries = []
    for i in range(COUNT):
        needs = choose.sample(libraries, min(len(libraries), choose.randint(0, 2)))
        calls = choose.sample(CALLS, 3)
        # Several define one name, as libraries that were not made for each other do.
        text = "#include <unistd.h>\n#include <sys/stat.h>\n"
        text += "".join(f"int start_{libraries.index(need)}(void);\n" for need in needs)
        text += f"int start_{i}(void) {{ return {calls[0]}" + "".join(f" + start_{libraries.index(n)}()" for n in needs) + "; }\n"
        text += f"int shared_{choose.randint(0, 1)}(void) {{ return {calls[1]}; }}\nint other_{i}(void) {{ return {calls[2]}; }}\n"
        text = text.replace("sync()", "(sync(), 0)")
        library = f"{path}/lib/{choose.choice(['', 'plugins/'])}lib{i}.so"
        build(library, text, "-shared", "-fPIC", *needs, f"-Wl,-rpath,{path}/lib:{path}/lib/plugins")
        libraries.append(library)
    linked = choose.sample(libraries, choose.randint(0, 2))
    text = "#include <dlfcn.h>\n#include <stdio.h>\n"
    text += "".join(f"int start_{libraries.index(l)}(void);\n" for l in linked)
    text += """int main(int argc, char *argv[]) {
    for (int i = 1; i < argc; i++) {
        void *opened = dlopen(argv[i], RTLD_NOW);
        char name[32];
        for (int k = 0; opened && k < 6; k++) {
            int (*start)(void);
            snprintf(name, sizeof(name), "start_%d", k);
            start = (int (*)(void))dlsym(opened, name);
            if (start && argc > 9) start();
        }
    }
    return argc > 8""" + "".join(f" ? start_{libraries.index(l)}() : argc > 7" for l in linked) + "; }"
    build(path + "/main", text, *linked, f"-Wl,-rpath,{path}/lib:{path}/lib/plugins")
    return path + "/main", libraries


def names_of_reach(program, objects):
    return {call["name"] for call in json.loads(run("reach", "--json", program, *objects))["calls"]}


def names_of_policy(recordings, out):
    run("decide", "-q", *recordings, "-o", out)
    with open(out) as text:
        return {rule["name"] for rule in json.load(text)["rules"] if rule["action"] == "allow"}


for number in range(int(os.environ.get("WORLDS", "4"))):
    program, libraries = world(number)
    order = choose.sample(libraries, len(libraries))
    before = None
    for count in range(len(order) + 1):
        given = [order[i] for i in range(count)]
        names = names_of_reach(program, given)
        if before is not None and before - names:
            fail(f"world {number}: reach loses {sorted(before - names)} by {given[-1]} after {given[:-1]}")
        before = names
    recordings, before = [], set()
    for count in range(4):
        opened = choose.sample(libraries, choose.randint(0, 3))
        recording = f"{directory}/{number}-{count}.rec"
        subprocess.run([whittle, "record", "-q", "--observer", "notify", "-o", recording, "--", program, *opened], check=False,
                       stdin=subprocess.DEVNULL)
        recordings.append(recording)
        names = names_of_policy(recordings, f"{directory}/policy")
        if before - names:
            fail(f"world {number}: decide loses {sorted(before - names)} by a run with {opened}")
        before = names
sys.exit(wrong > 0)
