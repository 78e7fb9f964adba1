"""The parts of the page Portée."""
