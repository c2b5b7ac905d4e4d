"""Files to a node and from it, through the sandbox's gateway and agent to an sshd of OpenSSH's: get and
put beside scp over our own ssh-proxy in the same run: as fast as it goes from the node, and to it at the
pace that the service allows."""
import contextlib
import filecmp
import os
import shlex
import shutil
import socket
import subprocess
import time

from console import Sandbox
from reach import environment
from sessions import find_node

SSHD = "/usr/sbin/sshd"
WORLD = (3000, 6, 2)  # resources, accounts, regions
SIZES = {"get": 50_000_000, "put": 5_000_000}  # bytes; a client says 900 messages of 1 KB a second
ROUNDS = 3


def missing():
    """What this machine lacks, "" for nothing."""
    if not os.path.exists(SSHD) or shutil.which("scp") is None:
        return "openssh-server and openssh-client"
    return "" if os.geteuid() == 0 else "root, for an sshd that lets users in"


@contextlib.contextmanager
def ssh_server(folder):
    """Its port; who has the key folder/user may enter as root."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    os.makedirs("/run/sshd", exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = (f"Port={port}", "ListenAddress=127.0.0.1", f"HostKey={folder}/host", "UsePAM=no",
               f"AuthorizedKeysFile={folder}/user.pub", "StrictModes=no", "PermitRootLogin=yes",
               "PidFile=none", "Subsystem=sftp internal-sftp")
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", "/dev/null",
                               *(part for option in options for part in ("-o", option))],
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def timed(argv, env):
    """Seconds from start to end; None when it failed."""
    began = time.monotonic()
    done = subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False)
    return None if done.returncode else {"s": time.monotonic() - began}


def commands(build, folder, node):
    """Name, way and argv for (source, goal). get and put compare both ends, which scp does not: there is
    a line for it alone, and one with two sha256sum behind it."""
    key, watchdeck = str(folder / "user"), str(build / "watchdeck")
    options = ["-F", "none", "-i", key, "-o", f"ProxyCommand={watchdeck} ssh-proxy %h %p", "-o",
               "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder}/known", "-o", "BatchMode=yes"]
    ours, whom = ["--identity", key, "--accept-new"], f"root@{node}"

    def scp(source, goal):
        return ["scp", "-q", *options, source, goal]

    def checked(copy, there, here):
        sums = [shlex.join(["ssh", *options, whom, f"sha256sum {there}"]), f"sha256sum {here}"]
        return ["sh", "-c", " && ".join([shlex.join(copy), *sums])]
    return [
        ("get", "get", lambda a, b: [watchdeck, "get", whom, a, b, *ours]),
        ("scp, from the node", "get", lambda a, b: scp(f"{whom}:{a}", b)),
        ("scp and sha256sum, from the node", "get", lambda a, b: checked(scp(f"{whom}:{a}", b), a, b)),
        ("put", "put", lambda a, b: [watchdeck, "put", whom, a, b, *ours]),
        ("scp, to the node", "put", lambda a, b: scp(a, f"{whom}:{b}")),
        ("scp and sha256sum, to the node", "put", lambda a, b: checked(scp(a, f"{whom}:{b}"), b, a)),
    ]


def measure(build, folder, sandbox):
    """Each in turn, as often as there are rounds; the best of each counts. None: a byte was another."""
    env = dict(environment(sandbox, folder / "home"))
    node = find_node(build, env)
    for way, n_bytes in SIZES.items():
        (folder / way).write_bytes(os.urandom(n_bytes))
    told = {}
    for _ in range(ROUNDS):
        for name, way, command in commands(build, folder, node):
            source, goal = folder / way, folder / "goal"
            goal.unlink(missing_ok=True)
            one = timed(command(str(source), str(goal)), env)
            if one and filecmp.cmp(source, goal, shallow=False):
                one["mb_s"] = round(SIZES[way] / one["s"] / 1e6, 2)
            else:
                one = {"mb_s": 0.0}
            told[name] = max(told.get(name, one), one, key=lambda each: each["mb_s"])
    return told


def run(build, folder):
    """The figures by command; {"missing": ...} where this cannot be measured."""
    lacks = missing()
    if lacks:
        return {"missing": lacks}
    folder.mkdir()
    (folder / "home").mkdir()
    with ssh_server(folder) as port:
        sandbox = Sandbox(build, *WORLD, "--session", f"prompt=0,port=22:{port}")
        try:
            return measure(build, folder, sandbox)
        finally:
            sandbox.stop()


def tell(report, told):
    report.title("files, through the sandbox to an sshd (from start to end, checksums included)")
    if "missing" in told:
        report.line(f"not measured: there is no {told['missing']}", None, "")
        return
    for name, one in told.items():
        report.line(name, one["mb_s"], "MB/s")
    for way, peer in (("get", "from the node"), ("put", "to the node")):
        ours, theirs = told[way]["mb_s"], told[f"scp and sha256sum, {peer}"]["mb_s"]
        report.line(f"{way} beside scp and sha256sum", ours, "MB/s", f"at least 0.9 x {theirs} MB/s",
                    ours >= 0.9 * theirs > 0)
