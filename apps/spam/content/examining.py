"""Everything a message itself gives away, put together."""

from apps.spam.reading import Reading
from apps.spam.symbols import Evidence

from .attachments import Files, examine_files, files_of
from .bulk import examine_bulk
from .catalogue import Found
from .links import examine_links
from .markup import examine_markup
from .senders import examine_senders
from .writing import examine_writing


def examine(reading: Reading, files: Files | None = None) -> Evidence:
    """Return what a message gives away; `files`, where somebody looked at them before."""
    found = Found()
    if files is None:
        files = files_of(reading)
    examine_senders(reading, found)
    examine_writing(reading, found)
    examine_markup(reading, found)
    examine_links(reading, found)
    examine_files(reading, files, found)
    examine_bulk(reading, found)
    return Evidence(tuple(found.symbols()), files.missing)
