"""Experiments: when they run, what they spend, and which alert should tell."""
