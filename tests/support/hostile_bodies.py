"""Request bodies that are no Messages request, by name: each is a 400, wherever it is read."""

from __future__ import annotations

import json
from typing import Any

LEGAL: dict[str, Any] = {
    "model": "m",
    "max_tokens": 16,
    "messages": [{"role": "user", "content": "hi"}],
}
DEPTH = 100_000


def raw_body(**fields: bytes) -> bytes:
    """A legal body with fields added or replaced by raw JSON, or by bytes that are none."""
    members = {name: json.dumps(value).encode() for name, value in LEGAL.items()} | fields
    return b"{%b}" % b",".join(b'"%b":%b' % (name.encode(), raw) for name, raw in members.items())


def _user(content: bytes) -> bytes:
    return raw_body(messages=b'[{"role":"user","content":%b}]' % content)


def _tool(schema: bytes) -> bytes:
    return raw_body(tools=b'[{"name":"f","input_schema":%b}]' % schema)


def _call(arguments: bytes) -> bytes:
    return raw_body(
        messages=b'[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f",'
        b'"input":%b}]}]' % arguments
    )


def _nested(opening: bytes, closing: bytes) -> bytes:
    return opening * DEPTH + closing * DEPTH


_ARRAYS = _nested(b"[", b"]")
_OBJECTS = _nested(b'{"a":', b"}").replace(b":}", b":1}", 1)

NOT_JSON = {
    "empty": b"",
    "white space": b" \r\n\t",
    "a word": b"hello",
    "an opening brace": b"{",
    "cut in a string": raw_body()[:20],
    "cut before the last brace": raw_body()[:-1],
    "two values": raw_body() + b"{}",
    "a value and a word": raw_body() + b" x",
    "a trailing comma": raw_body()[:-1] + b",}",
    "single quotes": raw_body().replace(b'"', b"'"),
    "names without quotes": b'{model:"m"}',
    "a comment": b"/* */" + raw_body(),
    "a byte order mark": b"\xef\xbb\xbf" + raw_body(),
    "UTF-16": raw_body().decode().encode("utf-16"),
    "UTF-32": raw_body().decode().encode("utf-32-le"),
    "gzip": b"\x1f\x8b\x08\x00" + raw_body(),
    "a form": b"model=m&max_tokens=1",
    "a NUL byte after it": raw_body() + b"\x00",
    "a NUL byte in a string": _user(b'"a\x00b"'),
    "a line end in a string": _user(b'"a\nb"'),
    "an unknown escape": _user(b'"\\q"'),
    "a short unicode escape": _user(b'"\\u12"'),
    "NaN": raw_body(temperature=b"NaN"),
    "Infinity": raw_body(max_tokens=b"Infinity"),
    "minus Infinity in a raw field": _tool(b'{"x":-Infinity}'),
    "NaN in a tool input": _call(b'{"x":NaN}'),
    "a leading zero": raw_body(max_tokens=b"016"),
    "a leading plus": raw_body(max_tokens=b"+16"),
    "a hexadecimal number": raw_body(max_tokens=b"0x10"),
    "an unfinished exponent": raw_body(temperature=b"1e"),
    "bad JSON in a raw field": _tool(b'{"type":}'),
    "a raw field with a trailing comma": _tool(b'{"a":1,}'),
}

BAD_TEXT = {
    "a byte that is not UTF-8": _user(b'"\xff"'),
    "an overlong encoding": _user(b'"\xc0\xaf"'),
    "a surrogate in UTF-8": _user(b'"\xed\xa0\x80"'),
    "a cut character": _user(b'"\xe2\x82"'),
    "a bad byte in a raw field": _tool(b'{"a":"\xff"}'),
    "a bad byte in a tool input": _call(b'{"a":"\xfe"}'),
    "a bad byte in an unknown field": raw_body(unheard=b'"\xff"'),
    "a bad byte in a name": raw_body()[:-1] + b',"\xff":1}',
    "half a surrogate pair": _user(b'"\\ud83d"'),
    "the other half": _user(b'"\\uDE00"'),
    "two first halves": _user(b'"\\ud83d\\ud83d"'),
    "half a pair in a name": raw_body()[:-1] + b',"\\ud83d":1}',
    "half a pair in a raw field": _tool(b'{"a":"\\uD83D"}'),
    "half a pair in a raw field's name": _tool(b'{"\\ud83d":1}'),
    "half a pair in a tool input": _call(b'{"a":"\\udc00"}'),
    "half a pair in an unknown field": raw_body(unheard=b'["\\ud83d x"]'),
    "half a pair in an unknown block": _user(b'[{"type":"new","x":"\\ud83d"}]'),
}

TOO_DEEP = {
    "arrays": _ARRAYS,
    "objects": _OBJECTS,
    "arrays left open": b"[" * DEPTH,
    "messages": raw_body(messages=_ARRAYS),
    "content": _user(_ARRAYS),
    "a tool result": _user(b'[{"type":"tool_result","tool_use_id":"t","content":%b}]' % _ARRAYS),
    "a schema": _tool(_OBJECTS),
    "a tool input": _call(_OBJECTS),
    "cache_control": raw_body(cache_control=_OBJECTS),
    "a block's cache_control": _user(b'[{"type":"text","text":"a","cache_control":%b}]' % _OBJECTS),
    "metadata": raw_body(metadata=_OBJECTS),
    "an unknown field": raw_body(unheard=_ARRAYS),
    "an unknown field of a block": _user(b'[{"type":"text","text":"a","x":%b}]' % _ARRAYS),
    "an unknown block": _user(b'[{"type":"new","x":%b}]' % _ARRAYS),
    "system": raw_body(system=_ARRAYS),
    "stop_sequences": raw_body(stop_sequences=_ARRAYS),
}

WRONG_SHAPE = {
    "null": b"null",
    "true": b"true",
    "a number": b"1",
    "a string": b'"hi"',
    "an array": b"[]",
    "an empty object": b"{}",
    "no model": b'{"messages":[],"max_tokens":1}',
    "no messages": b'{"model":"m","max_tokens":1}',
    "an array of requests": b"[" + raw_body() + b"]",
    "a number that is too big": raw_body(temperature=b"1e999"),
    "an integer of many digits": raw_body(max_tokens=b"9" * 10_000),
    "a message that is null": raw_body(messages=b"[null]"),
    "a message that is an array": raw_body(messages=b"[[]]"),
    "a message without a role": raw_body(messages=b'[{"content":"x"}]'),
    "a message without content": raw_body(messages=b'[{"role":"user"}]'),
    "a role that is a number": raw_body(messages=b'[{"role":1,"content":"x"}]'),
    "content that is null": _user(b"null"),
    "content that is an object": _user(b'{"type":"text","text":"x"}'),
    "a block that is a string": _user(b'["x"]'),
    "a block that is null": _user(b"[null]"),
    "a block without a type": _user(b'[{"text":"x"}]'),
    "a block whose type is a number": _user(b'[{"type":1}]'),
    "a block whose type is null": _user(b'[{"type":null}]'),
    "a text without text": _user(b'[{"type":"text"}]'),
    "a text that is null": _user(b'[{"type":"text","text":null}]'),
    "a text that is an array": _user(b'[{"type":"text","text":["x"]}]'),
    "an unknown field beside a fault": _user(b'[{"type":"text","text":1,"x":1}]'),
    "an image without a source": _user(b'[{"type":"image"}]'),
    "an image whose source is a string": _user(b'[{"type":"image","source":"x"}]'),
    "a source without a type": _user(b'[{"type":"image","source":{"data":"x"}}]'),
    "a call without an id": _call(b"{}").replace(b'"id":"t",', b""),
    "a call without input": _call(b"{}").replace(b',"input":{}', b""),
    "a result without an id": _user(b'[{"type":"tool_result"}]'),
    "a result whose content is a number": _user(
        b'[{"type":"tool_result","tool_use_id":"t","content":1}]'
    ),
    "a result that is an error by word": _user(
        b'[{"type":"tool_result","tool_use_id":"t","is_error":"yes"}]'
    ),
    "a thinking block without thinking": _user(b'[{"type":"thinking","signature":"s"}]'),
    "a tool that is a string": raw_body(tools=b'["f"]'),
    "a tool whose name is a number": raw_body(tools=b'[{"name":1}]'),
    "an effort that is a number": raw_body(output_config=b'{"effort":3}'),
    "a format without a type": raw_body(output_config=b'{"format":{"schema":{}}}'),
    "a user id that is a number": raw_body(metadata=b'{"user_id":1}'),
    "a thinking config without a type": raw_body(thinking=b'{"budget_tokens":1024}'),
    "a tool_choice without a type": raw_body(tool_choice=b'{"name":"f"}'),
    "a million nulls for messages": raw_body(messages=b"[" + b"null," * 999_999 + b"null]"),
}

_WRONG_VALUES = {
    "model": (b"null", b"1", b'["m"]', b'"%b"' % (b"m" * 1025)),
    "messages": (b"null", b"{}", b'"hi"', b"1"),
    "max_tokens": (b'"16"', b"1.5", b"true", b"[]", b"1e3000"),
    "system": (b"1", b"{}", b"[1]", b'["x"]', b'[{"type":"text"}]'),
    "stream": (b'"true"', b"1", b"{}"),
    "stop_sequences": (b'"x"', b"[1]", b"[null]", b"{}"),
    "temperature": (b'"0.5"', b"[]", b"true"),
    "top_p": (b'"1"', b"{}"),
    "top_k": (b'"1"', b"1.5"),
    "tools": (b"{}", b'"f"', b"[null]", b"[[]]"),
    "tool_choice": (b'"auto"', b"[]", b"1"),
    "thinking": (b'"enabled"', b"true", b'{"type":"enabled","budget_tokens":"1"}'),
    "output_config": (b'"high"', b"[]"),
    "output_format": (b'"json"', b"[]", b"{}"),
    "metadata": (b'"u"', b"[]"),
    "service_tier": (b"1", b"{}"),
    "speed": (b"1",),
    "inference_geo": (b"[]",),
}

HOSTILE: dict[str, bytes] = {
    **{f"not JSON: {name}": body for name, body in NOT_JSON.items()},
    **{f"bad text: {name}": body for name, body in BAD_TEXT.items()},
    **{f"too deep: {name}": body for name, body in TOO_DEEP.items()},
    **{f"wrong shape: {name}": body for name, body in WRONG_SHAPE.items()},
    **{
        f"wrong type: {name}={value.decode()[:24]}": raw_body(**{name: value})
        for name, values in _WRONG_VALUES.items()
        for value in values
    },
}
"""Each of these is refused by the parser itself."""

ODD_BUT_LEGAL: dict[str, bytes] = {
    "white space around": b" \r\n\t" + raw_body() + b"\n",
    "a name twice, the last counts": b'{"model":1,' + raw_body()[1:],
    "an escaped name": raw_body().replace(b'"model"', b'"\\u006dodel"'),
    "a whole surrogate pair": _user(b'"\\ud83d\\ude00"'),
    "an escaped NUL": _user(b'"a\\u0000b"'),
    "a backslash before ud": _user(b'"C:\\\\udir\\\\uda"'),
    "null where absent is meant": raw_body(
        system=b"null", stream=b"null", stop_sequences=b"null", tools=b"null", metadata=b"null"
    ),
    "an empty text": _user(b'""'),
    "no blocks": _user(b"[]"),
    "a line separator": _user('"\u2028\u2029\x85"'.encode()),
    "a big number in a raw field": _tool(b'{"maximum":123456789012345678901234567890}'),
    "an unknown field": raw_body(unheard=b'{"of":[1,2.5,null]}'),
    "an unknown field with an empty name": raw_body()[:-1] + b',"":1}',
    "an unknown block": _user(b'[{"type":"new","x":1}]'),
    "an unknown system block": raw_body(system=b'[{"type":"new"},{"type":"text","text":"s"}]'),
    "thousands of messages": raw_body(
        messages=b"[" + b",".join([b'{"role":"user","content":"x"}'] * 20_000) + b"]"
    ),
    "nested, but not too deep": _tool(b'{"a":' * 100 + b"1" + b"}" * 100),
}
"""Bodies that look hostile and are requests."""
