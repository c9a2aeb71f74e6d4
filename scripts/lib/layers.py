"""Fails on an include that points the wrong way, or on a loop between modules or files.

The direction is crypto <- protocol <- storage <- node; inside a layer the order below. Tests see all; nobody sees tests.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Module → modules it may include, besides itself. A module is the longest matching folder.
ALLOWED = {
    "crypto/base": [],
    "crypto": ["crypto/base"],
    "protocol/did": ["crypto"],
    "protocol/credential": ["protocol/did"],
    "protocol/facts": ["protocol/credential"],
    "protocol/statement": ["protocol/credential"],
    "protocol/webvh": ["protocol/credential"],
    "protocol/issuer": ["protocol/webvh", "protocol/feed"],
    "protocol/status": ["protocol/credential"],
    "protocol/feed": ["protocol/status", "protocol/statement"],
    "protocol": ["protocol/feed"],  # ports.h
    "protocol/wire": ["protocol/feed"],
    "protocol/gossip": ["protocol/wire", "protocol/issuer", "protocol"],
    "protocol/observe": ["protocol/feed"],
    "protocol/recognition": ["protocol/facts", "protocol/statement", "protocol/feed", "protocol/witness"],
    "protocol/verify": ["protocol/recognition", "protocol/batch", "protocol/observe", "protocol/issuer"],
    "protocol/witness": ["protocol/feed"],
    "protocol/batch": ["protocol/witness"],
    "protocol/evidence": ["protocol/gossip", "protocol/verify"],
    "storage": ["protocol"],
    "node/codes": ["crypto"],
    "node/net": ["protocol/gossip"],
    "node/http": ["node/net"],
    "node/config": ["protocol/gossip", "protocol/issuer", "protocol/observe", "node/net"],
    "node/app": ["node/codes", "node/config", "node/net", "node/http", "protocol/observe", "protocol/verify", "protocol/issuer", "protocol/witness", "protocol/facts", "protocol/evidence", "storage"],
    "node/cli": ["node/app", "protocol/facts"],
}
# Folders that only these modules may include from outside.
CONFINED = {"boost/": {"node/net", "node/http"}, "sqlite3.h": {"storage"}, "sodium.h": {"crypto", "crypto/base"},
            "openssl/": {"crypto", "node/net", "node/http"}, "CLI/": {"node/cli"}, "toml++/": {"node/config"},
            "spdlog/": {"node/app"}, "prometheus/": {"node/app"}, "simdjson.h": {"crypto/base"}, "utf8proc.h": {"protocol/verify"}, "zlib.h": {"protocol/status", "storage"}}
SANS_IO = re.compile(r'#include <(thread|mutex|fstream|iostream|filesystem|future|condition_variable|sys/socket\.h|unistd\.h)>')
INCLUDE = re.compile(r'^\s*#include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def module_of(path):
    parts = path.split("/")
    for length in range(len(parts) - 1, 0, -1):
        candidate = "/".join(parts[:length])
        if candidate in ALLOWED:
            return candidate
    return None


def closure(module, seen=None):
    seen = set() if seen is None else seen
    for below in ALLOWED[module]:
        if below not in seen:
            seen.add(below)
            closure(below, seen)
    return seen


def file_loops(graph):
    state, loops = {}, []

    def visit(node, trail):
        state[node] = 1
        for target in graph.get(node, []):
            if state.get(target) == 1:
                loops.append(" -> ".join(trail[trail.index(target):] + [target]) if target in trail else f"{node} -> {target}")
            elif target not in state:
                visit(target, trail + [target])
        state[node] = 2

    for node in sorted(graph):
        if node not in state:
            visit(node, [node])
    return loops


def main():
    problems, graph = [], {}
    for folder in ("crypto", "protocol", "storage", "node"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp", ".def"):
                continue
            name = path.relative_to(ROOT).as_posix()
            module, text = module_of(name), path.read_text()
            includes = INCLUDE.findall(text)
            graph[name] = [include for include in includes if (ROOT / include).is_file()]
            for include in includes:
                target = module_of(include) if (ROOT / include).is_file() else None
                if include.startswith("tests/"):
                    problems.append(f"{name}: includes a test: {include}")
                elif target and target != module and target not in closure(module):
                    problems.append(f"{name}: {module} must not include {target}: {include}")
                for prefix, owners in CONFINED.items():
                    if include.startswith(prefix) and module not in owners:
                        problems.append(f"{name}: {include} is confined to {', '.join(sorted(owners))}")
            if folder == "protocol" and (found := SANS_IO.search(text)):
                problems.append(f"{name}: protocol is sans-IO: {found.group(0)}")
    problems += [f"loop: {module} may reach itself" for module in ALLOWED if module in closure(module)]
    problems += [f"loop: {loop}" for loop in file_loops(graph)]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"layers: {len(graph)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
