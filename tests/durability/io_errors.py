#!/usr/bin/env python3
"""EIO and ENOSPC at every write, sync, truncation, opening and allocation of the store's files.

While the node works: after the first error it acknowledges nothing more, still answers reads, is not ready and says
why, and `vcnode doctor` repeats it; after a restart everything acknowledged is there. While it starts: it starts all
the same, or refuses with one sentence; the next start, on a sound disk, succeeds.
"""
import re
import unittest

from durable import EXIT_REFUSED, STORE_FILES, WORKLOAD, DurabilityTest, Ledger, Problem, count_calls, feed_entries, trace_calls

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "openat", "fallocate")
# An EIO comes once: what follows would succeed, and must be refused all the same. A full disk stays full.
ERRORS = {"EIO": "{}", "ENOSPC": "{}+"}
# A credential issued, one revoked and one suspended before the fault, so that reads have something to say.
BEFORE = (("issue", "x"), ("issue", "y"), ("revoke", "x"), ("suspend", "y"))


class IoErrors(DurabilityTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outcomes = {}
        cls.unborn = cls.fresh("unborn")
        cls.before = Ledger()
        cls.stopped = cls.copy_of(cls.unborn, "stopped").start()
        cls.before.run(cls.stopped, BEFORE)
        cls.stopped.stop()
        cls.unfolded_ledger = cls.before.copy()
        cls.unfolded = cls.copy_of(cls.stopped, "unfolded").start()
        cls.unfolded_ledger.perform(cls.unfolded, "issue", "z")
        cls.unfolded.kill()

    @classmethod
    def tearDownClass(cls):
        print()
        for (what, call, error), counts in sorted(cls.outcomes.items()):
            listed = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
            print(f"{what:<12} {call:<10} {error:<7} {listed}")
        print(f"{sum(sum(counts.values()) for counts in cls.outcomes.values())} injected faults, acknowledged operations lost: 0", flush=True)
        super().tearDownClass()

    def note(self, what, call, error, outcome):
        counts = self.outcomes.setdefault((what, call, error), {})
        counts[outcome] = counts.get(outcome, 0) + 1

    # ---- while it works

    def assert_stopped_writing(self, home, ledger):
        before = home.ask("GET", "/feeds")
        for verb, name in (("issue", "late"), ("reinstate", "y")):
            with self.assertRaises(Problem) as refused:
                ledger.perform(home, verb, name)
            self.assertEqual((refused.exception.status, refused.exception.code), (503, "STORE_FAILED"))
        status, body = home.ready()
        self.assertEqual((status, [reason["code"] for reason in body["reasons"]]), (503, ["STORE_FAILED"]))
        sentence = body["reasons"][0]["sentence"]
        self.assertIn(str(home.store_file()), sentence)
        code, findings = home.doctor()
        problems = [row for row in findings if row["severity"] == "problem"]
        self.assertEqual((code, len(problems)), (1, 1), findings)
        self.assertIn("STORE_FAILED", problems[0]["sentence"])
        self.assertIn(str(home.store_file()), problems[0]["sentence"])
        self.assertRegex(problems[0]["sentence"] + problems[0]["remedy"], "check the disk|free|restart")
        self.assertEqual(home.ask("GET", "/feeds"), before, "a refused change became visible")

    def assert_reads_go_on(self, home):
        row = home.ask("GET", "/feeds")[0]
        entries = feed_entries(home, row)
        for digest in re.findall(rb'"d":"([0-9a-f]{64})"', entries):
            self.assertEqual(home.request("GET", f"/bodies/{digest.decode()}")[0], 200)
        for path in (f"/feeds/{row['originHash']}/checkpoint", "/status-lists/main-1-revocation", "/livez", "/metrics"):
            self.assertEqual(home.request("GET", path)[0], 200, path)

    def fail_while_working(self, call, error, n):
        home = self.copy_of(self.stopped, f"work-{call}-{error}-{n}").start()
        ledger = self.before.copy()
        when = ERRORS[error].format(n)
        try:
            with home.traced(*home.store_paths(STORE_FILES + ("",)), "-yy", "-e", f"trace={call}", "-e",
                             f"inject={call}:error={error}:when={when}"):
                refused = self.run_until_refused(home, ledger)
                if refused:
                    self.assertEqual((refused.status, refused.code), (503, "STORE_FAILED"))
                    self.assert_stopped_writing(home, ledger)
                    self.assert_reads_go_on(home)
                    ledger.check(home, self)
            hit = [text for _, _, text in trace_calls(home.trace) if "(INJECTED)" in text]
            if not hit:
                self.assertIsNone(refused)
                return None
            if not refused:
                self.assert_harmless(home, hit)
            home.kill()
            home.start()
            persisted = ledger.check(home, self)
            self.note("working", call, error, "refused" if refused else "harmless")
            self.assertFalse(any(persisted.values()), f"refused, and there after the restart: {persisted}")
            ledger.settle(home, persisted, self)
            self.assert_healthy(home)
            return n
        except BaseException as fault:
            raise AssertionError(f"{error} at {call} {n} of the workload: {fault}\n{home.log_text()[-2000:]}") from fault
        finally:
            self.discard(home)

    @staticmethod
    def run_until_refused(home, ledger, workload=WORKLOAD):
        for verb, name in workload:
            try:
                ledger.perform(home, verb, name)
            except Problem as problem:
                return problem
        return None

    def assert_harmless(self, home, hit):
        """Only a sync of the folder may fail unnoticed while working: its entries were synced at the start (sync_order)."""
        for text in hit:
            self.assertRegex(text, f'[<"]{re.escape(str(home.folder))}[>"]')

    def every_fault_of_the_work(self, error):
        home = self.copy_of(self.stopped, f"counted-{error}").start()
        with home.traced(*home.store_paths(STORE_FILES + ("",)), "-e", "trace=" + ",".join(CALLS)):
            self.before.copy().run(home, WORKLOAD)
        home.kill()
        for call in CALLS:
            self.each_until(lambda n, call=call: self.fail_while_working(call, error, n), max(1, count_calls(home.trace, call)))

    def test_eio_while_working(self):
        self.every_fault_of_the_work("EIO")

    def test_enospc_while_working(self):
        self.every_fault_of_the_work("ENOSPC")

    # ---- while it starts

    def fail_while_starting(self, origin, base, what, call, error, n):
        home = self.copy_of(origin, f"{what}-{call}-{error}-{n}")
        ledger = base.copy()
        try:
            home.launch(*home.store_paths(STORE_FILES + ("store.sqlite.lock", "")), "-e", f"trace={call}", "-e",
                        f"inject={call}:error={error}:when={ERRORS[error].format(n)}")
            started = home.wait_up()
            if started:
                refused = self.run_until_refused(home, ledger, WORKLOAD[:1])
                ready, _ = home.ready()
                self.assertEqual(ready, 503 if refused else 200)
                home.kill()
                if not any("(INJECTED)" in text for _, _, text in trace_calls(home.trace)):
                    return None
                self.note(what, call, error, "started, not ready" if refused else "started")
            else:
                self.assertEqual(home.wait_dead(), EXIT_REFUSED, home.log_text())
                self.assertRegex(home.log_text(), r"(?m)^error STORE_[A-Z]+: .*" + re.escape(str(home.folder)))
                self.note(what, call, error, "refused")
            home.start()
            ledger.check(home, self, by_command=1)
            self.assert_healthy(home)
            return n
        except BaseException as fault:
            raise AssertionError(f"{error} at {call} {n} of {what}: {fault}\n{home.log_text()[-2000:]}") from fault
        finally:
            self.discard(home)

    def every_fault_of_a_start(self, origin, base, what):
        home = self.copy_of(origin, f"counted-{what}")
        home.start(*home.store_paths(STORE_FILES + ("store.sqlite.lock", "")), "-e", "trace=" + ",".join(CALLS))
        home.kill()
        for error in ERRORS:
            for call in CALLS:
                self.each_until(lambda n, call=call, error=error: self.fail_while_starting(origin, base, what, call, error, n),
                                max(1, count_calls(home.trace, call)))

    def test_errors_of_the_first_start(self):
        self.every_fault_of_a_start(self.unborn, Ledger(), "first start")

    def test_errors_of_a_start_that_folds_the_log(self):
        self.every_fault_of_a_start(self.unfolded, self.unfolded_ledger, "fold")


if __name__ == "__main__":
    unittest.main()
