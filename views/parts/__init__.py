"""What the pages are made of; one idea a file."""
