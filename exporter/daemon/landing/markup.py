"""Pieces of HTML. Whatever is not ``Html`` is text, and is escaped here and nowhere else."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from exporter.shown import NOTHING, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_IN_ADDRESSES = ":/?#[]@!$&'()*+,;=%~"


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Piece = Html | str


class Heading(NamedTuple):
    """The head of one column of a table."""

    title: str
    number: bool = False


def text(piece: Piece) -> Html:
    """Return a piece as HTML; a text keeps neither markup nor signs that turn the line around."""
    return piece if isinstance(piece, Html) else Html(escape(printable(piece)))


def name(value: str) -> Html:
    """Return a name of the user's, which may be written from right to left."""
    return Html(f"<bdi>{text(value)}</bdi>")


def badge(word: str) -> Html:
    """Return a word of ours on a ground that goes with it."""
    return Html(f'<span class="badge {escape(word)}">{escape(word)}</span>')


def link(address: str, piece: Piece) -> Html:
    """Return a link; an address is ASCII, whatever was given as one."""
    return Html(f'<a href="{escape(quote(address, safe=_IN_ADDRESSES))}">{text(piece)}</a>')


def hot(value: float | None, shown: str) -> Piece:
    """Return a number that should be zero, so that it is seen if it is not."""
    return Html(f'<span class="hot">{text(shown)}</span>') if value else shown


def facts(pairs: Iterable[tuple[str, Piece]]) -> Html:
    """Return a line of facts; those that are not known are left out."""
    known = [f"<span>{text(key)} <b>{text(value)}</b></span>" for key, value in pairs if value != NOTHING]
    return Html(f'<p class="facts">{"".join(known)}</p>')


def table(headings: Sequence[Heading], rows: Iterable[Sequence[Piece]], long: str = "") -> Html:
    """Return a table; the first cell of each row is its head.

    Args:
        headings: of the columns.
        rows: the cells.
        long: the title of the column whose texts may take several lines.

    """
    kinds = [
        ' class="number"' if heading.number else ' class="long"' if heading.title == long else ""
        for heading in headings
    ]
    head = "".join(
        [
            f'<th scope="col"{kind}>{text(heading.title)}</th>'
            for heading, kind in zip(headings, kinds, strict=True)
        ]
    )
    body = "".join([_row(row, kinds) for row in rows])
    return Html(
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(cells: Sequence[Piece], kinds: Sequence[str]) -> str:
    first, *others = [text(cell) for cell in cells]
    rest = "".join([f"<td{kind}>{cell}</td>" for cell, kind in zip(others, kinds[1:], strict=True)])
    return f'<tr><th scope="row"{kinds[0]}>{first}</th>{rest}</tr>'
