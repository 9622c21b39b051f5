"""Whether the plugin keeps the rules: every check of `proxy check acme` is a test of this class.

A failing check shows the smallest request or answer that breaks the rule, and how to mend it.
"""

from proxy_core.testing import ProviderConformance


class TestAcme(ProviderConformance):
    provider = "acme"
