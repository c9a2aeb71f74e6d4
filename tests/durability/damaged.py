#!/usr/bin/env python3
"""A store whose file or log lost its end or has one flipped bit.

The node refuses to start with one sentence and a code, and doctor gives the same code; or it serves what it can prove.
Never a revoked or suspended credential as good, never a signal, never a hang.
  --flips N   flipped bits per file (default 50)
  --seed N    of their places (default 20261122)
"""
import argparse
import collections
import concurrent.futures
import os
import random
import re
import sys
import threading
import unittest

from durable import EXIT_REFUSED, WORKERS, DurabilityTest, Ledger, Problem, at_least_one, feed_entries, place_of, state_at_node

OPTIONS = argparse.Namespace(flips=50, seed=20261122)
HISTORY = (("issue", "p"), ("issue", "q"), ("issue", "r"), ("revoke", "p"), ("suspend", "q"))
LISTS_SIZE = 2  # a feed's first entries: the two empty lists
CODES_OF_REFUSAL = ("START_CHECK_PENDING", "CREDENTIAL_UNKNOWN", "PUBLISHER_STATE_INCOMPLETE", "STORE_FAILED", "STORE_CORRUPT")
CODES_OF_UNKNOWN = ("BODY_MISSING", "STATUS_FEED_NOT_HELD", "STATUS_LIST_NOT_IN_FEED", "STATUS_LIST_BAD", "STATUS_LIST_EXPIRED")


class Damaged(DurabilityTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outcomes, cls.lock = collections.Counter(), threading.Lock()
        cls.ledger, cls.states_at = Ledger(), {}
        new = cls.fresh("new").start()
        new.stop()
        cls.in_log = cls.copy_of(new, "in-log").start()
        for verb, name in HISTORY:
            cls.ledger.perform(cls.in_log, verb, name)
            cls.states_at[max(LISTS_SIZE, cls.ledger.size)] = dict(cls.ledger.states)
        cls.size = cls.ledger.size
        cls.entries = feed_entries(cls.in_log, cls.in_log.ask("GET", "/feeds")[0])
        cls.in_log.kill()
        cls.in_file = cls.copy_of(cls.in_log, "in-file").start()
        cls.in_file.stop()
        # A peer that never answers: what was lost with the log cannot be learned, so nothing may be signed.
        with open(cls.in_log.folder / "config.toml", "a", encoding="utf-8") as config:
            config.write('\n[[peer]]\nurl = "wss://127.0.0.1:1/peer"\n')

    @classmethod
    def tearDownClass(cls):
        print()
        for (what, outcome), count in sorted(cls.outcomes.items()):
            print(f"{what:<22} {outcome:<60} {count}")
        sys.stdout.flush()
        super().tearDownClass()

    def note(self, what, outcome):
        with self.lock:
            self.outcomes[(what, outcome)] += 1

    def look(self, origin, name, what, damage):
        home = self.copy_of(origin, name.replace(" ", "-"))
        try:
            damage(home)
            home.launch(waive=origin is self.in_file)  # as of an earlier head only peers know of the newer one
            self.note(what, self.look_at_served(home) if home.wait_up() else self.look_at_refusal(home))
        except BaseException as error:
            raise AssertionError(f"{name}: {error}") from error
        finally:
            self.discard(home)

    def look_at_refusal(self, home):
        self.assertEqual(home.wait_dead(), EXIT_REFUSED)
        sentence = re.fullmatch(r"error ([A-Z_]+): (\S.*)\n", home.log_text())
        self.assertIsNotNone(sentence, home.log_text())
        code, findings = home.doctor()
        named = [row for row in findings if row["severity"] == "problem" and f"[{sentence.group(1)}]" in row["sentence"]]
        self.assertEqual((code, len(named)), (1, 1), f"doctor does not name {sentence.group(1)}: {findings}")
        return f"refused to start: {sentence.group(1)}"

    def look_at_served(self, home):
        feeds = home.ask("GET", "/feeds")
        self.assertTrue(feeds, "the feed is gone")
        self.assertTrue(self.entries.startswith(feed_entries(home, feeds[0])), "another feed was begun in its place")
        size = feeds[0]["size"]
        shown = {name: state_at_node(home, credential) for name, credential in self.ledger.issued.items()}
        if size == self.size:
            outcome = "served, whole"
        else:  # a log that lost its end is a state the node was in, and says so by the time of its head
            self.assertIn(size, self.states_at, "a head that never was")
            outcome = "served, as of an earlier head"
        for name, state in shown.items():
            if state not in CODES_OF_UNKNOWN:
                self.assertIn(state, {self.states_at[size][name], *([] if size == self.size else [self.ledger.states[name]])}, name)
        return outcome + self.look_at_changes(home, whole=size == self.size)

    def look_at_changes(self, home, whole):
        """What it acknowledges now must hold as well: a damaged index must not lead to another credential."""
        ledger = Ledger()
        ledger.issued = dict(self.ledger.issued)
        try:
            ledger.perform(home, "revoke", "r")
        except Problem as problem:
            self.assertIn(problem.code, CODES_OF_REFUSAL, problem)
            status, body = home.ready()
            self.assertEqual(status, 503, "it refuses and is ready")
            reasons = [reason["code"] for reason in body["reasons"]]
            self.assertTrue(whole or reasons == ["START_CHECK_PENDING"], reasons)
            return f", change refused: {problem.code}"
        self.assertTrue(whole, "a node that lost its newest head signs another")
        self.assertEqual(state_at_node(home, self.ledger.issued["r"]), "revoked", "acknowledged as revoked, and valid")
        held = set(home.rows("SELECT list, idx FROM allocation"))
        self.assertLessEqual({place_of(credential) for credential in self.ledger.issued.values()}, held, "an index is free again")
        return ", changes hold"

    def each(self, cases):
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            failures = [error for error in pool.map(self.attempt, cases) if error]
        self.assertFalse(failures, f"{len(failures)} of {len(cases)}:\n" + "\n".join(failures))

    def attempt(self, case):
        try:
            self.look(*case)
        except AssertionError as error:
            return str(error)
        return None

    def cuts(self, origin, file):
        length = origin.store_file(file).stat().st_size
        cuts = {1, 31, 32, 100, 4095, 4096, 4097, length // 4, length // 2, 3 * length // 4, length - 4096, length - 100, length - 1}
        return [(origin, f"{file} cut to {cut}", f"{file}, cut", lambda home, cut=cut: os.truncate(home.store_file(file), cut))
                for cut in sorted(cuts) if 0 < cut < length]

    def flips(self, origin, file):
        content = origin.store_file(file).read_bytes()
        used = [place for place, byte in enumerate(content) if byte]
        randomness = random.Random(f"{OPTIONS.seed} {file}")
        places = [(randomness.choice(used), randomness.randrange(8)) for _ in range(OPTIONS.flips)]
        return [(origin, f"{file} flip of bit {bit} at {place} (number {number})", f"{file}, flipped bit",
                 lambda home, place=place, bit=bit: flip(home.store_file(file), place, bit))
                for number, (place, bit) in enumerate(places)]

    def test_a_database_that_lost_its_end(self):
        self.each(self.cuts(self.in_file, "store.sqlite"))

    def test_a_log_that_lost_its_end(self):
        self.each(self.cuts(self.in_log, "store.sqlite-wal"))

    def test_a_flipped_bit_in_the_database(self):
        self.each(self.flips(self.in_file, "store.sqlite"))

    def test_a_flipped_bit_in_the_log(self):
        self.each(self.flips(self.in_log, "store.sqlite-wal"))


def flip(path, place, bit):
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1 << bit]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=at_least_one, default=50)
    parser.add_argument("--seed", type=int, default=20261122)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
