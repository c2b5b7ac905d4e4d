"""moto: somebody else's AWS on loopback, in a virtual environment of its own.

It is made once below the build folder, from the versions of moto.txt, and kept; it takes PyPI to
make it. Where moto is not as AWS is, a case says so: nothing of the product is made to suit it.
"""
import functools
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import harness

WANTED = pathlib.Path(__file__).with_name("moto.txt")
MANAGEMENT = "123456789012"  # moto's default account
REGION = "us-east-1"
ROLE = "OrganizationAccountAccessRole"
INSTALL_S, START_S = 600, 60


def install(build):
    """None when it is there now; else why not."""
    folder = pathlib.Path(build).resolve() / "moto"
    stamp = folder / "installed.txt"
    if stamp.exists() and stamp.read_text() == WANTED.read_text():
        return None
    shutil.rmtree(folder, ignore_errors=True)
    for command in ([sys.executable, "-m", "venv", folder],
                    [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check",
                     "--no-input", "--retries", "1", "-r", WANTED]):
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=INSTALL_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as e:
            return f"moto could not be installed: {e}"
        if done.returncode != 0:
            why = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            return f"moto could not be installed (python3-venv and PyPI are wanted): {why[-1]}"
    stamp.write_text(WANTED.read_text())
    return None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Moto:
    """A running server. What a case makes in it stays for the next one."""

    def __init__(self, build):
        self.build, self.region = build, REGION
        self.folder = tempfile.mkdtemp(prefix="watchdeck-moto-")
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        program = pathlib.Path(build).resolve() / "moto" / "bin" / "moto_server"
        self.log = open(os.path.join(self.folder, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log,
            env={"PATH": "/usr/bin:/bin", "HOME": self.folder})
        self.users = {"oncall": harness.Credentials("AKIAIOSFODNN7EXAMPLE", "secret")}
        self.client = functools.lru_cache(None)(self._client)
        self._wait()

    def _wait(self):
        until = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json", timeout=5).read()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    self.log.seek(0)
                    raise RuntimeError("moto did not start: " + self.log.read()[-2000:]) from None
            time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.log.close()
        shutil.rmtree(self.folder)

    def _client(self, service, account=MANAGEMENT):
        """A boto3 client of an account; moto lets everybody into every account."""
        who = self.users["oncall"]
        if account != MANAGEMENT:
            who = harness.Credentials.of_session(self.client("sts").assume_role(
                RoleArn=f"arn:aws:iam::{account}:role/{ROLE}", RoleSessionName="interop"))
        return harness.boto3.client(
            service, endpoint_url=self.endpoint, region_name=self.region,
            aws_access_key_id=who.key, aws_secret_access_key=who.secret,
            aws_session_token=who.token)
