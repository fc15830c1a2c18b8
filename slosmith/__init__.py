"""slosmith: the compiler's middle, in the order data flows.

read → resolve → (generators) → validate → write, put in a row by `pipeline.py`.
"""
