"""One module for each kind of dependency; its `KIND` is all that others use."""
