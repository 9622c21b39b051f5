"""A Messages request as a request of generateContent; `request` is where it begins."""
