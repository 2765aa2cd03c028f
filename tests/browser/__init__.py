"""What only a real browser can tell. Skipped, and said so, where there is no chromium."""
