"""Files → the resolved model: layers merged, references replaced by values, all checked."""
