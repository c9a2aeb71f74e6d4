"""The demo itself: every step of its story holds."""
import json
import subprocess
import sys
import unittest

from harness import ROOT, TestCase, VCNODE


class Demo(TestCase):
    def test_every_step_holds(self):
        done = subprocess.run([sys.executable, "-B", str(ROOT / "scripts/lib/demo.py"), "--vcnode", VCNODE, "--json"],
                              capture_output=True, text=True, timeout=200)
        result = json.loads(done.stdout)
        failed = [step for step in result["steps"] if not step["held"]]
        self.assertEqual(failed, [], done.stderr)
        self.assertEqual(done.returncode, 0)
        self.assertGreaterEqual(result["held"], 15)


if __name__ == "__main__":
    unittest.main()
