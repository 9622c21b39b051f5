"""docs/fakes.md: vendors' servers for tests, and everything that can go wrong at them."""

from proxy_core.testing.candidates import CORE_WIRES
from proxy_core.testing.fakes import Fault
from tests.support.pages.markdown import MADE, code, table

_WIRES = " and ".join(code(type(wire).__name__) for wire in CORE_WIRES)

_HEAD = f"""\
# Fake vendors
{MADE}
`proxy_core.testing.fakes` is a vendor's server on 127.0.0.1 that says what a script says and keeps
what it was asked, for tests of a plugin over real HTTP:

```python
import httpx

from proxy_core import Translator, load_plugins
from proxy_core.testing.fakes import FakeUpstream, Fault
from proxy_core.testing.script import Script
from proxy_core.testing.wires.openai_chat import OpenAIChatWire

QUESTION = {{
    "model": "claude-opus-5-5",
    "max_tokens": 100,
    "messages": [{{"role": "user", "content": "Hello?"}}],
}}

translator = Translator(load_plugins(["groq"]))
translation = translator.request(QUESTION)
with FakeUpstream(OpenAIChatWire()) as vendor:
    vendor.says(Script(text=("Hello, ", "you.")), Fault.BYTEWISE)
    answer = httpx.post(vendor.url + translation.upstream.path, content=translation.upstream.body)
message = translator.response(translation, answer.content)
assert message["content"][0]["text"] == "Hello, you."
assert vendor.received[0].heard.items[0].text == "Hello?"
```

Core brings {_WIRES}. A plugin with a language of its
own brings its `Wire`, by an entry point in the group `proxy_core.testing`, as proxy-openai does for
the Responses API and proxy-gemini for Gemini's.

## Refusals

`vendor.refuses(429, "Slow down.", {{"retry-after": "7"}})` is an error with a status, in the words
of the vendor's language. A request that no answer was told for gets a 500, and one to a path that
is not the language's a 404. Nobody answers at the address of a vendor whose block has ended.

## Faults

`vendor.says(script, fault)` lets something go wrong with the answer. All faults are there in every
language, streamed and whole; a whole answer is a stream of one frame, so that halfway is before its
body. `refuses` takes them too.

"""
_TAIL = """
`says` returns a `Reply`: `release()` lets go of what is held, `held` is an event that is set as
soon as something is held, and `left` one that is set when the client has closed the connection
before the end. What is never released lasts until the client leaves or the vendor's block ends.
With `says(script, fault, on_release=True)` the first half is told at once, where the fault leaves
it whole, and all else when the reply is released: so a test makes sure that its client had seen
something before.
"""


def page() -> str:
    """The whole page."""
    rows = ((code(f"Fault.{fault.name}"), fault.seen) for fault in Fault)
    return _HEAD + table(("fault", "what is seen"), rows) + _TAIL
