#!/usr/bin/env python3
"""Between the last write of an operation and its HTTP answer lies a successful fdatasync of the store's log.

Reads it off strace: each operation is recognised in what is written to the log (the credential's id, or the head's
origin and size) and in the answer that leaves through the socket.
"""
import concurrent.futures
import re
import unittest

from durable import WORKLOAD, DurabilityTest, Ledger, credential_id

CONCURRENT_ISSUES = 40
WATCHED = "openat,fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg,ftruncate"
ANSWERS = ("sendto", "sendmsg", "write", "writev")


class Call:
    """One system call: where its entry and its end stand in the trace."""

    def __init__(self, name, text, begun):
        self.name, self.text, self.begun, self.ended = name, text, begun, None

    def succeeded(self):
        return self.ended is not None and re.search(r"\)\s+= \d+(<.*>)?$", self.text) is not None


def read_calls(path):
    calls, running = [], {}
    for number, line in enumerate(path.read_text(errors="replace").splitlines()):
        thread, _, text = line.split(None, 2)  # the second is the time
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", text)
        if resumed:
            call = running.pop(thread, None)
            if call is not None:
                call.text += resumed.group(1)
                call.ended = number
            continue
        begun = re.match(r"(\w+)\(", text)
        if not begun:
            continue
        call = Call(begun.group(1), text.removesuffix(" <unfinished ...>"), number)
        if text.endswith("<unfinished ...>"):
            running[thread] = call
        else:
            call.ended = number
        calls.append(call)
    return calls


class SyncOrder(DurabilityTest):
    def trace(self, home, work):
        with home.traced("-ttt", "-yy", "-s", "16384", "-e", f"trace={WATCHED}"):
            work()
        return read_calls(home.trace)

    def assert_synced(self, home, calls, what, written, answered):
        """The trace shows: write of `written` to the log → successful sync of the log → answer with `answered`."""
        log = f"<{home.store_file('store.sqlite-wal')}>"
        writes = [call for call in calls if call.name == "pwrite64" and log in call.text and written in call.text]
        self.assertTrue(writes, f"{what} was never written to the log")
        answers = [call for call in calls if call.name in ANSWERS and "HTTP/1.1 20" in call.text and answered in call.text]
        self.assertTrue(answers, f"{what} was never answered")
        answer = answers[0].begun
        first = min(call.begun for call in writes)
        self.assertLess(first, answer, f"{what} was answered before it was written")
        # A later group may write the same page again while the answer is on its way: what counts is the first.
        commit = self.commit_of(calls, log, first)
        synced = [call for call in calls if call.name == "fdatasync" and log in call.text and call.succeeded()
                  and call.begun > commit and call.ended < answer]
        self.assertTrue(synced, f"{what}: no successful fdatasync of the log between its last write and its answer")

    @staticmethod
    def commit_of(calls, log, first):
        """The end of the last write of the transaction that the write at `first` belongs to: its commit frame's page.

        SQLite writes a frame as a header of 24 bytes and a page; bytes 4 to 7 of the header are not zero in the last one.
        """
        last_frame = False
        for call in calls:
            if call.name != "pwrite64" or log not in call.text or call.ended is None:
                continue
            header = re.search(r', "((?:\\.|[^"\\])*)", 24, \d+\)', call.text)
            if header:
                last_frame = unescape(header.group(1))[4:8] != bytes(4)
            elif last_frame and call.ended >= first:
                return call.ended
        raise AssertionError("the transaction was never committed")

    def test_each_operation_is_synced_before_its_answer(self):
        home = self.fresh("one by one").start()
        ledger = Ledger()
        sizes = {}

        def work():
            for verb, name in WORKLOAD:
                ledger.perform(home, verb, name)
                sizes[(verb, name)] = ledger.size

        calls = self.trace(home, work)
        origin = home.ask("GET", "/feeds")[0]["origin"]
        for verb, name in WORKLOAD:
            if verb == "issue":
                self.assert_synced(home, calls, f"{verb} {name}", credential_id(name), credential_id(name))
            else:
                size = sizes[(verb, name)]
                self.assert_synced(home, calls, f"{verb} {name}", f"{origin}\\n{size}\\n", f'\\"size\\":{size},')

    def test_operations_that_share_a_sync_are_synced_before_their_answers(self):
        home = self.fresh("at once").start()
        ledger = Ledger()
        names = [f"shared-{number:02}" for number in range(CONCURRENT_ISSUES)]

        def work():
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda name: ledger.perform(home, "issue", name), names))

        calls = self.trace(home, work)
        for name in names:
            self.assert_synced(home, calls, name, credential_id(name), credential_id(name))

    def test_the_files_are_in_their_folder_before_anything_is_promised(self):
        """A log whose directory entry is lost with the power is lost with it; SQLite ignores a failed sync of it."""
        home = self.fresh("first start").start("-ttt", "-yy", "-e", f"trace={WATCHED}")
        home.kill()
        calls = read_calls(home.trace)
        for name in ("store.sqlite", "store.sqlite-wal"):
            created = [call for call in calls if call.name == "openat" and f'"{home.store_file(name)}"' in call.text
                       and "O_CREAT" in call.text and call.succeeded()]
            self.assertTrue(created, f"{name} was never created")
            synced = [call for call in calls if call.name == "fsync" and f"<{home.folder}>" in call.text and call.succeeded()
                      and call.begun > created[0].ended]
            self.assertTrue(synced, f"the folder was not synced after {name} was created")
        ready = next(call.begun for call in calls if call.name == "write" and '"ready url=' in call.text)
        self.assertLess(max(call.ended for call in calls if call.name == "fsync"), ready)


def unescape(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


if __name__ == "__main__":
    unittest.main()
