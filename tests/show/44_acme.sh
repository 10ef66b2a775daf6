#!/usr/bin/env bash
# An authority on loopback (Debian's pebble) issues certificates for the server and for a domain's names; doors show them.
set -euo pipefail
"$PYTHON" "$CHECKOUT/tests/show/acme_issues.py" "$SCRATCH"
