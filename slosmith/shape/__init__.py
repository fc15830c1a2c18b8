"""The shape of spec files: the JSON Schemas, and their findings in words for people."""
