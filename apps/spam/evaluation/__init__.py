"""How well mail is told apart: data from outside is judged, and what came of it is measured. No database, no network."""
