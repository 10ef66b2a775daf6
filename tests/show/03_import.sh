#!/usr/bin/env bash
# Three hundred real messages, imported and read back byte for byte; a second import files none of them again.
set -euo pipefail
for data in "${SHARED_DATA:-}" "$CHECKOUT/../shared/data" "$CHECKOUT/../../shared/data"; do
    [ -d "$data/mail" ] && break
done
[ -d "$data/mail" ] || { echo "needs the collection of real mail: set SHARED_DATA to its folder"; exit 75; }
data=$data/mail
cd "$CHECKOUT"
for path in "$data/sample.mbox" "$data/eml"; do
    "$PYTHON" manage.py import_mail --mailbox dave@example.test "$path" 2>&1 | tail -n 3
done
"$PYTHON" tests/show/read_import.py "$RUN" "$data"
"$PYTHON" manage.py import_mail --mailbox dave@example.test "$data/eml" 2>&1 | tail -n 1
"$PYTHON" manage.py store check --deep
