"""Whether the plugin keeps the rules: every check is a test of this class.

`proxy check acme` holds the same checks; each says what a failure means and how to mend it.
"""

import pytest
from proxy_core.testing import ProviderConformance


class TestAcme(ProviderConformance):
    @pytest.fixture
    def provider(self) -> str:
        return "acme"
