"""Payloads into posts, without a call: shared by networks and files."""
