"""PromQL from specs: tokens with exact columns, syntax, and what each field of a spec takes."""
