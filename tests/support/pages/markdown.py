"""Markdown, and the words that source code holds for it."""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

MADE = "<!-- Made by `python -m tests.support.pages`; change the code, not this page. -->\n"
"""Stands at the top of each page that is made."""


def row(cells: Sequence[str]) -> str:
    """One line of a table."""
    told = (f" {cell.replace('|', chr(92) + '|')} " if cell else " " for cell in cells)
    return f"|{'|'.join(told)}|"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    return "\n".join([row(columns), row(["---"] * len(columns)), *map(row, rows)]) + "\n"


def code(text: str) -> str:
    """Text as code, or nothing where there is none."""
    return f"`{text}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    return ", ".join(map(code, texts))


def one_line(text: str) -> str:
    """A paragraph of a docstring without its line breaks."""
    return " ".join(text.split())


def told(subject: type) -> dict[str, str]:
    """The docstrings of a class's attributes, in one line each, from its source."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(subject))).body
    assert isinstance(found, ast.ClassDef)
    return dict(_told(found.body))


def _told(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, after in pairwise(body):
        match statement, after:
            case (
                ast.AnnAssign(target=ast.Name(name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                yield name, one_line(words)


def annotations(subject: type) -> dict[str, str]:
    """The types of a class's attributes, as its source spells them."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(subject))).body
    assert isinstance(found, ast.ClassDef)
    return {
        statement.target.id: ast.unparse(statement.annotation).replace("'", '"')
        for statement in found.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }


def defaults(subject: type) -> dict[str, str]:
    """The defaults of a class's attributes, as its source spells them."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(subject))).body
    assert isinstance(found, ast.ClassDef)
    return {
        statement.target.id: ast.unparse(statement.value)
        for statement in found.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.value is not None
    }
