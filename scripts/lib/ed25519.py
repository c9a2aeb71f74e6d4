"""Ed25519 signatures (RFC 8032) and eddsa-jcs-2022 proofs, for issuers without a node: bodies of the demonstration
world, and tests, so that nothing of ours in C++ made what it has to read.

Plain integers, neither fast nor safe against who measures time: for fictitious keys only.
"""
import hashlib
import json

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ED25519_PUBLIC = bytes([0xED, 0x01])  # multicodec


def _add(a, b):
    """Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _base_point():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = x if x % 2 == 0 else P - x
    return x, y, 1, x * y % P


BASE = _base_point()


def _encoded(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _multibase58(data):
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def jcs(value):
    """RFC 8785 of what has ASCII member names and no fractions."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Key:
    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        self._scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self._prefix = digest[32:]
        self.public = _encoded(_times(self._scalar, BASE))

    @property
    def multikey(self):
        return _multibase58(ED25519_PUBLIC + self.public)

    @property
    def did(self):
        return "did:key:" + self.multikey

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self._prefix + message).digest(), "little") % ORDER
        point = _encoded(_times(nonce, BASE))
        challenge = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little") % ORDER
        return point + ((nonce + challenge * self._scalar) % ORDER).to_bytes(32, "little")

    def sign_credential(self, credential, created):
        """The credential with a proof by this did:key that claims this time."""
        return signed(credential, self, f"{self.did}#{self.multikey}", created)


def signed(document, key, method, created):
    """The document with a proof by this key under the name of that verification method."""
    proof = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "created": created, "proofPurpose": "assertionMethod",
             "verificationMethod": method, **{name: document[name] for name in ("@context",) if name in document}}
    signature = key.sign(hashlib.sha256(jcs(proof)).digest() + hashlib.sha256(jcs(document)).digest())
    return {**document, "proof": {**proof, "proofValue": _multibase58(signature)}}
