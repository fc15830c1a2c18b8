"""What an SLO means, for people: its budget, when which alert fires and clears, what every rule is
for, and how a new SLO starts with history.

Fed with the model and with the rule groups that were generated from it, so that what is told is
what runs. Pure; prints nothing.
"""
