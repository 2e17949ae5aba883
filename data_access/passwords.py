"""Passwords: 8 to 128 characters of any script, hashed so that none of them is cut short.

bcrypt reads 72 bytes and stops at a zero byte, so it is given base64(SHA-384(password)): 64 ASCII
characters that depend on every character typed.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from functools import cache
from hashlib import sha384
from pathlib import Path
from typing import ClassVar

import bcrypt

from data_access.errors import Refused

SHORTEST, LONGEST = 8, 128
ROUNDS = 12
_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")
_WORDS = "abcdefghjkmnpqrstuvwxyz23456789"


class PasswordRefused(Refused):
    """The password may not be used."""

    messages: ClassVar[dict[str, str]] = {
        "short": "The password needs at least {shortest} characters.",
        "long": "The password may have at most {longest} characters.",
        "common": "This password is among those tried first by anybody who guesses."
        " Choose another.",
        "username": "The password may not be the username.",
        "different": "The two new passwords are not the same.",
        "wrong": "The current password is not right.",
        "same": "The new password is the same as the current one.",
    }


def check_new_password(password: str, *, username: str = "") -> None:
    """Refuses a password that is too short, too long, common, or the username."""
    if len(password) < SHORTEST:
        raise PasswordRefused("short", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise PasswordRefused("long", longest=LONGEST)
    if username and password.casefold() == username.casefold():
        raise PasswordRefused("username")
    if password.casefold() in common_passwords():
        raise PasswordRefused("common")


def prepare_password(password: str) -> str:
    """What bcrypt is given: 64 characters that depend on the whole password."""
    return b64encode(sha384(password.encode("utf-8", "surrogatepass")).digest()).decode()


def hash_password(password: str, *, rounds: int = ROUNDS) -> str:
    """The hash to keep; the same password never has the same hash twice."""
    return bcrypt.hashpw(prepare_password(password).encode(), bcrypt.gensalt(rounds)).decode()


def is_password(password: str, password_hash: str) -> bool:
    return bcrypt.checkpw(prepare_password(password).encode(), password_hash.encode())


def is_hash(text: str) -> bool:
    """Whether bcrypt can compare with it; an account without a password has something else."""
    return _BCRYPT.fullmatch(text) is not None


def new_password() -> str:
    """A password of 80 random bits that can be read aloud."""
    groups = ("".join(secrets.choice(_WORDS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


@cache
def common_passwords() -> frozenset[str]:
    """The 3,000 likeliest of eight characters and more, in lower case (from zxcvbn, MIT)."""
    text = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line)
