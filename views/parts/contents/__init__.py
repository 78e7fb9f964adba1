"""The parts of the page Contenus."""
