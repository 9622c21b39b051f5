"""The gate, over real HTTP: what a page, a rebound name or a stranger sends gets no further."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from proxy_core.server.guard import Guard, GuardRules
from tests.support.servers import Answer, LiveServer, request_bytes, send_raw, serving

TOKEN = "tr0ub4dor-and-3-überlang"
JSON = ("content-type", "application/json")


class Behind:
    """What the gate guards: counts who came through."""

    def __init__(self) -> None:
        self.hits = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.hits += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"behind"})


class Gate:
    """A guarded application on loopback and how to call it."""

    def __init__(self, server: LiveServer, behind: Behind) -> None:
        self.port = server.port
        self.behind = behind

    def ask(
        self,
        *headers: tuple[str, str],
        method: str = "POST",
        path: str = "/v1/messages",
        host: str | None = None,
    ) -> Answer:
        own = ("host", host if host is not None else f"127.0.0.1:{self.port}")
        return self.send(request_bytes(method, path, [own, *headers], b"{}"))

    def send(self, request: bytes) -> Answer:
        self.behind.hits = 0
        return send_raw(self.port, request)

    def refuses(self, status: int, answer: Answer, *, with_body: bool = True) -> bool:
        """Refused in the Anthropic shape, nothing behind was reached, no CORS header given."""
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["request-id"].startswith("req_")
        assert answer.headers["x-should-retry"] == "false"
        if with_body:
            told = json.loads(answer.body)
            assert told["type"] == "error"
            assert told["error"]["type"]
            assert told["error"]["message"]
            assert told["request_id"] == answer.headers["request-id"]
        return answer.status == status and self.behind.hits == 0


def gate(rules: GuardRules) -> Iterator[Gate]:
    behind = Behind()
    with serving(Guard(behind, rules)) as server:
        yield Gate(server, behind)


@pytest.fixture(scope="module")
def plain() -> Iterator[Gate]:
    yield from gate(GuardRules())


@pytest.fixture(scope="module")
def configured() -> Iterator[Gate]:
    hosts = frozenset({"Proxy.Example:9000", "any.example", "[fd00::1]"})
    yield from gate(GuardRules(hosts=hosts, origins=frozenset({"app://desk"})))


@pytest.fixture(scope="module")
def locked() -> Iterator[Gate]:
    yield from gate(GuardRules(token=SecretStr(TOKEN)))


# -- host ----------------------------------------------------------------------------------

HOSTILE_HOSTS = [
    *("", " ", "localhost", "127.0.0.1", "[::1]", "localhost:", "127.0.0.1:1", "localhost:080"),
    *("evil.example", "evil.example:{port}", "localhost.evil.example:{port}"),
    *("127.0.0.1.evil.example:{port}", "127.0.0.1.nip.io:{port}", "evil.localhost:{port}"),
    *("localhost.:{port}", "127.0.0.1.:{port}", "LOCALHOST:{port}", "LocalHost:{port}"),
    *("user@127.0.0.1:{port}", "127.0.0.1:{port}@evil.example", "a:b@localhost:{port}"),
    *("127.0.0.1:{port}#evil", "127.0.0.1:{port}?x", "127.0.0.1:{port}/v1", "/127.0.0.1:{port}"),
    *("127.0.0.1:{port}, evil", "127.0.0.1:{port} evil", "127.0.0.1:{port}:{port}"),
    *("0.0.0.0:{port}", "127.1:{port}", "127.0.0.2:{port}", "2130706433:{port}"),
    *("0x7f.0.0.1:{port}", "0177.0.0.1:{port}", "[::]:{port}", "[::ffff:127.0.0.1]:{port}"),
    *("::1:{port}", "[::1%25lo]:{port}", "http://127.0.0.1:{port}", "l\u043ecalhost:{port}"),
    "127.0.0.1%00:{port}",
]


def test_the_table_of_hostile_hosts_is_complete() -> None:
    assert len(set(HOSTILE_HOSTS)) >= 40


@pytest.mark.parametrize("host", HOSTILE_HOSTS)
def test_a_hostile_host_is_refused(plain: Gate, host: str) -> None:
    for path in ("/v1/messages", "/health", "/nowhere"):
        assert plain.refuses(403, plain.ask(JSON, host=host.format(port=plain.port), path=path))


def test_no_host_and_two_hosts_are_refused(plain: Gate) -> None:
    own = ("host", f"127.0.0.1:{plain.port}")
    for hosts in ([], [own, own], [own, ("host", "evil.example")]):
        assert plain.refuses(403, plain.send(request_bytes("GET", "/health", hosts)))


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_the_own_names_pass(plain: Gate, name: str) -> None:
    assert plain.ask(JSON, host=f"{name}:{plain.port}").body == b"behind"


@pytest.mark.parametrize(
    ("host", "passes"),
    [
        ("proxy.example:9000", True),
        ("proxy.example:9001", False),
        ("proxy.example", False),
        ("proxy.example:9000:1", False),
        ("any.example", True),
        ("any.example:1234", True),
        ("any.example:port", False),
        ("sub.any.example", False),
        ("[fd00::1]:77", True),
        ("[fd00::2]:77", False),
    ],
)
def test_configured_hosts(configured: Gate, host: str, passes: bool) -> None:
    assert (configured.ask(JSON, host=host).status == 200) is passes


def test_an_address_in_digits_that_the_request_came_in_on_passes() -> None:
    behind = Behind()
    with serving(Guard(behind, GuardRules()), host="127.0.0.2") as server:
        own = request_bytes("GET", "/", [("host", f"127.0.0.2:{server.port}")])
        with socket.create_connection(("127.0.0.2", server.port)) as connection:
            connection.sendall(own)
            assert connection.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("server", "scheme", "host", "passes"),
    [
        (("127.0.0.1", 80), "http", "localhost", True),
        (("127.0.0.1", 80), "http", "localhost:80", True),
        (("127.0.0.1", 80), "https", "localhost", False),
        (("127.0.0.1", 443), "https", "localhost", True),
        (("127.0.0.1", 443), "http", "localhost", False),
        (("127.0.0.1", 8082), "http", "localhost", False),
        (("/run/proxy.sock", None), "http", "localhost", True),
        (("/run/proxy.sock", None), "http", "localhost:80", False),
        (("/run/proxy.sock", None), "http", "/run/proxy.sock", False),
        (("fd00::1", 8082), "http", "[fd00::1]:8082", True),
        (("evil.example", 8082), "http", "evil.example:8082", False),
        (None, "http", "127.0.0.1", True),
        (None, "http", "127.0.0.1:8082", False),
    ],
)
async def test_the_port_is_the_one_that_listens(
    server: tuple[str, int | None] | None, scheme: str, host: str, passes: bool
) -> None:
    behind, sent = Behind(), []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "scheme": scheme}
    scope |= {"server": server, "headers": [(b"host", host.encode())]}
    await Guard(behind, GuardRules())(scope, receive, send)
    assert (sent[0]["status"] == 200) is passes


# -- pages ---------------------------------------------------------------------------------

ORIGIN = ("origin", "https://evil.example")
FORM = "application/x-www-form-urlencoded"
PAGES: list[tuple[str, int, str, list[tuple[str, str]]]] = [
    ("form post", 403, "POST", [ORIGIN, ("content-type", FORM)]),
    ("fetch no-cors", 403, "POST", [ORIGIN, ("content-type", "text/plain;charset=UTF-8")]),
    ("beacon without a type", 403, "POST", [ORIGIN]),
    ("json from a page", 403, "POST", [ORIGIN, JSON]),
    ("sandboxed frame", 403, "POST", [("origin", "null"), JSON]),
    ("empty origin", 403, "POST", [("origin", ""), JSON]),
    ("this very machine", 403, "POST", [("origin", "http://localhost:3000"), JSON]),
    ("preflight", 403, "OPTIONS", [ORIGIN, ("access-control-request-method", "POST")]),
    (
        "private network preflight",
        403,
        "OPTIONS",
        [ORIGIN, ("access-control-request-private-network", "true")],
    ),
    ("image", 403, "GET", [("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "image")]),
    ("script of a sibling site", 403, "GET", [("sec-fetch-site", "same-site")]),
    ("link clicked on a page", 403, "GET", [("sec-fetch-site", "cross-site")]),
    ("a word of tomorrow", 403, "GET", [("sec-fetch-site", "near-site")]),
    ("two origins", 403, "POST", [ORIGIN, ("origin", "https://b.example"), JSON]),
    ("text, origin stripped", 415, "POST", [("content-type", "text/plain")]),
    ("form, origin stripped", 415, "POST", [("content-type", FORM.upper())]),
    ("upload", 415, "POST", [("content-type", "multipart/form-data; boundary=x")]),
    ("two types in one", 415, "POST", [("content-type", "application/json, text/plain")]),
    ("two types", 415, "PUT", [JSON, ("content-type", " text/plain ;x=application/json")]),
]


@pytest.mark.parametrize(
    ("status", "method", "headers"), [row[1:] for row in PAGES], ids=[row[0] for row in PAGES]
)
def test_what_a_page_sends_is_refused(
    plain: Gate, status: int, method: str, headers: list[tuple[str, str]]
) -> None:
    for path in ("/v1/messages", "/health", "/test-connection", "/docs"):
        assert plain.refuses(status, plain.ask(*headers, method=method, path=path))


@pytest.mark.parametrize(
    "headers",
    [
        [JSON],
        [("content-type", "application/json; charset=utf-8")],
        [("content-type", "json")],
        [],
        [JSON, ("sec-fetch-mode", "cors")],  # Node's own fetch says this much
        [JSON, ("sec-fetch-site", "none")],
        [JSON, ("content-encoding", "identity")],
        [JSON, ("content-encoding", "Identity ")],
        [JSON, ("x-forwarded-host", "evil.example"), ("x-api-key", "whatever")],
    ],
)
def test_clients_that_are_no_browsers_pass(plain: Gate, headers: list[tuple[str, str]]) -> None:
    assert plain.ask(*headers).status == 200


def test_a_listed_origin_passes_alone(configured: Gate) -> None:
    desk, site = ("origin", "app://desk"), ("sec-fetch-site", "cross-site")
    host = "any.example"
    assert configured.ask(JSON, desk, site, host=host).status == 200
    assert configured.ask(JSON, desk, ORIGIN, host=host).status == 403
    assert configured.ask(JSON, ("origin", "app://desk.evil"), host=host).status == 403


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "identity, gzip", "GZIP"])
def test_a_packed_body_is_refused(plain: Gate, coding: str) -> None:
    assert plain.refuses(415, plain.ask(JSON, ("content-encoding", coding)))


# -- token ---------------------------------------------------------------------------------

WRONG = ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é", " ", "x" * 5000, "Bearer " + TOKEN]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("header", ["x-api-key", "authorization"])
def test_a_wrong_token_is_refused(locked: Gate, header: str, wrong: str) -> None:
    value = f"Bearer {wrong}" if header == "authorization" else wrong
    answer = locked.ask(JSON, (header, value))
    assert locked.refuses(401, answer)
    assert json.loads(answer.body)["error"]["type"] == "authentication_error"
    assert TOKEN.encode() not in answer.body
    assert TOKEN not in str(answer.headers)


@pytest.mark.parametrize(
    "headers",
    [
        [("x-api-key", TOKEN)],
        [("authorization", f"Bearer {TOKEN}")],
        [("authorization", f"bearer  {TOKEN}")],
        [("x-api-key", "sk-ant-mine"), ("authorization", f"Bearer {TOKEN}")],
        [("x-api-key", TOKEN), ("authorization", "Bearer other")],
    ],
)
def test_either_header_with_the_token_is_enough(
    locked: Gate, headers: list[tuple[str, str]]
) -> None:
    assert locked.ask(JSON, *headers).status == 200


@pytest.mark.parametrize("value", [TOKEN, f"Basic {TOKEN}", f"Bearer{TOKEN}", f"Digest {TOKEN}"])
def test_other_schemes_carry_no_token(locked: Gate, value: str) -> None:
    assert locked.refuses(401, locked.ask(JSON, ("authorization", value)))


@pytest.mark.parametrize("path", ["/", "/health", "/health?x=1"])
def test_signs_of_life_need_no_token_but_all_else(locked: Gate, path: str) -> None:
    assert locked.ask(JSON, path=path, host="evil.example").status == 403
    assert locked.ask(JSON, ORIGIN, path=path).status == 403
    assert locked.ask(method="GET", path=path).status == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/messages", "/v1/models", "/test-connection", "/docs", "/openapi.json", "//health"),
        *("/health/", "/health/../v1/models", "/%68ealth", "/health%2f..%2fv1", "/HEALTH"),
        *("/.", "//"),
    ],
)
def test_every_other_path_needs_the_token(locked: Gate, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        assert locked.refuses(401, locked.ask(JSON, method=method, path=path))
    assert locked.refuses(401, locked.ask(method="HEAD", path=path), with_body=False)


def test_an_empty_token_is_no_token() -> None:
    with pytest.raises(ValueError, match="empty"):
        GuardRules(token=SecretStr(""))


def test_rules_do_not_show_the_token() -> None:
    assert TOKEN not in repr(GuardRules(token=SecretStr(TOKEN)))


# -- what is not HTTP ----------------------------------------------------------------------


async def test_a_websocket_is_closed_unopened() -> None:
    behind, sent = Behind(), []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope: dict[str, Any] = {"type": "websocket", "path": "/", "headers": []}
    await Guard(behind, GuardRules())(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert behind.hits == 0
