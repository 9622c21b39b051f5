"""A whole request."""

from hypothesis import strategies as st

from proxy_core.testing.strategies.surface.blocks import Blocks
from proxy_core.testing.strategies.surface.fields import EFFORTS, Fields
from proxy_core.testing.strategies.surface.marks import Draw, Json, Marks
from proxy_core.testing.strategies.surface.tools import Tools

_MOST_FIELDS = 6


@st.composite
def whole_requests(draw: Draw, *, refusable: bool = False, turns: int = 2) -> Json:
    """A request that keeps the rules of the API and uses any of it.

    Texts, names, ids and numbers occur once, save where two places name the same thing.
    `refusable` lets in what no vendor but Anthropic can serve.
    """
    marks = Marks(draw, refusable=refusable)
    fields, tools, blocks = Fields(marks), Tools(marks), Blocks(marks)
    optional = fields.optional()
    names = draw(st.lists(st.sampled_from(sorted(optional)), max_size=_MOST_FIELDS, unique=True))
    request: Json = {"model": "claude-opus-5-5", "max_tokens": marks.number()}
    request |= {name: optional[name]() for name in names}
    if marks.chance(True, True, False):
        request["system"] = _system(marks)
    if marks.chance(True, True, False):
        request["tools"] = _distinct(marks.few(tools.any, 0, 4))
    if marks.chance(True, False):
        request["tool_choice"] = tools.choice(request.get("tools", []))
    return request | {"messages": _Conversation(marks, blocks, request).told(turns)}


def _system(marks: Marks) -> object:
    if marks.chance(True, False):
        return marks.word()
    texts = marks.few(
        lambda: marks.filled({"type": "text", "text": marks.word()}, cache_control=marks.cache), 1
    )
    if marks.chance(True, False):
        line = f"x-anthropic-billing-header: cc_version={marks.word()};"
        texts.insert(0, {"type": "text", "text": line})
    return texts


def _distinct(tools: list[Json]) -> list[Json]:
    """Tools of the same name but the first are left out: the API wants names to be unique."""
    named = {tool.get("name", tool.get("type")): tool for tool in reversed(tools)}
    return list(reversed(named.values()))


class _Conversation:
    """Writes the messages: every call is answered once, in the turn after it."""

    def __init__(self, marks: Marks, blocks: Blocks, request: Json) -> None:
        self._marks = marks
        self._blocks = blocks
        self._names = [tool["name"] for tool in request.get("tools", ()) if "name" in tool]
        self._messages: list[Json] = []

    def told(self, turns: int) -> list[Json]:
        self._user([])
        self._systems()
        for _ in range(self._marks.draw(st.integers(0, turns))):
            self._user(self._assistant())
            self._systems()
        return self._messages

    def _say(self, role: str, content: object) -> None:
        self._messages.append(self._marks.filled({"role": role, "content": content}))

    def _user(self, calls: list[Json]) -> None:
        marks = self._marks
        answers = [self._blocks.result(call) for call in calls]
        said = marks.few(self._blocks.of_user, 0 if answers else 1)
        plain = not answers and marks.chance(False, False, True)
        self._say("user", marks.word() if plain else [*answers, *said])

    def _systems(self) -> None:
        marks = self._marks
        if marks.chance(True, True, False):
            return
        content = marks.few(self._blocks.of_system, 1, 2)
        message = marks.filled(
            {"role": "system", "content": content},
            clear_at=lambda: marks.chance("never", "next_user_message"),
            output_config=lambda: {"effort": marks.chance(*EFFORTS)},
        )
        self._messages.append(message)

    def _assistant(self) -> list[Json]:
        """What the assistant says; returns its calls."""
        marks = self._marks
        content = [block for blocks in marks.few(self._blocks.of_assistant, 1) for block in blocks]
        calls = marks.few(self._call, 0, 2)
        self._say("assistant", [*content, *calls])
        return calls

    def _call(self) -> Json:
        return self._blocks.call(self._marks.chance(self._marks.word(), *self._names))
