#!/usr/bin/env bash
# Five journeys in Chromium by keyboard alone: what is pressed, where the focus is, what is on the screen.
set -euo pipefail
command -v chromium >/dev/null || { echo "Chromium is not installed (tools/bootstrap browser)"; exit 75; }
cd "$CHECKOUT"
# The tests have servers of their own.
for name in ${!MAIL_@} ${!DJANGO_@}; do unset "$name"; done
unset DATABASE_URL REDIS_URL
"$PYTHON" -m pytest -n 0 -q -s -o addopts= --import-mode=importlib -p no:cacheprovider -p tests.servers \
    tests/webmail/browser/test_by_keyboard.py >"$SCRATCH/out" 2>&1 || { cat "$SCRATCH/out"; exit 1; }
grep -E '^ {3,6}\S' "$SCRATCH/out"
tail -1 "$SCRATCH/out"
