"""What the phase costs, beside Pungi's in-tree way: ``make bench`` and ``make bench-quick``."""
