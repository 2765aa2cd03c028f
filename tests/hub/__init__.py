"""Tests of ``hub/``."""
