"""The documentation: what is generated is as the code has it, and what it shows is run."""
