"""What agent and portal sign and check: Ed25519 over method, address, key, time, nonce and the body's hash."""

import base64
import hashlib
import secrets
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NONCE_BYTES = 16


def signed_bytes(method: str, target: str, key_id: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What both sides sign, version 1. `target` is the path with its query, as it stands in the request line."""
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join(["SUANLI1", method.upper(), target, key_id, timestamp, nonce, digest]).encode()


def headers_for(private_key: str, key_id: str, method: str, target: str, body: bytes) -> dict[str, str]:
    """The four headers that prove who asks; a new nonce each time, so that no request can be sent twice."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(NONCE_BYTES)
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private_key, validate=True))
    signature = key.sign(signed_bytes(method, target, key_id, timestamp, nonce, body))
    return {
        "Suanli-Key": key_id,
        "Suanli-Timestamp": timestamp,
        "Suanli-Nonce": nonce,
        "Suanli-Signature": base64.b64encode(signature).decode(),
    }


def new_key_pair() -> tuple[str, str]:
    """Private and public key, raw in base64."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )
    return base64.b64encode(private).decode(), base64.b64encode(key.public_key().public_bytes_raw()).decode()
