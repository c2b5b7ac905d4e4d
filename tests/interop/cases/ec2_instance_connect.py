"""EC2 Instance Connect: keys for a minute."""
import os
import subprocess
import tempfile

from harness import case, equal, fails, operation
from cases.session import online, quick
from cases.sts import reachable


def member(sandbox, **how):
    return sandbox.client("ec2-instance-connect", account=reachable(sandbox), **how)


def public_key(folder, kind="ed25519"):
    path = os.path.join(folder, kind)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
    with open(path + ".pub") as file:
        return file.read()


@operation("ec2-instance-connect", "SendSSHPublicKey")
def _(sandbox):
    folder = tempfile.mkdtemp(dir=sandbox.folder)
    key, node = public_key(folder), online(sandbox)

    def send(client=None, **instead):
        return (client or member(sandbox)).send_ssh_public_key(
            **{"InstanceId": node, "InstanceOSUser": "ec2-user", "SSHPublicKey": key, **instead})
    assert send()["Success"]
    by_cli = sandbox.cli("ec2-instance-connect", "send-ssh-public-key", "--instance-id", node,
                         "--instance-os-user", "ec2-user", "--ssh-public-key", key,
                         credentials=sandbox.session(reachable(sandbox),
                                                     "OrganizationAccountAccessRole"))
    equal(by_cli["Success"], True)
    fails("EC2InstanceNotFoundException", lambda: send(InstanceId="i-0123456789abcdef0"), 400)
    fails("InvalidArgsException", lambda: send(SSHPublicKey=public_key(folder, "ecdsa")), 400)
    fails("InvalidArgsException", lambda: send(SSHPublicKey="ssh-ed25519 " + "A" * 80), 400)
    fails("ValidationException", lambda: send(InstanceOSUser="../root"), 400)
    fails("ValidationException", lambda: send(member(sandbox, validate=False), SSHPublicKey="short"),
          400)
    reader = sandbox.client("ec2-instance-connect", account=reachable(sandbox),
                            role="WatchdeckReadOnly")
    fails("AccessDeniedException", lambda: send(reader), 400)


@case("ec2-instance-connect: where a server finds the keys")
def _(sandbox):
    keys = tempfile.mkdtemp(dir=sandbox.folder)
    key = public_key(keys)
    with quick(sandbox, session=f"keys={keys}") as own:
        member(own).send_ssh_public_key(InstanceId=online(own), InstanceOSUser="ubuntu",
                                        SSHPublicKey=key)
        with open(os.path.join(keys, "ubuntu")) as file:
            line = file.read()
    assert line.startswith('expiry-time="20') and line.endswith(key), line
