#!/usr/bin/env bash
# A message by swaks, read back by imaplib and by mbsync, byte for byte.
set -euo pipefail

for tool in swaks mbsync; do
    command -v "$tool" >/dev/null || { echo "needs $tool (Debian)"; exit 75; }
done
"$PYTHON" "$CHECKOUT/tests/show/swaks.py" "$RUN" "$SCRATCH"
