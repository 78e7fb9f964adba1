"""What stays in memory of a campaign, for filters to add up without reading a post."""
