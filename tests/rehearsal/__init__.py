"""Tests of the rehearsal hub: over HTTP, with koji's own client, on a clock turned by hand."""
