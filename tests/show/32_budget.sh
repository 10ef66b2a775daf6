#!/usr/bin/env bash
# What the webmail costs its reader beside what it may cost: first load, server time, keys, jumps, new mail.
set -euo pipefail
command -v chromium >/dev/null || { echo "Chromium is not installed (tools/bootstrap browser)"; exit 75; }
cd "$CHECKOUT"
for name in ${!MAIL_@} ${!DJANGO_@}; do unset "$name"; done
unset DATABASE_URL REDIS_URL
"$PYTHON" -m bench.budget >"$SCRATCH/out" 2>"$SCRATCH/err" || { tail -n 60 "$SCRATCH/err" "$SCRATCH/out"; exit 1; }
sed -n '/share/,$p' "$SCRATCH/out"
