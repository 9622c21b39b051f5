"""A directory of installed distributions, for a plugin to translate with."""

from tests.support.distributions import site

__all__ = ["site"]
