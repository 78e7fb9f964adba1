"""The networks: one module each, with the calls that its own client makes."""
