"""A did:web issuer as existing platforms run one: a document, credentials and status lists on a web server, and no node.

Ed25519 (RFC 8032) and eddsa-jcs-2022 in a few lines of Python, so that nothing of ours made what ours has to read.
"""
import base64
import gzip
import hashlib
import json

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
CONTEXT = "https://www.w3.org/ns/credentials/v2"
BITS = 131_072


def _add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    left, right, c, d = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2), 2 * t1 * t2 * D, 2 * z1 * z2
    e, f, g, h = right - left, d - c, d + c, right + left
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(n, point):
    out = (0, 1, 1, 0)
    while n:
        if n & 1:
            out = _add(out, point)
        point, n = _add(point, point), n >> 1
    return out


_Y = 4 * pow(5, P - 2, P) % P
_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE = (_X, _Y, 1, _X * _Y % P)


def _encode(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def base58(data):
    number, out = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        out = ALPHABET[digit] + out
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + out


class Key:
    def __init__(self, seed):
        digest = hashlib.sha512(bytes([seed]) * 32).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
        self.prefix, self.public = digest[32:], _encode(_multiply(self.scalar, BASE))

    def multikey(self):
        return "z" + base58(b"\xed\x01" + self.public)

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % L
        start = _encode(_multiply(nonce, BASE))
        challenge = int.from_bytes(hashlib.sha512(start + self.public + message).digest(), "little") % L
        return start + ((nonce + challenge * self.scalar) % L).to_bytes(32, "little")


def jcs(value):
    """Of values without fractions and names without surrogates, which is all there is here."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(document, key, method, created):
    proof = {"@context": document["@context"], "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "created": created,
             "verificationMethod": method, "proofPurpose": "assertionMethod"}
    message = hashlib.sha256(jcs(proof)).digest() + hashlib.sha256(jcs(document)).digest()
    return {**document, "proof": {**proof, "proofValue": "z" + base58(key.sign(message))}}


class WebIssuer:
    def __init__(self, host, seed=1):
        self.host, self.did, self.key, self.name = host, f"did:web:{host}", Key(seed), "k"

    def url(self, path):
        return f"https://{self.host}{path}"

    def document(self):
        method = f"{self.did}#{self.name}"
        return json.dumps({"id": self.did, "assertionMethod": [method], "verificationMethod": [
            {"id": method, "type": "Multikey", "controller": self.did, "publicKeyMultibase": self.key.multikey()}]})

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
