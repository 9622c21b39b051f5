"""The checks of `proxy check teletype`, each as a test.

One that fails shows the smallest request or answer that breaks its rule, and how to mend it.
"""

from proxy_core.testing import ProviderConformance


class TestTeletype(ProviderConformance):
    provider = "teletype"
