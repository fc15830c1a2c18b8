"""promtool unit tests that prove the rules of a service, from its spec alone: what must happen is
worked out from objectives and tiers, never from the generated rules."""
