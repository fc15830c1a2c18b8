"""What scalers ask and compare: queries of triggers, their thresholds, names of their metrics."""
