"""A small network of real vcnode processes on loopback, for the demo and the end-to-end tests.

Everything lives in one temporary folder; every process is ended by its own id.
"""
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 15


# Below the ports that the kernel gives to outgoing connections: what is free now is still free when a node listens on it.
PORTS = range(12_000, 32_000)


def free_port():
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def tls_context():
    """Takes any certificate: the demo's are self-signed, and what peers show proves itself."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class AdminConnection(http.client.HTTPConnection):
    """To a node's admin socket."""

    def __init__(self, home, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(pathlib.Path(home) / "admin.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    """What one run of the command line gave."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def json(self):
        return json.loads(self.out)


class Node:
    def __init__(self, vcnode, folder, name, network, port=None):
        self.vcnode, self.name, self.network = str(vcnode), name, network
        self.home = pathlib.Path(folder) / name
        self.port = port or free_port()
        self.process = None
        self.info = {}

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    @property
    def peer_url(self):
        return f"wss://127.0.0.1:{self.port}/peer"

    @property
    def did(self):
        return self.info["issuer"]

    def cli(self, *arguments, input=None, env=None, timeout=60):
        started = time.monotonic()
        done = subprocess.run(
            [self.vcnode, "--home", str(self.home), *map(str, arguments)],
            input=input, capture_output=True, text=True, timeout=timeout,
            env={**os.environ, **(env or {})})
        return Answer(done.returncode, done.stdout, done.stderr, time.monotonic() - started)

    def init(self, *arguments):
        answer = self.cli("init", "--json", "--network", self.network, "--listen", f"127.0.0.1:{self.port}",
                          "--key-cost", "interactive", *arguments)
        if answer.code != 0:
            raise RuntimeError(f"init {self.name}: {answer.err}{answer.out}")
        self.info = answer.json()
        return self.info

    def admit(self, *issuers):
        """Adds issuers to replicate to config.toml, as its operator would; a running node does not notice."""
        config = self.home / "config.toml"
        text = config.read_text()
        if "\nadmit = []\n" not in text:
            raise RuntimeError(f"{config} has no empty `admit` to fill")
        config.write_text(text.replace("\nadmit = []\n", f"\nadmit = {json.dumps(issuers)}\n"))

    def start(self, *arguments, wait=True):
        with open(self.home / "node.log", "ab") as log:
            self.process = subprocess.Popen([self.vcnode, "--home", str(self.home), "run", *arguments],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        wait_until(lambda: self.process.poll() is not None or self.cli("status", "--json").code == 0,
                   f"{self.name} answers", READY_SECONDS_MAX)
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended at once:\n{self.log_text()}")

    def head_of(self, issuer):
        """What this node tells everybody about one issuer's feed: its row in /feeds, or None."""
        return next((row for row in json.loads(self.get("/feeds")[1]) if row["issuer"] == issuer), None)

    def log_text(self):
        return (self.home / "node.log").read_text(errors="replace")

    def kill(self):
        """SIGKILL: what a power cut does to the process."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code

    def get(self, path):
        """(status, body bytes) of a GET without credentials."""
        context = tls_context()
        try:
            with urllib.request.urlopen(self.url + path, context=context, timeout=10) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def post(self, path, body, token=None):
        context = tls_context()
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": "application/json"})
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request, context=context, timeout=30) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


class Network:
    """Context manager: temporary folder, nodes, and an end to all of them."""

    def __init__(self, vcnode, name="test-network"):
        self.vcnode, self.name = vcnode, name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vcnode-"))
        self.nodes = []

    def node(self, name):
        node = Node(self.vcnode, self.folder, name, self.name)
        self.nodes.append(node)
        return node

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(condition, what, seconds, every=0.05):
    """Seconds it took; raises TimeoutError naming what did not happen."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if condition():
            return time.monotonic() - started
        time.sleep(every)
    raise TimeoutError(f"{what}: not within {seconds} seconds")
