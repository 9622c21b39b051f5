"""Groq as core loads it."""

from __future__ import annotations

import pytest

from proxy_core.bound import BoundProvider
from proxy_core.plugins import load_plugins


@pytest.fixture(scope="module")
def groq() -> BoundProvider:
    (bound,) = load_plugins(["groq"]).providers
    return bound
