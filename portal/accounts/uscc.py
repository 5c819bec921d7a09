"""Unified social credit codes (统一社会信用代码): GB 32100-2015, its organisation part after GB 11714."""

from django.conf import settings
from django.utils.translation import gettext as _

from portal.web.texts import normal
from tenants.acts import Refusal

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Characters of a code, valued 0 to 30: I, O, S, V and Z do not occur."""
LENGTH = 18
TEST_PREFIX = "919900"
"""9900 is no registration authority of GB/T 2260: such codes can belong to nobody."""
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def check_character(first_17: str) -> str:
    """Eighteenth character: weights 3^(i−1) mod 31, 31 − sum mod 31."""
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(first_17))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(first_8: str) -> str:
    """Ninth character of the organisation part: 11 − sum mod 11; 10 is written X, 11 is written 0."""
    total = sum(int(char, 36) * weight for char, weight in zip(first_8, _ORGANISATION_WEIGHTS, strict=True))
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def test_code(gb2260: str, number: int) -> str:
    """A credit code that passes every check and can belong to nobody; below 5000 the sample tables have their own."""
    first = f"{TEST_PREFIX}{gb2260}"
    body = f"FAKE{number:04}"
    body += organisation_check_character(body)
    return first + body + check_character(first + body)


def plain(text: str) -> str:
    """The code as it is compared: in capitals, in the usual width, without blanks; not checked."""
    return normal.code(text).upper()


def clean(text: str) -> str:
    """The code in its plain form. Raises `Refusal` with a sentence naming the check that failed."""
    code = clean_as_registered(text)
    if fault := misfit(code):
        raise Refusal(_("%(fault)s Nothing was saved.") % {"fault": fault}, "credit_code_misfit")
    return code


def clean_as_registered(text: str) -> str:
    """The same for a code that stands in the register although a check character does not fit: some live ones do."""
    code = plain(text)
    if fault := _fault(code):
        raise Refusal(_("%(fault)s Nothing was saved.") % {"fault": fault}, "wrong_credit_code")
    return code


def misfit(code: str) -> str:
    """Sentence about the first check character that does not fit; empty where both do."""
    if organisation_check_character(code[8:16]) != code[16]:
        return _("Character 17, the check character of the organisation part (9 to 17), does not fit.")
    if check_character(code[:17]) != code[17]:
        return _("The last character, the check character of the whole credit code, does not fit.")
    return ""


def _fault(code: str) -> str:
    """Sentence about the first thing that makes it no credit code at all; empty for one that is."""
    if len(code) != LENGTH:
        return _("The credit code has %(count)d characters; it must have 18.") % {"count": len(code)}
    for place, char in enumerate(code, start=1):
        if char not in ALPHABET:
            return _("Character %(place)d of the credit code is “%(char)s”, which no credit code contains.") % {
                "place": place,
                "char": char,
            }
    if not code[2:8].isdigit():
        return _("Characters 3 to 8 of the credit code must be digits: they name the registration authority.")
    if code.startswith(TEST_PREFIX) and not settings.SAMPLE_WORLD:
        return _("Credit codes that start with 919900 are test codes; this portal does not accept them.")
    return ""
