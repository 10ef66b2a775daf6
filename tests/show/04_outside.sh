#!/usr/bin/env bash
# bob writes to an outside domain: it reaches a mail server there; what it refuses comes back to him as a report.
set -euo pipefail
"$PYTHON" "$CHECKOUT/tests/show/outside.py" "$SCRATCH"
