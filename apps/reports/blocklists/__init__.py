"""Our own addresses on block lists: asked once an hour, remembered, and told when that changes."""
