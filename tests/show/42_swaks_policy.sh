#!/usr/bin/env bash
# swaks through STARTTLS in the name of domains with each DMARC policy, asked of a name server on loopback: what is refused,
# what is put off, what lands in Junk, and what the header says.
set -euo pipefail
command -v swaks >/dev/null || { echo "needs swaks (Debian)"; exit 75; }
"$PYTHON" "$CHECKOUT/tests/show/policy.py" "$SCRATCH"
