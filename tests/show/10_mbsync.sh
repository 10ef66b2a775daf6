#!/usr/bin/env bash
# mbsync (Debian: isync) fetches a mailbox byte for byte, pushes flags and a message, and deletes: no BAD, no reconnect.
set -euo pipefail
command -v mbsync >/dev/null || { echo "mbsync is not installed (apt-get install isync)"; exit 75; }
account="$PYTHON $CHECKOUT/tests/show/imap_account.py $RUN"
eval "$($account env)"
$account fill "$SCRATCH/sent" 20

mkdir -p "$SCRATCH/mail"
cat >"$SCRATCH/rc" <<RC
IMAPAccount ours
Host $HOST
Port $PORT
User $ADDRESS
Pass "$PASSWORD"
SSLType IMAPS
CertificateFile $CA
AuthMechs LOGIN

IMAPStore far
Account ours

MaildirStore near
SubFolders Verbatim
Path $SCRATCH/mail/
Inbox $SCRATCH/mail/INBOX

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
RC
chmod 600 "$SCRATCH/rc"

sync() { HOME=$SCRATCH mbsync -Dn -c "$SCRATCH/rc" all >>"$SCRATCH/log" 2>&1 || { tail -30 "$SCRATCH/log"; exit 1; }; }

sync
"$PYTHON" - "$SCRATCH" <<'PY'
import re
import sys
from pathlib import Path
root = Path(sys.argv[1])
sent = {path.read_bytes() for path in (root / "sent").iterdir()}
# A Maildir ends lines with LF alone, and mbsync marks its copies with a field of its own.
got = {re.sub(rb"X-TUID: .*\n", b"", path.read_bytes()).replace(b"\n", b"\r\n") for path in (root / "mail" / "INBOX").glob("*/*")}
assert sent <= got, f"{len(sent - got)} of {len(sent)} differ"
print(f"fetched {len(got)} messages, byte for byte")
PY

# Read one, delete another, write a third.
cd "$SCRATCH/mail/INBOX"
mark() { # mark SUBJECT FLAG
    local file name
    file=$(grep -rl "^Subject: message $1 " cur new)
    name=$(basename "$file")
    mv "$file" "cur/${name%%:2,*}:2,$2"
}
mark 2 S
mark 3 T
printf 'From: carol@example.test\nSubject: message 99 pushed\n\nwritten here\n' >new/1.local
sync
sync
$account flags | tee "$SCRATCH/flags"
grep -qx '  message 2 \\Seen' "$SCRATCH/flags"
! grep -q 'message 3 ' "$SCRATCH/flags"
grep -q 'message 9' "$SCRATCH/flags"
runs=3
echo "$(grep -c 'Logging in' "$SCRATCH/log") sign-ins in $runs runs, $(grep -c ' BAD ' "$SCRATCH/log" || true) BAD"
! grep -E ' BAD | NO |\* BYE [^L]|socket error' "$SCRATCH/log"
[ "$(grep -c 'Logging in' "$SCRATCH/log")" = $runs ]
