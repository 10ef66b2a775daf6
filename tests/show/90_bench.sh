#!/usr/bin/env bash
# The table of what the doors cost, measured now on this machine.
set -euo pipefail
cd "$CHECKOUT"
"$PYTHON" -m bench.smtp
"$PYTHON" -m bench.imap
