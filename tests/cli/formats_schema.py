#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is emitted for consumers that Debian does not have, against what they publish of their formats:
schemas (the OCI run-time specification's defs-linux.json, the Security Profiles Operator's CRD, Firecracker's
docs/seccompiler.md, Kubernetes' SecurityContext) and grammars (minijail's tools/parser.py, Kafel's
src/parser.y and src/lexer.l), written down here as far as they concern it."""
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

WHITTLE = os.environ["WHITTLE"]
SOURCE = os.environ["SOURCE"]
DATA = os.path.join(SOURCE, "tests/cli/data/formats")
count = 0
failed = 0

ARCHITECTURE = {"enum": ["SCMP_ARCH_" + name for name in (
    "NATIVE X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 "
    "PPC64LE S390 S390X PARISC PARISC64 RISCV64").split()]}
ACTION = {"enum": ["SCMP_ACT_" + name for name in
                   "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG NOTIFY".split()]}
OPERATOR = {"enum": ["SCMP_CMP_" + name for name in "NE LT LE EQ GE GT MASKED_EQ".split()]}


def record(required, **properties):
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def array(items, **more):
    return {"type": "array", "items": items, **more}


def unsigned(bits):
    return {"type": "integer", "minimum": 0, "maximum": 2 ** bits - 1}


def seccomp(value_bits, error, **entry):
    argument = record(["index", "value", "op"], index={**unsigned(32), "maximum": 5},
                      value=unsigned(value_bits), valueTwo=unsigned(value_bits), op=OPERATOR)
    return dict(defaultAction=ACTION, architectures=array(ARCHITECTURE),
                syscalls=array(record(["names", "action"], names=array({"type": "string"}, minItems=1),
                                      action=ACTION, errnoRet=error, args=array(argument), **entry)))


OCI = record(["defaultAction"], defaultErrnoRet=unsigned(32), **seccomp(64, unsigned(32)))
DOCKER = record(["defaultAction"], defaultErrnoRet=unsigned(32), archMap=array(record(
    ["architecture", "subArchitectures"], architecture=ARCHITECTURE, subArchitectures=array(ARCHITECTURE))),
    **{key: value for key, value in seccomp(64, unsigned(32), comment={"type": "string"}).items()
       if key != "architectures"})
RESOURCE = record(["apiVersion", "kind", "metadata", "spec"],
                  apiVersion={"const": "security-profiles-operator.x-k8s.io/v1beta1"},
                  kind={"const": "SeccompProfile"},
                  metadata=record(["name"], name={"pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?"
                                                             r"(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"}),
                  spec=record(["defaultAction"], **seccomp(63, {"type": "string"})))
POD = record(["securityContext"], securityContext=record(["seccompProfile"], seccompProfile=record(
    ["type", "localhostProfile"], type={"const": "Localhost"},
    localhostProfile={"type": "string", "pattern": r"^(?!/)(?!.*\.\.)"})))
THREAD_ACTION = {"oneOf": [{"enum": ["allow", "log", "trap", "kill_thread", "kill_process"]},
                           record(["errno"], errno=unsigned(32)), record(["trace"], trace=unsigned(32))]}
CONDITION = record(["index", "type", "op", "val"], index={**unsigned(8), "maximum": 5},
                   type={"enum": ["dword", "qword"]}, val=unsigned(64), comment={"type": "string"},
                   op={"oneOf": [{"enum": "eq ge gt le lt ne".split()},
                                 record(["masked_eq"], masked_eq=unsigned(64))]})
THREAD = record(["default_action", "filter_action", "filter"], default_action=THREAD_ACTION,
                filter_action=THREAD_ACTION, filter=array(record(
                    ["syscall"], syscall={"type": "string"}, comment={"type": "string"}, args=array(CONDITION))))
FIRECRACKER = record(["vmm", "api", "vcpu"], vmm=THREAD, api=THREAD, vcpu=THREAD)


class Grammar:
    """Recursive descent over tokens; a rule that does not hold raises."""

    def __init__(self, pattern, text):
        self.tokens, at = [], 0
        for match in re.finditer(pattern, text, re.M):
            if match.start() != at:
                raise ValueError(f"no token: {text[at:at + 40]!r}")
            at = match.end()
            if match.lastgroup not in ("blank", "comment"):
                self.tokens.append((match.lastgroup, match.group()))
        if at != len(text):
            raise ValueError(f"no token: {text[at:at + 40]!r}")
        self.at = 0

    def next(self, *wanted):
        return self.at < len(self.tokens) and (self.tokens[self.at][0] in wanted or self.tokens[self.at][1] in wanted)

    def accept(self, *wanted):
        if self.next(*wanted):
            self.at += 1
            return True
        return False

    def expect(self, *wanted):
        if not self.accept(*wanted):
            raise ValueError(f"expected {wanted}, got {self.tokens[self.at:self.at + 4]}")

    def is_end(self):
        return self.at == len(self.tokens)


MINIJAIL = (r"(?P<comment>#.*$)|(?P<newline>\n)|(?P<blank>[ \t]+)|(?P<default>@default\b)|"
            r"(?P<number>0[xX][0-9a-fA-F]+|[0-9]+)|(?P<colon>:)|(?P<semicolon>;)|(?P<or>\|\|)|(?P<and>&&)|"
            r"(?P<op>&|\bin\b|==|!=|<=|<|>=|>)|(?P<argument>\barg[0-9]+\b)|(?P<return>\breturn\b)|"
            r"(?P<action>\b(?:allow|kill-process|kill-thread|kill|trap|log)\b)|(?P<name>[a-zA-Z_][a-zA-Z_0-9-]*)")


def minijail(text):
    grammar = Grammar(MINIJAIL, text)
    while not grammar.is_end():
        if grammar.accept("newline"):
            continue
        if grammar.accept("default"):
            grammar.expect("kill-process", "kill-thread", "kill", "trap")
        else:
            # kill is an action too, and the name of a call.
            grammar.expect("name", "kill")
            grammar.expect("colon")
            if grammar.accept("return"):
                grammar.expect("number")
            elif grammar.next("argument"):
                while True:
                    grammar.expect("argument")
                    grammar.expect("op")
                    grammar.expect("number")
                    if not grammar.accept("and", "or"):
                        break
            else:
                grammar.expect("action", "1")
        grammar.expect("newline")


def frequency(text):
    grammar = Grammar(MINIJAIL, text)
    while not grammar.is_end():
        grammar.expect("name")
        grammar.expect("colon")
        grammar.expect("number")
        grammar.expect("newline")


KAFEL = (r"(?P<comment>//.*$|/\*[^*]*\*/)|(?P<blank>\s+)|(?P<number>0x[0-9a-fA-F]+|0|[1-9][0-9]*)|"
         r"(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>==|!=|<=|>=|<|>|&&|\|\||[&(){},\[\]])")


class Kafel(Grammar):
    def __init__(self, text):
        super().__init__(KAFEL, text)
        if self.accept("POLICY"):
            self.expect("word")
            self.braces(self.block)
            self.expect("USE")
            self.expect("word")
        self.expect("DEFAULT")
        self.action()
        if not self.is_end():
            raise ValueError(f"behind the end: {self.tokens[self.at:]}")

    def braces(self, rule):
        self.expect("{")
        rule()
        while self.accept(","):
            rule()
        self.expect("}")

    def action(self):
        if self.accept("ALLOW", "LOG", "KILL", "DENY"):
            return
        self.expect("ERRNO", "TRAP", "TRACE")
        self.expect("(")
        self.expect("number")
        self.expect(")")

    def block(self):
        self.action()
        self.braces(self.call)

    def call(self):
        if self.accept("SYSCALL"):
            self.expect("[")
            self.expect("number")
            self.expect("]")
        else:
            self.expect("word")
        if self.accept("("):
            self.expect("word")
            while self.accept(","):
                self.expect("word")
            self.expect(")")
        if self.next("{"):
            self.braces(self.comparisons)

    def comparisons(self):
        while True:
            bracket = self.accept("(")
            self.expect("word")
            if self.accept("&"):
                self.expect("number")
            if bracket:
                self.expect(")")
            self.expect("==", "!=", "<", "<=", ">", ">=")
            self.expect("number")
            if not self.accept("&&"):
                return


def schema(document, load):
    return lambda text: jsonschema.validate(load(text), document)


CHECKS = {
    "oci": schema(OCI, json.loads), "kubernetes": schema(OCI, json.loads), "docker": schema(DOCKER, json.loads),
    "seccomp-profile": schema(RESOURCE, yaml.safe_load), "kubernetes-pod": schema(POD, yaml.safe_load),
    "firecracker": schema(FIRECRACKER, json.loads), "minijail": minijail, "minijail-frequency": frequency,
    "kafel": Kafel,
}


def case(sentence, problem):
    global count, failed
    count += 1
    if problem:
        failed += 1
        print("# " + str(problem).replace("\n", "\n# ")[:2000])
    print(f"{'not ' if problem else ''}ok {count} - {sentence}")


def emitted(name, policy, directory):
    """The text, with the first of these defaults that the format has."""
    for default in ("errno:EACCES", "errno:EPERM", "kill_thread"):
        path = os.path.join(directory, "policy")
        changed = dict(policy, default=default)
        with open(path, "w") as file:
            json.dump(changed, file)
        done = subprocess.run([WHITTLE, "emit", name, path], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout
    raise ValueError(f"{name}: {done.stderr}")


def check(name, policy, directory):
    try:
        CHECKS[name](emitted(name, policy, directory))
    except (ValueError, jsonschema.ValidationError, yaml.YAMLError) as error:
        return error
    return None


def main():
    with open(os.path.join(DATA, "all.policy")) as file:
        policy = json.load(file)
    # Text that wants to get out of its comment or string, and a target that is no name.
    hostile = json.loads(json.dumps(policy))
    hostile["target"] = "a\nspec: {}\u2028b.SERVICE-"
    for rule in hostile["rules"]:
        rule["reasons"] = [{"kind": "seen", "text": "\u0085spec:\u2029 evil: 1\n\"'`{[*/ //#@default allow"}]
    with tempfile.TemporaryDirectory() as directory:
        for name in CHECKS:
            case(f"{name} is what is published of it", check(name, policy, directory))
            case(f"{name} stays so whatever text the policy holds", check(name, hostile, directory))
        # The checks can fail.
        for name, text in (("oci", '{"defaultAction": "SCMP_ACT_PERMIT"}'), ("minijail", "read: 1; 2\n"),
                           ("kafel", "POLICY a { PERMIT { read } } USE a DEFAULT KILL"),
                           ("firecracker", '{"vmm": {}}')):
            try:
                CHECKS[name](text)
                case(f"what is no {name} is told", "it was taken")
            except (ValueError, jsonschema.ValidationError):
                case(f"what is no {name} is told", None)
    print(f"1..{count}")
    sys.exit(failed > 0)


main()
