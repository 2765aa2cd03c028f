"""The door to Koji: session and login, submitting, watching, results."""
