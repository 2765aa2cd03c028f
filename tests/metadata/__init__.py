"""Tests of ``metadata/``."""
