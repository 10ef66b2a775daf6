"""The standards as pure Python: bytes in, values out; no Django, no sockets, no clock."""
