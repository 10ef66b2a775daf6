#!/usr/bin/env bash
# mutt opens INBOX, reads, flags, copies, deletes and leaves: no BAD, no reconnect in its debug log.
set -euo pipefail
for tool in mutt script; do command -v $tool >/dev/null || { echo "$tool is not installed"; exit 75; }; done
account="$PYTHON $CHECKOUT/tests/show/imap_account.py $RUN"
eval "$($account env)"
$account fill "$SCRATCH/sent" 5

cat >"$SCRATCH/rc" <<RC
set imap_user="$ADDRESS" imap_pass="$PASSWORD" certificate_file="$SCRATCH/certificates" ssl_ca_certificates_file="$CA"
set folder="imaps://$HOST:$PORT/" spoolfile="+INBOX" imap_condstore=yes imap_idle=yes imap_check_subscribed=yes
set delete=yes confirmappend=no confirmcreate=no move=no wait_key=no sort=date timeout=1 mail_check=1 header_cache=""
push "<jump>2<enter><display-message><exit><jump>3<enter><flag-message><jump>4<enter><copy-message><kill-line>=Archive<enter><jump>5<enter><delete-message><sync-mailbox><check-new><change-folder><kill-line>=Archive<enter><quit>"
RC
cd "$SCRATCH"
HOME=$SCRATCH TERM=xterm timeout 60 script -qec "mutt -d 3 -F $SCRATCH/rc" "$SCRATCH/screen" >/dev/null </dev/null
$account flags | tee "$SCRATCH/flags"
sed '/^Archive/,$d' "$SCRATCH/flags" >"$SCRATCH/inbox"
grep -q '  message 2 .*\\Seen' "$SCRATCH/inbox"
grep -q '  message 3 .*\\Flagged' "$SCRATCH/inbox"
! grep -q 'message 5 ' "$SCRATCH/inbox"
sed '1,/^Archive/d' "$SCRATCH/flags" | grep 'message 4 '
log=$SCRATCH/.muttdebug0
echo "$(grep -c '> a[0-9]* ' "$log" || true) commands, $(grep -c '< \* OK \[CAPABILITY' "$log" || true) greeting, $(grep -cE '< a[0-9]+ BAD' "$log" || true) BAD"
! grep -E '< (a[0-9]+|\*) (BAD|BYE [^L])' "$log"
[ "$(grep -c '< \* OK \[CAPABILITY' "$log")" = 1 ]
