#!/usr/bin/env bash
# A table of people: looked at, imported, read back by IMAP with a password that was made, and imported again for nothing.
set -euo pipefail
mark=$(date +%s)
table=$SCRATCH/people.csv result=$SCRATCH/result.csv
{
    echo "E-Mail;Vor- und Nachname;Kennwort;Platz;Art;Ziel"
    for number in $(seq 1 40); do echo "p$mark-$number@example.test;Person $number;;;;"; done
    echo "own-$mark@example.test;Olga;correct horse battery;2 GB;;"
    echo "team-$mark@example.test;;;;gemeinsam;"
    echo "sales-$mark@example.test;;;;Weiterleitung;own-$mark@example.test bob@example.test"
    echo "alice@example.test;Alice;;;;"
    echo "eve-$mark@elsewhere.test;Eve;;;;"
    echo "weak-$mark@example.test;Walt;short;;;"
    echo "nobody;Nobody;;;;"
} | iconv -t WINDOWS-1252 >"$table"
cd "$CHECKOUT"

echo "looked at:"
"$PYTHON" manage.py import_people "$table" --dry-run >"$SCRATCH/looked" 2>&1 || true
grep -v "p$mark-" "$SCRATCH/looked" | sed 's/^/  /'
echo "done:"
"$PYTHON" manage.py import_people "$table" --result "$result" >"$SCRATCH/done" 2>&1 || true
tail -n 2 "$SCRATCH/done" | sed 's/^/  /'
stat -c '  the result, mode %a, holds the passwords that were made' "$result"
echo "read back:"
"$PYTHON" tests/show/read_people.py "$RUN" "$result" "$mark"
echo "again:"
"$PYTHON" manage.py import_people "$table" >"$SCRATCH/again" 2>&1 || true
tail -n 2 "$SCRATCH/again" | sed 's/^/  /'
grep -q "44 left as it is, 3 refused" "$SCRATCH/again"
"$PYTHON" manage.py audit verify | sed 's/^/  /'
