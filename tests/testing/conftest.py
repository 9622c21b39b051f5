"""A directory of installed distributions, seen by this process for one test."""

from tests.support.distributions import site

__all__ = ["site"]
