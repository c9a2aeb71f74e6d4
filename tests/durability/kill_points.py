#!/usr/bin/env python3
"""SIGKILL at every write, sync, truncation, removal and answer of a fixed workload, and at random moments.

After each kill the node starts again and everything it acknowledged must be there. Prints killed × persisted.
  --random N   how many random moments (default 20)
  --seed N     of the random moments (default: drawn, printed)
"""
import argparse
import collections
import concurrent.futures
import random
import sys
import threading
import time
import unittest

from durable import EFFECT, STORE_FILES, WORKERS, WORKLOAD, DurabilityTest, Gone, Ledger, count_calls

OPTIONS = argparse.Namespace(random=20, seed=None)
WRITES = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink")
# Of random kills, this many happen to one home before a new one is made: verification looks at every credential.
KILLS_PER_HOME = 25
RANDOM_SECONDS_MAX = 1.5
# The log is folded into the database at 1,000 frames (storage/sqlite/wal.h); a frame has a header and a page.
FRAMES_NEARLY = 960
FRAME_BYTES = 24 + 4096


class Table:
    """killed at × what the operation in flight came to."""

    def __init__(self):
        self.rows = collections.defaultdict(collections.Counter)
        self.lock = threading.Lock()

    def add(self, place, persisted):
        with self.lock:
            self.rows[place]["kills"] += 1
            if not persisted:
                self.rows[place]["nothing asked"] += 1
            for happened in persisted.values():
                self.rows[place]["there" if happened else "not there"] += 1

    def print(self):
        columns = ("kills", "there", "not there", "nothing asked")
        print(f"\n{'killed at':<28}" + "".join(f"{name:>15}" for name in columns) + "   (unacknowledged operations after the restart)")
        for place, counts in sorted(self.rows.items()):
            print(f"{place:<28}" + "".join(f"{counts[name]:>15}" for name in columns))
        print(f"{sum(row['kills'] for row in self.rows.values())} kills, acknowledged operations lost: 0", flush=True)


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

    def kill_while_working(self, call, n):
        home = self.copy_of(self.published, f"work-{call}-{n}").start()
        ledger = Ledger()
        paths = [] if call == "sendto" else home.store_paths(STORE_FILES + ("",))
        try:
            with home.traced(*paths, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"):
                try:
                    ledger.run(home)
                    return None
                except Gone:
                    self.assertEqual(home.wait_dead(), -9)
            self.survive(home, ledger, f"work, {call}")
            return n
        except BaseException as error:
            raise AssertionError(f"killed at {call} {n} of the workload: {error}") from error
        finally:
            self.discard(home)

    def test_every_call_of_the_workload(self):
        home = self.copy_of(self.published, "counted").start()
        with home.traced(*home.store_paths(STORE_FILES + ("",)), "-e", "trace=" + ",".join(WRITES)):
            Ledger().run(home)
        home.kill()
        counts = {call: count_calls(home.trace, call) for call in WRITES}
        self.assertGreaterEqual(counts["fdatasync"], len(WORKLOAD), "every acknowledgement has a sync of its own")
        self.assertGreater(counts["pwrite64"], 2 * len(WORKLOAD))
        counts["sendto"] = len(WORKLOAD)
        for call, count in counts.items():
            killed = self.each_until(lambda n, call=call: self.kill_while_working(call, n), count)
            self.assertGreaterEqual(len(killed), count - 2 if count > 2 else count, f"{call}: {killed}")

    def kill_while_starting(self, origin, base, what, call, n):
        home = self.copy_of(origin, f"start-{what}-{call}-{n}")
        ledger = base.copy()
        try:
            home.launch(*home.store_paths(STORE_FILES + ("",)), "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}")
            if home.wait_up():
                return None
            self.assertEqual(home.wait_dead(), -9, home.log_text())
            self.survive(home, ledger, f"{what}, {call}")
            return n
        except BaseException as error:
            raise AssertionError(f"killed at {call} {n} of {what}: {error}") from error
        finally:
            self.discard(home)

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
        try:
            with home.traced(*home.store_paths(STORE_FILES + ("",)), "-e", f"trace={call}", "-e",
                             f"inject={call}:signal=KILL:when={n}"):
                if home.stop() == 0:
                    return None
            self.survive(home, ledger, f"stop, {call}")
            return n
        except BaseException as error:
            raise AssertionError(f"killed at {call} {n} of a stop: {error}") from error
        finally:
            self.discard(home)

    def test_every_call_of_a_stop(self):
        for call in WRITES:
            self.each_until(lambda n, call=call: self.kill_while_stopping(call, n), 1)

    def kill_while_folding(self, call, n):
        home = self.copy_of(self.published, f"folding-{call}-{n}").start()
        ledger = Ledger()
        names = (f"c{number}" for number in range(2_000))
        try:
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
        except BaseException as error:
            raise AssertionError(f"killed at {call} {n} of the folding: {error}") from error
        finally:
            self.discard(home)

    def test_every_call_of_the_folding_of_a_full_log(self):
        for call, expected in (("pwrite64", 10), ("fdatasync", 1)):
            killed = self.each_until(lambda n, call=call: self.kill_while_folding(call, n), expected)
            self.assertGreaterEqual(len(killed), expected)

    def test_random_moments(self):
        seed = OPTIONS.seed if OPTIONS.seed is not None else random.SystemRandom().randrange(1 << 32)
        print(f"random moments: {OPTIONS.random}, --seed {seed}", flush=True)
        chains = [range(first, min(first + KILLS_PER_HOME, OPTIONS.random)) for first in range(0, OPTIONS.random, KILLS_PER_HOME)]
        if len(chains) < WORKERS:  # a short run is spread as well
            chains = [range(OPTIONS.random)[worker::WORKERS] for worker in range(WORKERS)]
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda chain: self.kill_at_random(seed, chain), chains))

    def kill_at_random(self, seed, rounds):
        if not rounds:
            return
        home = self.copy_of(self.published, f"random-{rounds[0]}")
        ledger = Ledger()
        home.start()
        for number in rounds:
            randomness = random.Random(seed * 1_000_003 + number)
            try:
                self.work_until_killed(home, ledger, number, randomness)
                self.assertEqual(home.wait_dead(), -9)
                self.survive(home, ledger, "random moment")
            except BaseException as error:
                raise AssertionError(f"round {number} of --seed {seed}: {error}") from error
        self.discard(home)

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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, default=20)
    parser.add_argument("--seed", type=int)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
