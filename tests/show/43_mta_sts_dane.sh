#!/usr/bin/env bash
# bob writes to domains that publish MTA-STS and DANE: what meets it goes by TLS, what does not waits, and why is said.
set -euo pipefail
"$PYTHON" "$CHECKOUT/tests/show/mta_sts_dane.py" "$SCRATCH"
