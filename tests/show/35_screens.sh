#!/usr/bin/env bash
# Every screen at three widths, light and dark: pictures in var/shots/, and what axe and the browser complain about.
set -euo pipefail
exec "$PYTHON" "$CHECKOUT/tools/shots.py" --out "$CHECKOUT/var/shots"
