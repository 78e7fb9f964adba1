"""The parts of the page Collecte."""
