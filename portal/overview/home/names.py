"""Short names of provinces where a tile or table has little room."""

import re

from portal.web.wording import is_english
from tenants.models import Province

LETTERS = {
    "11": "BJ", "12": "TJ", "13": "HE", "14": "SX", "15": "NM", "21": "LN", "22": "JL", "23": "HL",
    "31": "SH", "32": "JS", "33": "ZJ", "34": "AH", "35": "FJ", "36": "JX", "37": "SD", "41": "HA",
    "42": "HB", "43": "HN", "44": "GD", "45": "GX", "46": "HI", "50": "CQ", "51": "SC", "52": "GZ",
    "53": "YN", "54": "XZ", "61": "SN", "62": "GS", "63": "QH", "64": "NX", "65": "XJ",
}  # fmt: skip
"""Two-letter codes of GB/T 2260 by its digits."""

KIND_OF_DIVISION = re.compile(r"(壮族|回族|维吾尔)?自治区$|省$|市$")


def plain_name(province: Province) -> str:
    """山西 for 山西省, Shanxi in English."""
    return province.name_en if is_english() else KIND_OF_DIVISION.sub("", province.name_zh)


def tile_name(province: Province) -> str:
    """What stands on a tile: 山西, or SX in English."""
    return LETTERS.get(province.gb2260 or "", "") if is_english() else plain_name(province)


def seal(province: Province) -> str:
    """The one sign of a province: 晋, or SX in English."""
    return LETTERS.get(province.gb2260 or "", "") if is_english() else province.short_zh
