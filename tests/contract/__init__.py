"""
What this project relies on in a Koji hub; for a rehearsal hub, or any other.

`make test-hub HUB=URL USER=... PASSWORD=...` (or `PROFILE=NAME`) runs it with a hub that is there.
"""
