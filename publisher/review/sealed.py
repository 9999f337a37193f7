"""Encrypts a review file with a passphrase, and answers with the file's own key.

AES-256-GCM; the key of a passphrase is derived with PBKDF2-HMAC-SHA256, because browsers have no other
derivation from passwords (W3C Web Cryptography API). The number of iterations is that of OWASP's Password
Storage Cheat Sheet (600,000). `templates/assets/review.js` does the same in the guest's browser.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ITERATIONS = 600_000
MIN_PASSPHRASE = 12
"""Characters of a passphrase without its spaces and hyphens."""

DIGITS, GROUP = 24, 4
"""A generated passphrase has 24 digits (80 bits): every keyboard has them, every language can say them."""

NONCE = 12
_IGNORED = re.compile(
    r"[\s\u002d\u058a\u05be\u1400\u1806\u2010-\u2015\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d"
    r"\u301c\u3030\u30a0\ufe31\ufe32\ufe58\ufe63\uff0d]"
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """Encrypted content, and what its key was derived with."""

    content: bytes
    salt: bytes
    nonce: bytes
    iterations: int = ITERATIONS


def generate_passphrase() -> str:
    """A new passphrase: ``4815 1623 …``."""
    digits = "".join(str(secrets.randbelow(10)) for _ in range(DIGITS))
    return " ".join(digits[at : at + GROUP] for at in range(0, DIGITS, GROUP))


def normalized(passphrase: str) -> str:
    """A passphrase without spaces and hyphens, with ASCII digits for Arabic and Persian ones."""
    text = _IGNORED.sub("", unicodedata.normalize("NFKC", passphrase))
    return re.sub("[\u0660-\u0669\u06f0-\u06f9]", lambda digit: str(int(digit[0])), text)


def check_passphrase(passphrase: str) -> str:
    """The passphrase, if it is long enough. Raises UsageError."""
    if len(normalized(passphrase)) < MIN_PASSPHRASE:
        raise UsageError(
            f"the passphrase needs at least {MIN_PASSPHRASE} characters besides spaces and hyphens; "
            "--generate-passphrase makes one"
        )
    return passphrase


def seal(content: bytes, passphrase: str) -> Sealed:
    """`content` encrypted with a key derived from the passphrase."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE)
    password = normalized(passphrase).encode()
    key = hashlib.pbkdf2_hmac("sha256", password, salt, ITERATIONS)
    return Sealed(_cipher(key).encrypt(nonce, content, None), salt, nonce)


def open_answer(sealed: bytes, key: bytes, review: str) -> bytes | None:
    """The decrypted answer to a review ; None if it was made with another key, or changed."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(key).decrypt(sealed[:NONCE], sealed[NONCE:], associated_data(review))
    except (InvalidTag, ValueError):
        return None


def associated_data(review: str) -> bytes:
    return f"publisher review 1 {review}".encode()


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
