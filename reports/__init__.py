"""Writes what the screens show for use elsewhere."""
