#!/usr/bin/env python3
"""A home on a file system of fixed size, worked on until it is full.

Needs the right to mount in a mount namespace of its own (root, or a user namespace); says SKIPPED loudly without it,
and fails if CI=true.
"""
import os
import re
import subprocess
import sys
import unittest

from durable import EXIT_REFUSED, DurabilityTest, Ledger, Problem

SIZE_MIB = 4
INSIDE = "VCNODE_FULL_DISK_INSIDE"  # set in the namespace
BEFORE = (("issue", "x"), ("issue", "y"), ("revoke", "x"), ("suspend", "y"))
# Room for this much more when work begins; an issue takes about 25 KiB of log.
FREE_BYTES = (0, 5_000, 40_000, 150_000)
OPERATIONS_MAX = 200


class FullDisk(DurabilityTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.fresh("model")

    def mounted(self, name):
        place = self.folder / name
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=0700", "tmpfs", str(place)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(place)], check=True)
        home = self.copy_of(self.model, f"{name}/home")
        home.log = self.folder / f"{name}.log"
        self.addCleanup(home.kill)
        return home

    @staticmethod
    def free_bytes(home):
        space = os.statvfs(home.folder)
        return space.f_bavail * space.f_frsize

    def fill(self, home, leave):
        """A ballast file beside the home takes all but `leave` bytes."""
        with open(home.folder.with_name("ballast"), "wb", buffering=0) as ballast:
            ballast.write(bytes(max(0, self.free_bytes(home) - leave)))

    def empty(self, home):
        home.folder.with_name("ballast").unlink()

    def findings(self, home, subject):
        code, findings = home.doctor()
        return code, [row for row in findings if row["subject"] == subject]

    def assert_warned(self, home):
        _, rows = self.findings(home, "disk")
        self.assertEqual([row["severity"] for row in rows], ["warning"])
        self.assertRegex(rows[0]["sentence"], r"^\d+ MiB are free at " + re.escape(str(home.folder)))
        self.assertIn("free space", rows[0]["remedy"])

    def work_until_full(self, home, ledger):
        for number in range(OPERATIONS_MAX):
            try:
                ledger.perform(home, "issue", f"n{number}")
            except Problem as problem:
                self.assertEqual((problem.status, problem.code), (503, "STORE_FAILED"))
                return number
        self.fail(f"{OPERATIONS_MAX} operations and the disk is not full")
        return None

    def assert_stopped_and_served(self, home, ledger):
        status, body = home.ready()
        self.assertEqual((status, [reason["code"] for reason in body["reasons"]]), (503, ["STORE_FAILED"]))
        self.assertIn("full", body["reasons"][0]["sentence"])
        code, rows = self.findings(home, "node")
        self.assertEqual((code, [row["severity"] for row in rows]), (1, ["problem"]))
        self.assertIn(str(home.store_file()), rows[0]["sentence"])
        with self.assertRaises(Problem):
            ledger.perform(home, "reinstate", "y")
        ledger.check(home, self, by_command=1)

    def test_work_until_the_disk_is_full(self):
        for leave in FREE_BYTES:
            with self.subTest(leave=leave):
                home = self.mounted(f"disk-{leave}").start()
                ledger = Ledger()
                ledger.run(home, BEFORE)
                self.assert_warned(home)
                self.fill(home, leave)
                done = self.work_until_full(home, ledger)
                self.assert_warned(home)
                self.assert_stopped_and_served(home, ledger)
                self.empty(home)
                # Space alone does not make it write again: what the kernel kept of the failed write is not known.
                with self.assertRaises(Problem):
                    ledger.perform(home, "reinstate", "y")
                home.stop()
                home.start()
                persisted = ledger.check(home, self)
                self.assertFalse(any(persisted.values()), persisted)
                ledger.settle(home, persisted, self)
                self.assert_healthy(home)
                print(f"{leave} bytes free: {done} more issued, then refused; after the restart all are there", flush=True)

    def test_a_start_on_a_full_disk(self):
        """It starts for reading or refuses with a sentence, and nothing is lost either way."""
        home = self.mounted("start").start()
        ledger = Ledger()
        ledger.run(home, BEFORE)
        home.kill()
        home.store_file("store.sqlite-shm").unlink()  # else its blocks are there already
        self.fill(home, 0)
        home.launch()
        if home.wait_up():
            ledger.check(home, self)
            home.kill()
        else:
            self.assertEqual(home.wait_dead(), EXIT_REFUSED)
            self.assertRegex(home.log_text(), r"(?m)^error STORE_FAILED: .*" + re.escape(str(home.store_file())))
            code, findings = home.doctor()
            self.assertEqual((code, [row["subject"] for row in findings if row["severity"] == "problem"]), (1, ["store"]))
        self.empty(home)
        home.start()
        ledger.check(home, self)
        self.assert_healthy(home)

    def test_a_log_on_the_full_disk(self):
        home = self.mounted("log")
        home.log = home.folder / "node.log"
        home.start()
        ledger = Ledger()
        ledger.run(home, BEFORE)
        self.fill(home, 0)
        self.work_until_full(home, ledger)
        self.assert_stopped_and_served(home, ledger)
        self.assertEqual(home.stop(), 0)


def enter_namespace():
    """Runs this script again where it may mount; never returns."""
    for extra in ([], ["--map-root-user"]):
        command = ["unshare", "--mount", *extra]
        if subprocess.run([*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False).returncode == 0:
            os.execvpe(command[0], [*command, sys.executable, "-B", *sys.argv], {**os.environ, INSIDE: "1"})
    print("SKIPPED: full_disk may not mount a tmpfs here (needs root or user namespaces)", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else 0)


if __name__ == "__main__":
    if INSIDE not in os.environ:
        enter_namespace()
    unittest.main()
