"""How many people a campaign reached, how often, and how it spread."""
