"""Prometheus rules of one SLO: recording rules, alerts, and the groups that hold them."""
