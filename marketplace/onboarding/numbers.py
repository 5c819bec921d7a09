"""Numbers that people copy from a licence or say on the phone: read as they are written, kept in one form.

Licences: 电信业务经营许可管理办法 and the public register (`合字B2-20190051` across provinces, `沪B2-20210123` in one).
Phones: 电信网编号计划; area codes are three digits for ten cities and four elsewhere.
"""

import re

from portal.web.texts import normal

DASHES = str.maketrans("‐‑‒–—―−﹣", "-" * 8)
LICENCE = re.compile(r"(合字|[\u4e00-\u9fff])?([AB][12](?:[.、,/][AB][12])*)-?(\d{8})号?")
FILING = re.compile(r"[0-9A-Z][0-9A-Z-]{9,29}")
EXTENSION = re.compile(r"(?:转|分机|EXT\.?|X|#)[:：]?(\d{1,6})$")
LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))-?(\d{7,8})(?:-(\d{1,6}))?")
MOBILE = re.compile(r"1[3-9]\d{9}")
SERVICE = re.compile(r"([48]00)-?(\d{3,4})-?(\d{3,4})")
ABROAD = re.compile(r"\+[1-9]\d{6,14}")
SHORT = re.compile(r"\d{5,8}")


def _plain(text: str) -> str:
    return normal.code(text).translate(DASHES).upper()


def licence_number(text: str) -> str | None:
    """Telecom licence as the register writes it, `合字A1.B1.B2-20180017`; None if it is none."""
    found = LICENCE.fullmatch(_plain(text))
    if found is None:
        return None
    scope, kinds, number = found.groups()
    return f"{scope or ''}{re.sub('[、,/]', '.', kinds)}-{number}"


def filing_number(text: str) -> str | None:
    """Number of a security filing, or None."""
    number = _plain(text)
    return number if FILING.fullmatch(number) else None


def account_number(text: str) -> str | None:
    """Number of a bank account, 8 to 30 digits, or None."""
    number = _plain(text).replace("-", "")
    return number if re.fullmatch(r"[0-9]{8,30}", number) else None


def phone_number(text: str) -> str | None:
    """`0351-1234567转8001`, `13812345678`, `400-123-4567`, `+4930123456`; None if it is none."""
    plain = _plain(text)
    if not plain.isascii() and not re.search("转|分机", plain):
        return None
    said = EXTENSION.search(plain)
    extension = said[1] if said else ""
    number = re.sub(r"[().]", "-", plain[: said.start()] if said else plain)
    number = re.sub(r"-+", "-", number).strip("-")
    known = _at_home(re.sub(r"^(\+|00)86-?", "", number)) or _abroad(number)
    if known is None:
        return None
    number, inner = known
    inner = inner or extension
    return f"{number}转{inner}" if inner else number


def _at_home(number: str) -> tuple[str, str] | None:
    """Number and extension in mainland China, with its area code as it is dialled there."""
    digits = number.replace("-", "")
    if MOBILE.fullmatch(digits):
        return digits, ""
    if found := SERVICE.fullmatch(number):
        whole = "".join(found.groups())
        return (f"{whole[:3]}-{whole[3:6]}-{whole[6:]}", "") if len(whole) == 10 else None
    if found := LANDLINE.fullmatch(number) or LANDLINE.fullmatch(f"0{number}"):
        return f"{found[1]}-{found[2]}", found[3] or ""
    return (digits, "") if SHORT.fullmatch(digits) else None


def _abroad(number: str) -> tuple[str, str] | None:
    digits = re.sub(r"^00", "+", number).replace("-", "")
    return (digits, "") if ABROAD.fullmatch(digits) else None
