"""Who carries a campaign, as measures: accounts by pseudonym, never by name."""
