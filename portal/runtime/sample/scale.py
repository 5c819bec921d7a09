"""A wider sample world for measuring: copies of the supply in every province of the country."""

from decimal import Decimal

from portal.accounts.uscc import test_code
from portal.runtime.sample.supply import Supply
from portal.runtime.sample.tables import Row
from tenants.models import Province

OFFERS_TO_BEGIN_WITH = 110
"""The number of products the public platform named in July 2025; it is what `times` multiplies."""
FIRST_NUMBER = 5000
CARDS_OF_A_COPY = 32


def widen(supplies: dict[str, Supply], times: int) -> None:
    """Add copies round by round, a province at a time, until there are `times` × 110 offers in 31 provinces."""
    templates = [_selling(supply) for supply in supplies.values()]
    offers, number, turn = sum(len(one.products) for one in templates), FIRST_NUMBER, 0
    provinces = list(Province.objects.provinces().order_by("gb2260"))
    while offers < OFFERS_TO_BEGIN_WITH * times or turn == 0:
        turn += 1
        for place, province in enumerate(provinces):
            copy = copy_of(templates[(place + turn) % len(templates)], province, turn, number)
            number += len(copy.providers)
            offers += len(copy.products)
            supplies.setdefault(province.slug, Supply(province.slug)).add(copy)


def _selling(supply: Supply) -> Supply:
    """The supply without providers that sell nothing."""
    selling = {row["provider"] for row in supply.products}
    providers = [row for row in supply.providers if row["slug"] in selling]
    return Supply(supply.province, providers, list(supply.sites), list(supply.pools), list(supply.products))


def copy_of(template: Supply, province: Province, turn: int, number: int) -> Supply:
    """The supply of one province under other names in another one; `number` begins its credit codes."""

    def renamed(row: Row, *columns: str) -> Row:
        """The row with its own and its neighbours' slugs moved to the new province."""
        moved = {name: _moved(row[name], template.province, province.slug, turn) for name in columns if row[name]}
        return {**row, **moved, "province": province.slug}

    def retold(row: Row) -> Row:
        for site in template.sites:
            for language, name in (("zh", province.name_zh), ("en", province.name_en)):
                for column in (f"name_{language}", f"description_{language}"):
                    row[column] = row[column].replace(site[f"city_{language}"], name)
        return row

    return Supply(
        province.slug,
        [
            _named(renamed(row, "slug"), province, turn) | {"uscc": test_code(province.gb2260 or "", number + place)}
            for place, row in enumerate(template.providers)
        ],
        [_placed(renamed(row, "slug", "provider"), province, turn) for row in template.sites],
        [renamed(row, "slug", "site", "provider") | {"count": str(CARDS_OF_A_COPY)} for row in template.pools],
        [_priced(retold(renamed(row, "slug", "provider", "pool")), number) for row in template.products],
    )


def _moved(slug: str, old: str, new: str, turn: int) -> str:
    return f"{new}-{turn}-{slug.removeprefix(f'{old}-')}"


def _named(row: Row, province: Province, turn: int) -> Row:
    english = row["slug"].rsplit("-", 1)[1].capitalize()
    name_zh = f"{province.name_zh}{row['short_zh']}（{turn}）有限公司（示例）"
    return {**row, "name_zh": name_zh, "name_en": f"{province.name_en} {english} {turn} Co., Ltd. (sample)"}


def _placed(row: Row, province: Province, turn: int) -> Row:
    names = {
        "name_zh": f"{province.name_zh}{row['city_zh']}式数据中心 {turn}（示例）",
        "name_en": f"{province.name_en} Data Centre {turn}, after {row['city_en']} (sample)",
    }
    return {**row, **names, "city_zh": province.name_zh, "city_en": province.name_en}


def _priced(row: Row, number: int) -> Row:
    """Prices of the copies spread by up to six per cent."""
    factor = Decimal(100 + number % 13 - 6) / 100
    return {**row, "price": f"{Decimal(row['price']) * factor:.2f}" if row["price"] else ""}
