"""A did:web issuer as existing platforms run one: a document, credentials and status lists on a web server, and no node.

Its signatures are made in Python, so that nothing of ours made what ours has to read.
"""
import base64
import gzip
import json

import harness  # noqa: F401  (the path to scripts/lib)
from ed25519 import Key, signed

CONTEXT = "https://www.w3.org/ns/credentials/v2"
BITS = 131_072


class WebIssuer:
    def __init__(self, host, seed=1):
        self.host, self.did, self.key, self.name = host, f"did:web:{host}", Key(bytes([seed]) * 32), "k"

    def url(self, path):
        return f"https://{self.host}{path}"

    def document(self, key_form=None, **more):
        """`key_form`: type and key of the method, by default a Multikey; `more`: further members of the method."""
        method = f"{self.did}#{self.name}"
        key_form = key_form or {"type": "Multikey", "publicKeyMultibase": self.key.multikey}
        return json.dumps({"id": self.did, "assertionMethod": [method], "verificationMethod": [
            {"id": method, "controller": self.did, **key_form, **more}]})

    def jwk(self, **more):
        x = base64.urlsafe_b64encode(self.key.public).decode().rstrip("=")
        return {"type": "JsonWebKey2020", "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": x, **more}}

    def credential(self, created, index=None, list_path="/status/1"):
        document = {"@context": [CONTEXT], "type": ["VerifiableCredential"], "issuer": self.did, "validFrom": created,
                    "credentialSubject": {"name": "Maria Example", "course": "First aid"}}
        if index is not None:
            document["credentialStatus"] = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation",
                                            "statusListIndex": str(index), "statusListCredential": self.url(list_path)}
        return json.dumps(signed(document, self.key, f"{self.did}#{self.name}", created))

    def status_list(self, created, revoked=(), bits=BITS, path="/status/1"):
        bitmap = bytearray(bits // 8)
        for index in revoked:
            bitmap[index // 8] |= 0x80 >> index % 8
        encoded = "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bitmap), mtime=0)).decode().rstrip("=")
        document = {"@context": [CONTEXT], "id": self.url(path), "type": ["VerifiableCredential", "BitstringStatusListCredential"],
                    "issuer": self.did, "validFrom": created, "credentialSubject": {
                        "id": self.url(path) + "#list", "type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": encoded}}
        return json.dumps(signed(document, self.key, f"{self.did}#{self.name}", created))
