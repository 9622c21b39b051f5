"""`proxy check`: hold a plugin against the conformance checks, offline and without a key."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click
import msgspec

from proxy_core.cli.output import print_json
from proxy_core.contract import ProxyError

if TYPE_CHECKING:
    from proxy_core.testing.exam import Candidate, Check

_NEEDED = ("hypothesis", "pytest")
_INSTALL = "pip install 'proxy-core[testing]'"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How one check went."""

    check: str
    subject: str
    rule: str
    passed: bool
    tried: bool = True
    """False: there was nothing to judge, for a reason that another check tells."""
    seconds: float
    complaint: str | None = None
    """What is wrong, and the smallest case that shows it."""
    advice: str | None = None
    """What that usually means, and how to mend it."""

    @property
    def what(self) -> str:
        """What is wrong, without the case."""
        return (self.complaint or "").partition("\n")[0]


class Lacking(ProxyError):
    """The kit's own requirements are not installed."""


@click.command("check")
@click.argument("name")
@click.option("--provider", metavar="NAME", help="One of its providers, where it brings several.")
@click.option("--quirk", "quirks", metavar="NAME=VALUE", multiple=True, help="Lay a quirk over it.")
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How much each check tries.",
)
@click.option("--seed", default=0, show_default=True, help="Where the examples start.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    name: str,
    provider: str | None,
    quirks: tuple[str, ...],
    examples: int,
    seed: int,
    as_json: bool,
) -> int:
    """Check that a plugin is right; needs no key and no network.

    It is asked and answered like in the proxy: what it sends, what it makes of answers, and that
    it survives whatever a server does. A check that fails shows the smallest case that it found,
    and says what that usually means. The same seed tries the same examples again. Exit status 1:
    a check failed.
    """
    if lacking := [package for package in _NEEDED if find_spec(package) is None]:
        raise Lacking(f"proxy check needs {' and '.join(lacking)}; try: {_INSTALL}")
    from proxy_core.testing.candidates import installed
    from proxy_core.testing.checks import CHECKS

    results: list[Result] = []
    # What a plugin prints is nothing that programs could read.
    with redirect_stdout(sys.stderr if as_json else sys.stdout):
        candidate = installed(name, provider, dict(map(_quirk, quirks)))
        for result in _results(candidate, CHECKS, examples, seed, show=not as_json):
            if not as_json:
                _tell(result, results)
            results.append(result)
    if as_json:
        print_json({"plugin": name, "checks": msgspec.to_builtins(results)})
    else:
        _tell_end(name, results)
    return 0 if all(result.passed for result in results) else 1


def _quirk(given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not sign:
        raise click.BadParameter(f"{given!r} is not NAME=VALUE", param_hint="--quirk")
    return name, value


def _results(
    candidate: Candidate, checks: tuple[Check, ...], examples: int, seed: int, *, show: bool
) -> Iterator[Result]:
    from proxy_core.testing.complaint import Complaint
    from proxy_core.testing.exam import NotTried

    for check in checks:
        if show and sys.stdout.isatty():
            click.echo(f"  …  {_words(check.name)}\r", nl=False)
        began = time.perf_counter()
        complaint = None
        try:
            check.hold(candidate, examples, seed)
        except Complaint as found:
            complaint = found
        yield Result(
            check=check.name,
            subject=check.subject,
            rule=check.title,
            passed=complaint is None,
            tried=not isinstance(complaint, NotTried),
            seconds=round(time.perf_counter() - began, 3),
            complaint=str(complaint) if complaint else None,
            advice=check.explanation if complaint else None,
        )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _tell(result: Result, before: list[Result]) -> None:
    """Print how a check went; what an earlier one told already, in a line."""
    sign = click.style("ok  ", fg="green") if result.passed else click.style("FAIL", fg="red")
    if not result.tried:
        sign = click.style("-   ", dim=True)
    click.echo(f"{sign} {result.subject:13} {_words(result.check)}")
    if not result.tried:
        return
    if told := next((one for one in before if result.what and one.what == result.what), None):
        click.echo(f"       as in {_words(told.check)!r}: {result.what}\n")
        return
    for text in (result.complaint, result.advice):
        for line in (text or "").splitlines():
            click.echo(f"       {line}".rstrip())
        if text:
            click.echo()


def _tell_end(name: str, results: list[Result]) -> None:
    untried = sum(not result.tried for result in results)
    failed = sum(not result.passed for result in results) - untried
    seconds = sum(result.seconds for result in results)
    end = f"{failed} of {len(results)} checks failed" if failed else f"{len(results)} checks passed"
    end += f", {untried} not tried" * bool(untried)
    click.echo(f"\n{name}: {end} in {seconds:.1f} s")
