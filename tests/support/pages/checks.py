"""docs/checks.md: every check of the kit for authors of plugins."""

from collections.abc import Iterator
from itertools import groupby

from proxy_core.testing.checks import CHECKS
from tests.support.pages.markdown import MADE, one_line

_HEAD = f"""\
# The checks
{MADE}
What `proxy check NAME` holds a plugin against, and a class of tests (`ProviderConformance`), and
`pytest -p proxy_core.testing.pytest_plugin --provider NAME`. They need no key and no network, and
come with `pip install 'proxy-core[testing]'`. Beside each rule stands what a breach usually means
and how to mend it.

"""


def page() -> str:
    """The whole page."""
    return _HEAD + f"{len(CHECKS)} checks:\n" + "".join(_sections())


def _sections() -> Iterator[str]:
    for subject, checks in groupby(CHECKS, lambda check: check.subject):
        yield f"\n## {subject.capitalize()}\n"
        for check in checks:
            paragraphs = [one_line(part) for part in check.explanation.split("\n\n")]
            yield "\n" + "\n\n".join([f"### {check.name.replace('_', ' ')}", *paragraphs]) + "\n"
