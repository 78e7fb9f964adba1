"""Keeps what is collected: what a post is, and where it lies."""
