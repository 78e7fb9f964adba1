"""The commands of `python -m collectors`, one file a family."""
