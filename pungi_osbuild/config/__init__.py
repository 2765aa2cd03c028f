"""Reading the compose config: the `osbuild` section and what it needs of the rest."""
