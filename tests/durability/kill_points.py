#!/usr/bin/env python3
"""SIGKILL at every write, sync, truncation, removal and answer of a fixed workload, and at random moments.

After each kill the node starts again and everything it acknowledged must be there. Prints killed × persisted and the
count; a failure prints the command that does it again, at the same moments.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import random
import sys
import threading
import time
import unittest

from durable import EFFECT, STORE_FILES, VCNODE, WORKERS, WORKLOAD, DurabilityTest, Gone, Ledger, at_least_one, count_calls

OPTIONS = argparse.Namespace(random=20, seed=None, rounds=None)
ANSWER = "sendmsg"  # of an answer: its head and its content, in one call
WRITES = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink")
# Of random kills, this many happen to one home before a new one is made: verification looks at every credential.
KILLS_PER_HOME = 25
RANDOM_SECONDS_MAX = 1.5
KILLS_PER_LINE = 100  # of progress
# The log is folded into the database at 1,000 frames (storage/sqlite/wal.h); a frame has a header and a page.
FRAMES_NEARLY = 960
FRAME_BYTES = 24 + 4096


class Table:
    """killed at × what the operation in flight came to."""

    def __init__(self):
        self.rows = collections.defaultdict(collections.Counter)
        self.failures = 0
        self.lock = threading.Lock()

    def add(self, place, persisted):
        with self.lock:
            self.rows[place]["kills"] += 1
            if not persisted:
                self.rows[place]["nothing asked"] += 1
            for happened in persisted.values():
                self.rows[place]["there" if happened else "not there"] += 1
            if self.rows[place]["kills"] % KILLS_PER_LINE == 0:
                print(self.summary(), flush=True)

    def add_failure(self):
        with self.lock:
            self.failures += 1

    def summary(self):
        kills = sum(row["kills"] for row in self.rows.values())
        lost = "acknowledged operations lost: 0" if self.failures == 0 else f"FAILED: {self.failures}"
        return f"{kills} kills, {lost}"

    def print(self):
        columns = ("kills", "there", "not there", "nothing asked")
        print(f"\n{'killed at':<28}" + "".join(f"{name:>15}" for name in columns) + "   (unacknowledged operations after the restart)")
        for place, counts in sorted(self.rows.items()):
            print(f"{place:<28}" + "".join(f"{counts[name]:>15}" for name in columns))
        print(self.summary(), flush=True)


class KillPoints(DurabilityTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table = Table()
        cls.unborn = cls.fresh("unborn")
        cls.published = cls.copy_of(cls.unborn, "published").start()
        cls.published.stop()
        cls.unfolded = cls.copy_of(cls.published, "unfolded").start()
        cls.unfolded_ledger = Ledger()
        cls.unfolded_ledger.run(cls.unfolded, WORKLOAD[:3])
        cls.unfolded.kill()  # so the log is full and the next start folds it

    @classmethod
    def tearDownClass(cls):
        cls.table.print()
        super().tearDownClass()

    def survive(self, home, ledger, place):
        home.start()
        persisted = ledger.check(home, self)
        self.table.add(place, persisted)
        ledger.settle(home, persisted, self)
        ledger.check(home, self, by_command=0)
        self.assert_healthy(home)

    @contextlib.contextmanager
    def told(self, what, *arguments):
        """A failure says at once what was killed and how it is done again."""
        try:
            yield
        except BaseException as error:
            self.table.add_failure()
            command = [sys.argv[0], *arguments, self.id().removeprefix("__main__.")]
            text = f"killed at {what}: {error}\nreplay: VCNODE_BINARY={VCNODE} {' '.join(command)}"
            print(text, flush=True)
            raise AssertionError(text) from error

    @contextlib.contextmanager
    def one_kill(self, home, what):
        try:
            with self.told(what):
                yield
        finally:
            self.discard(home)

    def kill_while_working(self, call, n):
        home = self.copy_of(self.published, f"work-{call}-{n}").start()
        ledger = Ledger()
        paths = [] if call == ANSWER else home.store_paths(STORE_FILES + ("",))
        with self.one_kill(home, f"{call} {n} of the workload"):
            with home.traced(*paths, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"):
                try:
                    ledger.run(home)
                    return None
                except Gone:
                    self.assertEqual(home.wait_dead(), -9)
            self.survive(home, ledger, f"work, {call}")
            return n

    def test_every_call_of_the_workload(self):
        home = self.copy_of(self.published, "counted").start()
        with home.traced(*home.store_paths(STORE_FILES + ("",)), "-e", "trace=" + ",".join(WRITES)):
            Ledger().run(home)
        home.kill()
        counts = {call: count_calls(home.trace, call) for call in WRITES}
        self.assertGreaterEqual(counts["fdatasync"], len(WORKLOAD), "every acknowledgement has a sync of its own")
        self.assertGreater(counts["pwrite64"], 2 * len(WORKLOAD))
        counts[ANSWER] = len(WORKLOAD)
        for call, count in counts.items():
            killed = self.each_until(lambda n, call=call: self.kill_while_working(call, n), count)
            self.assertGreaterEqual(len(killed), count - 2 if count > 2 else count, f"{call}: {killed}")

    def kill_while_starting(self, origin, base, what, call, n):
        home = self.copy_of(origin, f"start-{what}-{call}-{n}")
        ledger = base.copy()
        with self.one_kill(home, f"{call} {n} of {what}"):
            home.launch(*home.store_paths(STORE_FILES + ("",)), "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}")
            if home.wait_up():
                return None
            self.assertEqual(home.wait_dead(), -9, home.log_text())
            self.survive(home, ledger, f"{what}, {call}")
            return n

    def every_call_of_a_start(self, origin, base, what):
        home = self.copy_of(origin, f"counted-{what}")
        home.start(*home.store_paths(STORE_FILES + ("",)), "-e", "trace=" + ",".join(WRITES))
        home.kill()
        for call in WRITES:
            count = count_calls(home.trace, call)
            killed = self.each_until(
                lambda n, call=call: self.kill_while_starting(origin, base, what, call, n), count)
            self.assertGreaterEqual(len(killed), count - 1, f"{call}: {killed}")

    def test_every_call_of_the_first_start(self):
        self.every_call_of_a_start(self.unborn, Ledger(), "first start")

    def test_every_call_of_a_start_that_folds_the_log(self):
        self.every_call_of_a_start(self.unfolded, self.unfolded_ledger, "fold")

    def kill_while_stopping(self, call, n):
        home = self.copy_of(self.unfolded, f"stop-{call}-{n}").start()
        ledger = self.unfolded_ledger.copy()
        ledger.perform(home, "issue", "c")
        with self.one_kill(home, f"{call} {n} of a stop"):
            with home.traced(*home.store_paths(STORE_FILES + ("",)), "-e", f"trace={call}", "-e",
                             f"inject={call}:signal=KILL:when={n}"):
                if home.stop() == 0:
                    return None
            self.survive(home, ledger, f"stop, {call}")
            return n

    def test_every_call_of_a_stop(self):
        for call in WRITES:
            self.each_until(lambda n, call=call: self.kill_while_stopping(call, n), 1)

    def kill_while_folding(self, call, n):
        home = self.copy_of(self.published, f"folding-{call}-{n}").start()
        ledger = Ledger()
        names = (f"c{number}" for number in range(2_000))
        with self.one_kill(home, f"{call} {n} of the folding"):
            while home.store_file("store.sqlite-wal").stat().st_size < FRAMES_NEARLY * FRAME_BYTES:
                ledger.perform(home, "issue", next(names))
            size = home.store_file().stat().st_size
            with home.traced(*home.store_paths(("store.sqlite",)), "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"):
                try:
                    for _ in range(200):
                        ledger.perform(home, "issue", next(names))
                    self.assertGreater(home.store_file().stat().st_size, size, "nothing was folded")
                    return None
                except Gone:
                    self.assertEqual(home.wait_dead(), -9)
            self.survive(home, ledger, f"folding at work, {call}")
            return n

    def test_every_call_of_the_folding_of_a_full_log(self):
        for call, expected in (("pwrite64", 10), ("fdatasync", 1)):
            killed = self.each_until(lambda n, call=call: self.kill_while_folding(call, n), expected)
            self.assertGreaterEqual(len(killed), expected)

    def test_random_moments(self):
        seed = OPTIONS.seed if OPTIONS.seed is not None else random.SystemRandom().randrange(1 << 32)
        print(f"random moments: {OPTIONS.random}, --seed {seed}", flush=True)
        length = max(1, min(KILLS_PER_HOME, OPTIONS.random // WORKERS))  # a short run is spread as well
        chains = [range(first, min(first + length, OPTIONS.random)) for first in range(0, OPTIONS.random, length)]
        if OPTIONS.rounds is not None:
            chains = [OPTIONS.rounds]
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            failures = [text for text in pool.map(lambda chain: self.failure_of(seed, chain), chains) if text]
        self.assertEqual(failures, [])

    def failure_of(self, seed, rounds):
        """A chain of kills of one home: a broken one is left for a look, the others go on."""
        home = self.copy_of(self.published, f"random-{rounds[0]}")
        ledger = Ledger()
        home.start()
        for number in rounds:
            randomness = random.Random(seed * 1_000_003 + number)
            try:
                with self.told(f"random moment {number}", "--seed", str(seed), "--rounds", f"{rounds[0]}-{number}"):
                    self.work_until_killed(home, ledger, number, randomness)
                    self.assertEqual(home.wait_dead(), -9)
                    self.survive(home, ledger, "random moment")
            except AssertionError as failure:
                self.keep(home)
                return str(failure)
        self.discard(home)
        return None

    def work_until_killed(self, home, ledger, number, randomness):
        """Two callers issue, one changes statuses, until the node is killed under them."""
        delay = randomness.uniform(0, RANDOM_SECONDS_MAX)
        changes = [(verb, name) for name in ledger.issued for verb in EFFECT if ledger.states[name] != "revoked"]
        randomness.shuffle(changes)
        killed = threading.Event()

        def until_gone(operations):
            try:
                for operation in operations:
                    ledger.perform(home, *operation)
            except Gone:
                if not killed.is_set():
                    raise

        def issue(caller):
            return (("issue", f"{number}-{caller}-{i}") for i in range(12) if not time.sleep(delay / 12))

        # One change per credential and round: then what is allowed after the kill is one of two.
        once = list({name: (verb, name) for verb, name in changes}.values())
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            jobs = [pool.submit(until_gone, issue(0)), pool.submit(until_gone, issue(1)), pool.submit(until_gone, once)]
            time.sleep(delay)
            killed.set()
            home.process.kill()
            for job in jobs:
                job.result()


def rounds_of(text):
    first, last = map(int, text.split("-"))
    return range(first, last + 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="everything else goes to unittest: -v, or KillPoints.test_random_moments")
    parser.add_argument("--random", type=at_least_one, default=20, metavar="N", help="how many random moments (default 20)")
    parser.add_argument("--seed", type=int, metavar="N", help="of the random moments (default: drawn, printed)")
    parser.add_argument("--rounds", type=rounds_of, metavar="A-B", help="only these random moments, one after another")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
