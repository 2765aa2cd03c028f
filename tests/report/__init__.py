"""Tests of ``report/``."""
