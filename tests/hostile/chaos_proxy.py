"""A TCP proxy that does to what passes whatever a bad network does, one fault at a time."""
import random
import socket
import struct
import threading
import time

FAULTS = ("delay", "split", "stall", "flip", "half-close", "reset")  # those that a link survives first
SURVIVED = FAULTS[:3]
SPLIT_BYTES_MAX = 600  # of one piece sent byte by byte; the rest goes as it is
SECONDS_MAX = {"delay": 0.3, "stall": 3.0}
POLL_SECONDS = 0.2


class ChaosProxy:
    """`fault` is one of FAULTS or None, and may be changed at any time; `done` counts what was done to whom."""

    def __init__(self, target_port, seed):
        self.target_port, self.rng, self.fault = target_port, random.Random(seed), None
        self.done = dict.fromkeys(FAULTS, 0)
        self.connections = 0
        self.lock = threading.Lock()
        self.closing = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.closing = True
        self.listener.close()

    def _accept(self):
        while not self.closing:
            try:
                inward, _ = self.listener.accept()
            except OSError:
                continue
            try:
                outward = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:  # the node is down
                inward.close()
                continue
            self.connections += 1
            for end in (inward, outward):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, sink in ((inward, outward), (outward, inward)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source, sink):
        try:
            while data := source.recv(65536):
                if not self._pass(self.fault, data, source, sink):
                    break
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        source.close()  # the other direction's thread closes the sink

    def _count(self, fault):
        with self.lock:
            self.done[fault] += 1

    def _pass(self, fault, data, source, sink):
        """False when nothing more is to be copied this way."""
        if fault == "delay":
            time.sleep(self.rng.uniform(0, SECONDS_MAX[fault]))
        elif fault == "stall":
            until = time.monotonic() + SECONDS_MAX[fault]
            while self.fault == "stall" and time.monotonic() < until:
                time.sleep(POLL_SECONDS)
        elif fault == "split":
            for i in range(min(len(data), SPLIT_BYTES_MAX)):
                sink.sendall(data[i:i + 1])
            data = data[SPLIT_BYTES_MAX:]
        elif fault == "flip":
            bit = self.rng.randrange(len(data) * 8)
            data = bytearray(data)
            data[bit // 8] ^= 1 << bit % 8
        elif fault == "half-close":
            sink.shutdown(socket.SHUT_WR)
            self._count(fault)
            while source.recv(65536):  # the other way goes on
                pass
            return False
        elif fault == "reset":
            source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            source.close()
            self._count(fault)
            return False
        sink.sendall(data)
        if fault:
            self._count(fault)
        return True
