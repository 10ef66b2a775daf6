"""What every page shares: look, icons, sign-in, errors, and who may see it."""
