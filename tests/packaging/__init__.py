"""What is packaged: man pages, completions, the spec file."""
