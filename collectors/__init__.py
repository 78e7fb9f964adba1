"""Reads networks and files into the lake."""
