"""Tests of ``cli/``."""
