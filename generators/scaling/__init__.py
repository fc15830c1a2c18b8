"""Parts of the objects that scale a workload: what a ScaledObject and an HPA have in common."""
