"""Answers of generateContent as a message; `reader` holds the one mapping."""
