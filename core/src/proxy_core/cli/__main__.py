"""`python -m proxy_core.cli` is the command `proxy`."""

from proxy_core.cli import main

main()
