"""Door: the administrators' pages."""
