"""A Messages request as a request of Chat Completions; `request` is where it begins."""
