"""A message's journey: two ways in, two ways out."""
