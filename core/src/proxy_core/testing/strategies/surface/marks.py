"""Values that occur once in a request, so that each can be looked for in what is sent."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hypothesis import strategies as st

Json = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
Make = Callable[[], Any]
T = TypeVar("T")

_MOST_OPTIONS = 3


class Marks:
    """Hands out marks, and draws which of the API's many forms a value takes."""

    def __init__(self, draw: Draw, *, refusable: bool) -> None:
        self.draw = draw
        self.refusable = refusable
        """Use what no other vendor can serve too, for which a translation is refused."""
        self._count = 0

    def word(self) -> str:
        """A text that is part of no other; fit for names and ids too."""
        self._count += 1
        return f"w{self._count}z"

    def number(self) -> int:
        self._count += 1
        return 2_000 + self._count

    def fraction(self) -> float:
        self._count += 1
        return self._count / 4096

    def base64(self) -> str:
        return f"{self.word()}iVBORw0KGgo="

    def url(self, suffix: str = "") -> str:
        return f"https://{self.word()}.example/file{suffix}"

    def chance(self, *choices: T) -> T:
        chosen: T = self.draw(st.sampled_from(choices))
        return chosen

    def rarely(self) -> bool:
        return self.chance(False, False, False, False, False, False, False, True)

    def few(self, make: Callable[[], T], least: int = 0, most: int = 3) -> list[T]:
        return [make() for _ in range(self.draw(st.integers(least, most)))]

    def one_of(self, *makes: Callable[[], T]) -> T:
        return self.chance(*makes)()

    def json(self, depth: int = 2) -> Any:
        """Any JSON value."""
        kind = self.chance("text", "number", "flag", "null", "object", "list")
        if kind == "object" and depth:
            return {self.word(): self.json(depth - 1) for _ in range(self.chance(0, 1, 2))}
        if kind == "list" and depth:
            return [self.json(depth - 1) for _ in range(self.chance(0, 1, 2))]
        return {"number": self.number, "flag": lambda: self.chance(True, False)}.get(
            kind, lambda: None if kind == "null" else self.word()
        )()

    def object(self) -> Json:
        return {self.word(): self.json() for _ in range(self.chance(0, 1, 1, 2))}

    def filled(self, required: Json, /, **optional: Make) -> Json:
        """`required` with some of the optional members and, at times, one that is not known."""
        names = self.draw(
            st.lists(st.sampled_from(sorted(optional)), max_size=_MOST_OPTIONS, unique=True)
            if optional
            else st.just([])
        )
        made = {**required, **{name: optional[name]() for name in names}}
        if self.rarely():
            made[f"tomorrow_{self.word()}"] = self.json()
        return made

    def cache(self) -> Json:
        return self.chance({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"})

    def caller(self) -> Mapping[str, Any]:
        if self.chance(True, False):
            return {"type": "direct"}
        return {"type": "code_execution_20260120", "tool_id": self.word()}
