"""KMS: data keys, and what they are bound to."""
from harness import case, equal, fails, operation
from cases.sts import reachable

ALIAS, CONTEXT = "alias/session-manager-encryption", {"aws:ssm:TargetId": "i-1", "b": "2"}


def member(sandbox, **how):
    return sandbox.client("kms", account=reachable(sandbox), **how)


@operation("kms", "GenerateDataKey")
def _(sandbox):
    made = member(sandbox).generate_data_key(KeyId=ALIAS, NumberOfBytes=64,
                                             EncryptionContext=CONTEXT)
    equal(len(made["Plaintext"]), 64)
    assert made["KeyId"].startswith(f"arn:aws:kms:{sandbox.region}:{reachable(sandbox)}:key/")
    again = member(sandbox).generate_data_key(KeyId=made["KeyId"], KeySpec="AES_128")
    equal((len(again["Plaintext"]), again["KeyId"]), (16, made["KeyId"]))
    by_cli = sandbox.cli("kms", "generate-data-key", "--key-id", ALIAS, "--key-spec", "AES_256",
                         credentials=sandbox.session(reachable(sandbox),
                                                     "OrganizationAccountAccessRole"))
    equal(by_cli["KeyId"], made["KeyId"])


@operation("kms", "Decrypt")
def _(sandbox):
    client = member(sandbox)
    made = client.generate_data_key(KeyId=ALIAS, NumberOfBytes=32, EncryptionContext=CONTEXT)
    opened = client.decrypt(CiphertextBlob=made["CiphertextBlob"],
                            EncryptionContext=dict(reversed(CONTEXT.items())))
    equal((opened["Plaintext"], opened["KeyId"]), (made["Plaintext"], made["KeyId"]))
    for wrong in ({}, {**CONTEXT, "b": "3"}, {"b": "2"}):
        fails("InvalidCiphertextException", lambda wrong=wrong: client.decrypt(
            CiphertextBlob=made["CiphertextBlob"], EncryptionContext=wrong), 400)
    fails("InvalidCiphertextException", lambda: client.decrypt(CiphertextBlob=b"nothing"), 400)
    fails("IncorrectKeyException", lambda: client.decrypt(
        CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT, KeyId="alias/aws/ssm"),
        400)


@case("kms: keys that are not there, that are locked, and for whom")
def _(sandbox):
    client = member(sandbox)
    fails("NotFoundException", lambda: client.generate_data_key(KeyId="alias/none", KeySpec="AES_256"),
          400)
    fails("NotFoundException", lambda: client.generate_data_key(
        KeyId="00000000-0000-4000-8000-000000000000", KeySpec="AES_256"), 400)
    fails("AccessDeniedException", lambda: client.generate_data_key(
        KeyId="alias/parameters-restricted", KeySpec="AES_256"), 400, "no resource-based policy allows")
    fails("ValidationException", lambda: client.generate_data_key(KeyId=ALIAS), 400)
    reader = sandbox.client("kms", account=reachable(sandbox), role="WatchdeckReadOnly")
    fails("AccessDeniedException", lambda: reader.generate_data_key(
        KeyId=ALIAS, KeySpec="AES_256"), 400)
