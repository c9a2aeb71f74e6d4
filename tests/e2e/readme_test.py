"""The README's five-minute tour: every command of its shell snippets runs, in order, as printed there.

A snippet is a ```sh block between "## A five-minute tour" and the next heading. Lines starting with "#" are for people.
"""
import os
import re
import subprocess
import tempfile
import unittest

from harness import ROOT, TestCase, VCNODE


def tour():
    text = (ROOT / "README.md").read_text()
    section = text.split("## A five-minute tour", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


class Readme(TestCase):
    def test_the_tour_runs_as_printed(self):
        blocks = tour()
        self.assertGreaterEqual(len(blocks), 4)
        script = "set -e\n" + "\n".join(blocks)
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "HOME": folder, "PATH": os.path.dirname(VCNODE) + ":" + os.environ["PATH"]}
            environment.pop("VCNODE_HOME", None)
            os.symlink(ROOT / "scripts", os.path.join(folder, "scripts"))
            done = subprocess.run(["bash", "-c", script + "\n"], cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for promise in ("Genuine and in force", "Do not accept: revoked", "Genuine, but nobody you trust confirms the issuer"):
            self.assertIn(promise, done.stdout)


if __name__ == "__main__":
    unittest.main()
