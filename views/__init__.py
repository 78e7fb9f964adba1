"""The screens: `frame.py` draws what every page shares, then one file is one page."""
