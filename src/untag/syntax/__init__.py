"""Parsers that keep spans: every key, value and comment knows where it stands in the raw text."""
