"""Make and sign a feed of rules against spam.

`tools/rules_feed.py key private.pem` makes a key and prints what MAIL_RULES_FEED_KEY is to be; the file stays with
whoever signs. `tools/rules_feed.py sign private.pem out.rules --version N [files.toml ...]` checks every rule with its
samples and signs them; without files, the rules of the release.
"""

import argparse
import base64
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from apps.spam.rules import starter
from apps.spam.rules.definitions import RuleError
from apps.spam.rules.documents import Document, check_document, from_toml
from apps.spam.rules.signing import seal


def make_key(path: Path) -> None:
    """Write a new private key, which only its owner may read, and print the public one."""
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    print(f"MAIL_RULES_FEED_KEY={public_text(key)}")


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public half as the setting takes it."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def sign(key: Path, out: Path, version: int, files: list[Path]) -> int:
    """Check rules and sign them; return how many."""
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    if not isinstance(private, Ed25519PrivateKey):
        raise RuleError(f"{key} is no Ed25519 key")
    listed = [one for path in files for one in from_toml(path.read_text("utf-8"))]
    document = Document(version, tuple(listed) or starter.document().rules)
    check_document(document)
    out.write_bytes(seal(document, private))
    return len(document.rules)


def main() -> int:
    """Make a key or sign."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("key").add_argument("private", type=Path)
    signing = verbs.add_parser("sign")
    signing.add_argument("private", type=Path)
    signing.add_argument("out", type=Path)
    signing.add_argument("--version", type=int, required=True, help="higher than that of the feed before")
    signing.add_argument("files", type=Path, nargs="*")
    options = parser.parse_args()
    try:
        if options.verb == "key":
            make_key(options.private)
        else:
            print(f"{sign(options.private, options.out, options.version, options.files)} rules signed")
    except (RuleError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
