"""What posts say: topics, hashtags, and what does better than usual."""
