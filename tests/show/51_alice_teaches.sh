#!/usr/bin/env bash
# alice marks ten messages as junk in her mail program: her filter learns at once, and bob's stays as it was.
set -euo pipefail
cd "$CHECKOUT"
"$PYTHON" "$CHECKOUT/tests/show/alice_teaches.py" "$RUN"
