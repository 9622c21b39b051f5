"""The kit for plugin authors: checks that need no key and no network."""
