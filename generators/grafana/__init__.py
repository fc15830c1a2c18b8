"""Grafana dashboards: panels, the queries in them, and text that Grafana shows as it is."""
