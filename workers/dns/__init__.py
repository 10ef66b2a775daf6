"""The name server of one small zone: keys that domains point their selectors to."""
