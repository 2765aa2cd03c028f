"""Tests of ``phase/``."""
