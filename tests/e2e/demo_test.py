"""The demo itself: every step of its story holds."""
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest
import urllib.request

from harness import ROOT, TestCase, VCNODE


HANG_SECONDS = 400  # under a sanitizer, beside other tests


class Demo(TestCase):
    def start(self, *arguments):
        return subprocess.Popen([sys.executable, "-B", str(ROOT / "scripts/lib/demo.py"), "--vcnode", VCNODE, *arguments],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def assert_story(self, result, errors):
        self.assertEqual([step for step in result["steps"] if not step["held"]], [], errors)
        self.assertEqual((result["ok"], result["interrupted"]), (True, False))
        self.assertEqual((result["held"], len(result["steps"])), (31, 31))

    def test_every_step_holds(self):
        demo = self.start("--json")
        out, errors = demo.communicate(timeout=HANG_SECONDS)
        result = json.loads(out)
        self.assert_story(result, errors)
        self.assertEqual((demo.returncode, result["running"]), (0, []))
        refused = next(step for step in result["steps"] if step["step"].startswith("Germany: not valid, revoked"))
        self.assertGreater(refused["seconds"], 0)
        self.assertRegex(refused["detail"], r"\d\.\d\d s after Ireland's answer")
        for feed in ("Irish", "Spanish"):
            heads = next(step["heads"] for step in result["steps"] if f"head of the {feed} feed" in step["step"])
            self.assertEqual(set(heads), {"ireland", "spain", "germany"})
            self.assertEqual(len({json.dumps(head) for head in heads.values()}), 1)
            self.assertGreaterEqual(heads["ireland"]["size"], 3)

    def test_an_interrupted_demo_says_so_in_one_sentence(self):
        for form in ([], ["--json"]):
            with self.subTest(form):
                demo = subprocess.Popen([sys.executable, "-B", "-u", str(ROOT / "scripts/lib/demo.py"), "--vcnode", VCNODE, *form],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
                time.sleep(2)
                os.killpg(demo.pid, signal.SIGINT)  # as a terminal does: to the nodes too
                out, errors = demo.communicate(timeout=60)
                self.assertEqual((demo.returncode, errors), (130, "interrupted\n"))
                if form:
                    result = json.loads(out)
                    self.assertEqual((result["interrupted"], result["ok"], result["running"]), (True, False, []))

    def test_kept_networks_are_told_and_end_when_told(self):
        demo = self.start("--keep", "--json")
        try:
            result = json.loads(demo.stdout.readline())
            self.assert_story(result, "")
            self.assertEqual([node["name"] for node in result["running"]], ["spain", "germany"])
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            for node in result["running"]:
                with urllib.request.urlopen(node["url"] + "/livez", context=context, timeout=10) as response:
                    self.assertEqual(response.status, 200)
        finally:
            demo.terminate()
            demo.communicate(timeout=60)
        for node in result["running"]:
            self.assertFalse(os.path.exists(node["home"]))
            with self.assertRaises(OSError):
                socket.create_connection(("127.0.0.1", int(node["url"].rsplit(":", 1)[1])), timeout=5).close()


if __name__ == "__main__":
    unittest.main()
