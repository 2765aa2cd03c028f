"""Task methods: what the hub says of their tasks becomes images or reasons."""
