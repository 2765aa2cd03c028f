"""The phase: plan, check, submit, watch, collect, place, record."""
