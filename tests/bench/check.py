"""How long `proxy check` takes for each shipped plugin: `nox -s bench -- check`."""

from __future__ import annotations

import sys
import time

from proxy_core.plugins.installed import SHIPPED
from proxy_core.testing.candidates import installed
from proxy_core.testing.checks import CHECKS
from proxy_core.testing.complaint import Complaint

EXAMPLES = 100


def main() -> None:
    sys.stdout.write(f"{len(CHECKS)} checks, {EXAMPLES} examples\n\n")
    sys.stdout.write("| plugin | models | failed | wall, s | processor, s | slowest check |\n")
    sys.stdout.write("| --- | ---: | ---: | ---: | ---: | --- |\n")
    for name in SHIPPED:
        candidate = installed(name)
        failed, took = 0, {}
        began, worked = time.perf_counter(), time.process_time()
        for check in CHECKS:
            started = time.perf_counter()
            try:
                check.hold(candidate, EXAMPLES)
            except Complaint as complaint:
                failed += 1
                sys.stderr.write(f"{name}: {check.name}: {complaint}\n")
            took[check.name] = time.perf_counter() - started
        wall, processor = time.perf_counter() - began, time.process_time() - worked
        slowest = max(took, key=lambda check: took[check])
        sys.stdout.write(
            f"| {name} | {len(candidate.subjects)} | {failed} | {wall:.1f} | {processor:.1f} "
            f"| {slowest} ({took[slowest]:.1f} s) |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
