#!/usr/bin/env python3
"""stream.py BUILD [MB] [--seed S]: so many megabytes (100) of random bytes through a session to a port of a node
and back, while a twentieth of the messages is lost, doubled and late each way, some are damaged, and the
connection is closed and reset now and then. One line at the end; 1 when a byte is another one."""
import argparse
import hashlib
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time

FAULTS = ("lose:rate=0.05;double:rate=0.05;late:rate=0.05;digest:rate=0.01;"
          "bye:rate=0.00001;drop:rate=0.00001")
CHUNK = 65536
STALLED_S = 120


def start_sandbox(build):
    command = [f"{build}/watchdeck-sandbox", "--listen", "127.0.0.1:0",
               "--world", f"accounts=6,regions=2,resources=120,seed=7",
               "--fault", FAULTS, "--session", "resend=all"]
    sandbox = subprocess.Popen(command, stdout=subprocess.PIPE)
    ready = json.loads(sandbox.stdout.readline())
    environment = dict(os.environ, AWS_ENDPOINT_URL=ready["endpoint"], AWS_REGION=ready["region"],
                       AWS_ACCESS_KEY_ID=ready["access_key_id"],
                       AWS_SECRET_ACCESS_KEY=ready["secret_access_key"],
                       AWS_CONFIG_FILE="/nonexistent/config", AWS_SHARED_CREDENTIALS_FILE="/nonexistent/config")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        environment.pop(name, None)
    return sandbox, environment


def find_node(build, environment):
    rows = subprocess.run([f"{build}/watchdeck", "--once", "nodes", "--format", "ndjson",
                           "--filter", "ping:=Online"], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False).stdout.splitlines()
    return json.loads(rows[0])["node"]


def give_back(listener):
    connection, _ = listener.accept()
    with connection:
        while received := connection.recv(CHUNK):
            connection.sendall(received)


def feed(pipe, size, seed, digest):
    numbers = random.Random(seed)
    for at in range(0, size, CHUNK):
        some = numbers.randbytes(min(CHUNK, size - at))
        digest.update(some)
        pipe.write(some)
    pipe.flush()


def watch(progress, process):
    """Ends a stream in which nothing moves any more."""
    while process.poll() is None:
        if time.monotonic() - progress["at"] > STALLED_S:
            print(f"stream: nothing has come for {STALLED_S} s", file=sys.stderr)
            process.kill()
        time.sleep(1)


def run(build, size, seed, environment):
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=give_back, args=(listener,), daemon=True).start()
    proxy = subprocess.Popen([f"{build}/watchdeck", "ssh-proxy", find_node(build, environment),
                              str(listener.getsockname()[1])],
                             env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sent, come, n_come, progress = hashlib.sha256(), hashlib.sha256(), 0, {"at": time.monotonic()}
    feeder = threading.Thread(target=feed, args=(proxy.stdin, size, seed, sent), daemon=True)
    feeder.start()
    threading.Thread(target=watch, args=(progress, proxy), daemon=True).start()
    while n_come < size and (received := os.read(proxy.stdout.fileno(), CHUNK)):
        come.update(received)
        n_come += len(received)
        progress["at"] = time.monotonic()
    if n_come == size:
        feeder.join()
        proxy.stdin.close()
    return n_come == size and sent.digest() == come.digest() and proxy.wait(60) == 0, n_come


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("mb", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sandbox, environment = start_sandbox(arguments.build)
    began = time.monotonic()
    try:
        good, n_come = run(arguments.build, arguments.mb << 20, arguments.seed, environment)
    finally:
        sandbox.terminate()
        sandbox.wait()
    print(f"{n_come} bytes there and back in {time.monotonic() - began:.0f} s, "
          f"{'each as it was sent' if good else 'FAILED'}")
    return 0 if good else 1


sys.exit(main())
