"""What the durability tests share: a home that starts fast, an admin client, a ledger of what was promised, strace.

The ledger knows what a node acknowledged. After any fault, `Ledger.check` compares it with what the node holds:
through its public objects, through `vcnode verify`, and by reading the store beside it.
"""
import argparse
import base64
import concurrent.futures
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
from network import AdminConnection  # noqa: E402
VCNODE = os.environ.get("VCNODE_BINARY", str(ROOT / "build/release/node/cli/vcnode"))

# How long a start, an end or an answer may take before it counts as a hang: more on a machine that has no time for this.
PATIENCE_SECONDS = int(os.environ.get("VCNODE_DURABILITY_PATIENCE", "60"))
START_SECONDS_MAX = DIE_SECONDS_MAX = REQUEST_SECONDS_MAX = PATIENCE_SECONDS
# Most of a run is waiting for the next second, the earliest moment of the next head: more runs than cores.
WORKERS = int(os.environ.get("VCNODE_DURABILITY_WORKERS", "6"))
STORE_FILES = ("store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "store.sqlite-journal")
EXIT_REFUSED = 69


class Gone(Exception):
    """The node ended in the middle of a request."""


class Problem(Exception):
    """The node answered with an error."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body, self.code = status, body, body.get("code")


class Home:
    """One home and the process that runs on it. Listens on a port of the system's choice, so copies can run at once."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.log = self.folder.with_name(self.folder.name + ".log")
        self.trace = self.folder.with_name(self.folder.name + ".trace")
        self.process, self.launched_traced = None, False
        self.environment = {**os.environ, "VCNODE_HTTP_LISTEN": "127.0.0.1:0"}

    @classmethod
    def create(cls, folder):
        home = cls(folder)
        done = home.cli("init", "--json", "--network", "durability", "--listen", "127.0.0.1:8443", "--key-cost", "interactive")
        if done.returncode != 0:
            raise RuntimeError(done.stderr + done.stdout)
        cheapen_keys(home.folder)
        return home

    def copy(self, folder):
        """A copy of a home whose node does not run."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*.sock"))
        return Home(folder)

    def store_file(self, name="store.sqlite"):
        return self.folder / name

    def cli(self, *arguments, timeout=PATIENCE_SECONDS):
        return subprocess.run([VCNODE, "--home", str(self.folder), *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout, env=self.environment, check=False)

    def launch(self, *strace_arguments, waive=True):
        """Starts the node, traced from its first instruction if strace arguments are given."""
        command = [VCNODE, "--home", str(self.folder), "run", "--new-store"] + (["--waive-start-check"] if waive else [])
        if strace_arguments:
            command = ["strace", "-D", "-f", "-o", str(self.trace), *strace_arguments, *command]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            env=self.environment)
        self.launched_traced = bool(strace_arguments)
        return self

    def start(self, *strace_arguments, waive=True):
        self.launch(*strace_arguments, waive=waive)
        if not self.wait_up():
            raise AssertionError(f"the node ended at its start with {self.process.returncode}:\n{self.log_text()}")
        return self

    def wait_up(self):
        """True once the node said that it is ready; False if it ended. Neither in time is a hang."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            if "event=ready" in self.log_text():
                return True
            time.sleep(0.01)
        raise AssertionError(f"the node neither started nor ended within {START_SECONDS_MAX} s:\n{self.log_text()}")

    def log_text(self):
        return self.log.read_text(errors="replace")

    def wait_dead(self, seconds=DIE_SECONDS_MAX):
        code = self.process.wait(seconds)
        if self.launched_traced:
            self._await_trace(self.process.pid)
        self.process = None
        return code

    def _await_trace(self, pid):
        """The tracer of launch() is nobody's child and writes its last lines after the node has ended."""
        last = re.compile(rf"(?m)^{pid} .*\+\+\+ (killed|exited)")
        deadline = time.monotonic() + DIE_SECONDS_MAX
        while not last.search(self.trace.read_text(errors="replace")):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.trace} never ended")
            time.sleep(0.005)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.wait_dead()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait_dead()

    def request(self, method, path, body=None):
        """(status, body bytes) over the admin socket. Gone if the node is."""
        connection = AdminConnection(self.folder, REQUEST_SECONDS_MAX)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except TimeoutError as error:
            raise AssertionError(f"{method} {path} was not answered within {REQUEST_SECONDS_MAX} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise Gone(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()

    def ask(self, method, path, body=None):
        status, text = self.request(method, path, body)
        parsed = json.loads(text)
        if status >= 400:
            raise Problem(status, parsed)
        return parsed

    def ready(self):
        status, text = self.request("GET", "/readyz")
        return status, json.loads(text)

    def doctor(self):
        """(exit code, findings)"""
        done = self.cli("--json", "doctor")
        return done.returncode, json.loads(done.stdout)["findings"]

    @contextlib.contextmanager
    def traced(self, *arguments):
        """strace attached to every thread of the running node; its output is in self.trace afterwards."""
        self.trace.unlink(missing_ok=True)
        errors = self.folder.with_name(self.folder.name + ".strace-errors")
        with open(errors, "wb") as sink:
            tracer = subprocess.Popen(["strace", "-f", "-p", str(self.process.pid), "-o", str(self.trace), *arguments], stderr=sink)
        deadline = time.monotonic() + START_SECONDS_MAX
        while b"attached" not in errors.read_bytes():
            if tracer.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("strace could not attach: " + errors.read_text())
            time.sleep(0.005)
        try:
            yield
        finally:
            if tracer.poll() is None:
                tracer.send_signal(signal.SIGINT)
            tracer.wait(DIE_SECONDS_MAX)

    def store_paths(self, names=STORE_FILES):
        """The strace arguments that leave out everything but these files: neither log nor keys count."""
        return [part for name in names for part in ("-P", str(self.store_file(name)))]

    def rows(self, query):
        """Reads the store beside the node, as an operator may."""
        connection = sqlite3.connect(f"file:{self.store_file()}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


# ---- keys that open at once

def cheapen_keys(folder):
    """Seals the key files again at the least cost the format allows: a start takes 20 ms of CPU instead of 160."""
    sodium = ctypes.CDLL("libsodium.so.23")
    passphrase = (folder / "passphrase").read_bytes().removesuffix(b"\n")
    for path in (folder / "keys").iterdir():
        sealed = json.loads(path.read_text())
        seed = _crypt(sodium, sealed, passphrase, from_base64url(sealed["ciphertext"]), opening=True)
        sealed.update(ops=1, mem=8192, salt=base64url(os.urandom(16)), nonce=base64url(os.urandom(24)))
        sealed["ciphertext"] = base64url(_crypt(sodium, sealed, passphrase, seed, opening=False))
        path.write_text(json.dumps(sealed, sort_keys=True, separators=(",", ":")))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _crypt(sodium, sealed, passphrase, text, opening):
    """XChaCha20-Poly1305 under Argon2id, as crypto/key_file.h describes."""
    size = ctypes.c_ulonglong
    key = ctypes.create_string_buffer(32)
    if sodium.crypto_pwhash(key, size(32), passphrase, size(len(passphrase)), from_base64url(sealed["salt"]), size(sealed["ops"]),
                            ctypes.c_size_t(sealed["mem"]), ctypes.c_int(2)) != 0:
        raise RuntimeError("crypto_pwhash")
    bound = {name: value for name, value in sealed.items() if name != "ciphertext"}
    data = json.dumps(bound, sort_keys=True, separators=(",", ":")).encode()
    out = ctypes.create_string_buffer(len(text) + 16)
    written = size(0)
    nonce = from_base64url(sealed["nonce"])
    if opening:
        code = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(out, ctypes.byref(written), None, text, size(len(text)), data,
                                                                 size(len(data)), nonce, key)
    else:
        code = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(out, ctypes.byref(written), text, size(len(text)), data,
                                                                 size(len(data)), None, nonce, key)
    if code != 0:
        raise RuntimeError("the key file does not open")
    return out.raw[:written.value]


# ---- what was promised

EFFECT = {"revoke": "revoked", "suspend": "suspended", "reinstate": "clear"}
CHANGE = {"revoke": ("revocation", True), "suspend": ("suspension", True), "reinstate": ("suspension", False)}
STATE_OF_CODE = {"STATUS_REVOKED": "revoked", "STATUS_SUSPENDED": "suspended", "STATUS_CLEAR": "clear"}
# Two credentials, one revoked for ever, one suspended for a while: five acknowledgements, three heads.
WORKLOAD = (("issue", "a"), ("issue", "b"), ("revoke", "a"), ("suspend", "b"), ("reinstate", "b"))


def credential_id(name):
    return f"urn:example:{name}"


def issue_request(name):
    return {"credential": {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"],
                           "id": credential_id(name), "credentialSubject": {"id": "did:example:learner"}}}


class Ledger:
    def __init__(self):
        self.issued = {}  # name → credential
        self.states = {}  # name → clear, suspended, revoked
        self.in_flight = []  # (verb, name): asked and not acknowledged
        self.spent = set()  # ids whose index was made durable for a caller who was never answered
        self.size = 0
        self.entries = b""
        self.lock = threading.Lock()

    def copy(self):
        out = Ledger()
        out.issued, out.states, out.spent = dict(self.issued), dict(self.states), set(self.spent)
        out.in_flight, out.size, out.entries = list(self.in_flight), self.size, self.entries
        return out

    def perform(self, home, verb, name):
        """Asks for one operation. Gone or Problem leave it in flight: it may have happened."""
        operation = (verb, name)
        with self.lock:
            self.in_flight.append(operation)
        if verb == "issue":
            answer = home.ask("POST", "/credentials/issue", issue_request(name))
        else:
            purpose, value = CHANGE[verb]
            answer = home.ask("POST", "/credentials/status", {
                "credentialId": credential_id(name), "credentialStatus": [{"statusPurpose": purpose, "status": value}]})
        with self.lock:
            self.in_flight.remove(operation)
            if verb == "issue":
                self.issued[name] = answer["verifiableCredential"]
                self.states[name] = "clear"
            else:
                self.states[name] = EFFECT[verb]
                self.size = max(self.size, answer["head"]["size"])

    def run(self, home, workload=WORKLOAD):
        for verb, name in workload:
            self.perform(home, verb, name)

    def allowed_states(self, name):
        return {self.states[name]} | {EFFECT[verb] for verb, about in self.in_flight if about == name}

    def check(self, home, case, by_command=2):
        """Everything acknowledged is there and nothing is half there. Which operations in flight persisted."""
        self._check_feed(home, case)
        rows = self._check_allocations(home, case)
        persisted = {operation: False for operation in self.in_flight}
        for position, (name, credential) in enumerate(sorted(self.issued.items(), reverse=True)):
            seen = state_at_node(home, credential)
            case.assertIn(seen, self.allowed_states(name), f"{name}: acknowledged {self.states[name]}, in flight {self.in_flight}")
            if position < by_command:  # the whole feed, signatures and tree, checked by another process
                case.assertEqual(state_by_command(home, credential), seen, name)
            for operation in self.in_flight:
                if operation[1] == name and EFFECT.get(operation[0]) == seen:
                    persisted[operation] = True
        for operation in self.in_flight:
            if operation[0] == "issue":
                persisted[operation] = credential_id(operation[1]) in rows
        return persisted

    def _check_feed(self, home, case):
        feeds = home.ask("GET", "/feeds")
        if not feeds:
            case.assertEqual(self.size, 0, "the feed is gone")
            return
        case.assertEqual(len(feeds), 1)
        row = feeds[0]
        case.assertGreaterEqual(row["size"], self.size, "the head went back")
        case.assertEqual((row["missingBodies"], row["pending"], row["contradicted"]), ([], None, False))
        entries = feed_entries(home, row)
        case.assertTrue(entries.startswith(self.entries), "an entry that was shown has changed")
        self.size, self.entries = row["size"], entries

    def _check_allocations(self, home, case):
        case.assertEqual(home.rows("PRAGMA integrity_check"), [("ok",)])
        rows = home.rows("SELECT credential_id, list, idx FROM allocation")
        by_id = {row[0]: (row[1], row[2]) for row in rows}
        case.assertEqual(len({(row[1], row[2]) for row in rows}), len(rows), "an index was given twice")
        for name, credential in self.issued.items():
            case.assertEqual(by_id.get(credential_id(name)), place_of(credential), f"the index of {name} is lost")
        asked = {credential_id(name) for verb, name in self.in_flight if verb == "issue"}
        known = {credential_id(name) for name in self.issued} | asked | self.spent
        case.assertLessEqual(set(by_id), known, "an index was spent for nobody")
        return by_id

    def settle(self, home, persisted, case):
        """The caller asks again, as callers do; then nothing is in flight."""
        waiting, self.in_flight = self.in_flight, []
        for verb, name in waiting:
            if verb != "issue" or not persisted[(verb, name)]:
                self.perform(home, verb, name)
                continue
            try:
                self.perform(home, verb, name)
                case.fail(f"{name} was given a second index")
            except Problem as problem:
                case.assertEqual((problem.status, problem.code), (409, "CREDENTIAL_ID_USED"))
            self.in_flight.remove((verb, name))
            self.spent.add(credential_id(name))


def place_of(credential):
    entry = credential["credentialStatus"][0]
    list_name = entry["statusListCredential"].rsplit("/", 1)[1].removesuffix("-revocation").removesuffix("-suspension")
    return list_name, int(entry["statusListIndex"])


def feed_entries(home, row):
    """The entries of a feed's first tile, as bytes."""
    status, tile = home.request("GET", f"/feeds/{row['originHash']}/tile/entries/000" + (
        f".p/{row['size']}" if row["size"] < 256 else ""))
    if status != 200:
        raise AssertionError(f"the entries of a feed of {row['size']} are not served: {status} {tile!r}")
    return tile


def state_at_node(home, credential):
    _, text = home.request("POST", "/credentials/verify", {"verifiableCredential": credential})
    codes = {row["check"]: row["code"] for row in json.loads(text)["checks"]}
    return STATE_OF_CODE.get(codes.get("status"), codes.get("status"))


def state_by_command(home, credential):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(credential, file)
        file.flush()
        done = home.cli("--json", "verify", file.name)
    codes = {row["check"]: row["code"] for row in json.loads(done.stdout)["verdict"]["checks"]}
    return STATE_OF_CODE.get(codes.get("status"), codes.get("status"))


# ---- running many cases

def at_least_one(text):
    """An argument that counts what is done: a run that does nothing must not pass."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number from 1')
    return int(text)


class DurabilityTest(unittest.TestCase):
    maxDiff = None
    kept = []  # homes that show what went wrong

    @classmethod
    def setUpClass(cls):
        if shutil.which("strace") is None:
            raise RuntimeError("these tests need strace: run scripts/setup")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="vcnode-durability-"))
        cls.homes = []
        cls.started = time.monotonic()

    @classmethod
    def tearDownClass(cls):
        for home in cls.homes:
            home.kill()
        if cls.kept:
            print("left for a look:", *cls.kept, flush=True)
        else:
            shutil.rmtree(cls.folder, ignore_errors=True)
        print(f"{cls.__name__}: {time.monotonic() - cls.started:.0f} s", flush=True)

    @classmethod
    def fresh(cls, name="origin"):
        home = Home.create(cls.folder / name)
        for path in home.folder.glob("store.sqlite*"):
            path.unlink()  # the first start makes it again: under the faults of that start
        cls.homes.append(home)
        return home

    @classmethod
    def copy_of(cls, home, name):
        out = home.copy(cls.folder / name)
        cls.homes.append(out)
        return out

    @classmethod
    def discard(cls, home):
        home.kill()
        for path in (home.log, home.trace):
            path.unlink(missing_ok=True)
        shutil.rmtree(home.folder, ignore_errors=True)

    @classmethod
    def keep(cls, home):
        home.kill()
        cls.kept.append(str(home.folder))

    def assert_healthy(self, home):
        status, body = home.ready()
        self.assertEqual((status, body["reasons"]), (200, []))
        code, findings = home.doctor()
        self.assertEqual(code, 0, findings)

    @staticmethod
    def each_until(run, expected, most=1000):
        """run(1), run(2) … several at once, until one returns None: the point lies behind the end. What they returned."""
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            results = list(pool.map(run, range(1, expected + 1)))
            while results and results[-1] is not None and len(results) < most:
                results.append(run(len(results) + 1))
        return [result for result in results if result is not None]


def trace_calls(path, with_failed=True):
    """[(thread, call, rest)] of finished calls in the order of their end; `unfinished … resumed` lines are joined."""
    calls, open_calls = [], {}
    for line in pathlib.Path(path).read_text(errors="replace").splitlines():
        match = re.match(r"(\d+)\s+(?:\d+\.\d+\s+)?(.*)", line)
        if not match:
            continue
        thread, text = match.groups()
        if text.endswith("<unfinished ...>"):
            open_calls[thread] = text.removesuffix("<unfinished ...>")
            continue
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", text)
        if resumed:
            text = open_calls.pop(thread, "") + resumed.group(1)
        call = re.match(r"(\w+)\((.*)", text)
        if call and (with_failed or not re.search(r"= -1 E", text)):
            calls.append((thread, call.group(1), call.group(2)))
    return calls


def count_calls(path, name):
    """The largest count of one thread: strace counts `when=N` by thread."""
    by_thread = {}
    for thread, call, _ in trace_calls(path):
        if call == name:
            by_thread[thread] = by_thread.get(thread, 0) + 1
    return max(by_thread.values(), default=0)
