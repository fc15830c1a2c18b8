"""Benchmarks: what the rules are worth against others. Run by `make bench`, not shipped."""
