"""A provider's supply as files: importing an export changes nothing."""

from collections.abc import Iterator

from marketplace.catalog.models import Provider
from marketplace.catalog.tables.kinds import Kind, cells_of, chinese, of_provider
from portal.web.sheets.reading import REMARK
from portal.web.sheets.writing import write


def export(kind: Kind, provider: Provider) -> bytes:
    """All of the provider's rows; in Chinese with Chinese heads and words, in English with those of programs."""
    rows = (cells_of(kind, row, words=chinese()).values() for row in of_provider(kind, provider))
    return write(_head(kind), (list(cells) for cells in rows))


def template(kind: Kind) -> bytes:
    """The first row of a table, and remarks below it that an import passes over."""
    return write(_head(kind), ([remark] for remark in _remarks(kind)), marked=False)


def _head(kind: Kind) -> list[str]:
    return [kind.head_of(column.name) for column in kind.columns]


def _remarks(kind: Kind) -> Iterator[str]:
    for column in kind.columns:
        english, other = column.heads()
        example = f" ({column.example})" if column.example else ""
        yield f"{REMARK} {other} / {english}{' *' if column.must else ''}: {column.meaning}{example}"
