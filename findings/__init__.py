"""What may be said of a campaign, in which words: what screens, reports and notebooks share."""
