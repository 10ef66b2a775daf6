"""What a file is by its name, and what a name tries to make of it."""

import re

from .letters import REVERSED

_KINDS_WORDS = {
    "program": "exe scr com pif cpl msi msp msix appx dll sys ocx drv jar apk app deb rpm gadget xll wll ppam",
    "script": "js jse vbs vbe wsf wsh hta ps1 psm1 ps1xml bat cmd sct wsc reg inf jnlp chm py sh ahk au3 vba",
    "shortcut": "lnk url website scf library-ms search-ms settingcontent-ms desktop appref-ms iqy slk rdp",
    "disk image": "iso img vhd vhdx dmg udf nrg bin.iso vmdk",
    "note": "one onepkg onetoc2",
    "page": "html htm shtml xhtml xht mht mhtml svg svgz",
    "archive": "zip gz tgz tar bz2 tbz xz txz 7z rar r00 ace arj cab lzh lha z zst arc zipx cpio uue xxe",
    "office": "doc dot xls xlt xlw ppt pps pot rtf docx dotx xlsx xltx pptx ppsx potx odt ods odp pub mdb accdb vsd",
    "macro office": "docm dotm xlsm xltm xlsb xlam xla pptm potm ppsm",
    "document": "pdf txt csv xml eml msg ics vcf md log json",
    "picture": "jpg jpeg png gif bmp tif tiff webp heic ico",
    "sound": "mp3 wav ogg flac m4a mp4 mov avi mkv wma wmv",
}
_KINDS = {extension: kind for kind, words in _KINDS_WORDS.items() for extension in words.split()}
RUNS = frozenset({"program", "script", "shortcut"})
"""What a double click runs."""
_LOOKS_HARMLESS = frozenset({"office", "macro office", "document", "picture", "sound", "archive"})
_PADDED = re.compile(r"(?:[\s\u00a0\u2000-\u200b\u3000_]{6,}|\.{4,})\.?[a-z0-9]{2,5}\s*\Z", re.IGNORECASE)
_DATED = re.compile(r"[\s\u200b\u00ad.]+\Z")


def extension(name: str) -> str:
    """Return what Windows takes for a name's extension, in lower case."""
    name = _DATED.sub("", name).lower()
    stem, dot, last = name.rpartition(".")
    return last if dot and stem else ""


def kind_of_name(name: str) -> str:
    """Return what sort of file a name says it is, or ''."""
    return _KINDS.get(extension(name), "")


def is_double(name: str) -> bool:
    """Whether a name that runs pretends to be a document: `invoice.pdf.exe`."""
    if kind_of_name(name) not in RUNS | {"disk image", "page"}:
        return False
    stem = _DATED.sub("", name).rpartition(".")[0].rstrip()
    kind = kind_of_name(stem)
    return kind in _LOOKS_HARMLESS and not (
        kind_of_name(name) == "page" and kind != "document" and kind != "office"
    )


def is_reversed(name: str) -> bool:
    """Whether a part of a name is shown backwards: `invoice_fdp.exe` as `invoice_exe.pdf`."""
    return REVERSED.search(name) is not None


def is_padded(name: str) -> bool:
    """Whether the extension of a name that runs is pushed out of sight."""
    return kind_of_name(name) in RUNS and _PADDED.search(name) is not None


_EXPECTED = {
    "image/png": "picture", "image/gif": "picture", "image/jpeg": "picture", "image/webp": "picture",
    "application/pdf": "document",
}  # fmt: skip
EXECUTABLE = frozenset({"application/vnd.microsoft.portable-executable", "application/x-executable"})


def lies(name: str, declared: str, sniffed: str) -> bool:
    """Whether a file is something else than it says, in a way that matters."""
    if not sniffed:
        return False
    kind = kind_of_name(name)
    if sniffed in EXECUTABLE:
        return kind not in {"program", ""} or declared.startswith(("image/", "text/", "application/pdf"))
    if sniffed == "text/html":
        return (
            kind in {"picture", "office", "macro office"}
            or extension(name) == "pdf"
            or declared == "application/pdf"
        )
    if sniffed in {
        "application/zip",
        "application/vnd.rar",
        "application/x-7z-compressed",
        "application/x-ole-storage",
    }:
        return kind == "picture" or extension(name) == "pdf"
    return False
