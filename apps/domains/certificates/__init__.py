"""Certificates our doors show by the name a client asks for: kept, judged, shown, fetched from an authority."""
