"""Sealing secrets that must be read again: Fernet under a key derived from one secret for each purpose."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet


@lru_cache(64)
def cipher(secret: str, purpose: bytes) -> Fernet:
    """What is sealed for one purpose opens for no other. `purpose` ends with a character that separates it."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(purpose + secret.encode()).digest()))
