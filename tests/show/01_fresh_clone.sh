#!/usr/bin/env bash
# `make run` on a fresh clone, as root and as an ordinary user whose home others cannot enter.
set -euo pipefail

one() { # one DIRECTORY WRAPPER...: clone there and start, as whoever the wrapper makes us
    local directory=$1 began ended
    shift
    began=$(date +%s.%N)
    "$@" git -c safe.directory='*' clone -q "$source" "$directory/mail"
    # shellcheck disable=SC2016
    "$@" env -u MAIL_STATE_DIR HOME="$directory" bash -c 'cd "$1/mail" && exec setsid make run >"$1/out" 2>&1' - "$directory" &
    local make=$!
    for _ in $(seq 1200); do
        [ -e "$directory/mail/var/run.json" ] && break
        kill -0 "$make" 2>/dev/null || { cat "$directory/out"; return 1; }
        sleep 0.2
    done
    ended=$(date +%s.%N)
    echo "$(stat -c %U "$directory/mail"): from clone to running in $(awk "BEGIN { print $ended - $began }") s"
    "$PYTHON" "$CHECKOUT/tests/show/sign_in.py" "$directory/mail/var/run.json"
    began=$(date +%s.%N)
    kill -TERM -- "-$(ps -o pgid= -p "$(cat "$directory"/mail/var/supervisor.lock 2>/dev/null || cat /var/lib/mailplatform/supervisor.lock)" | tr -d ' ')"
    wait "$make" || true
    ended=$(date +%s.%N)
    echo "  stopped in $(awk "BEGIN { print $ended - $began }") s; nothing of it is left: $(pgrep -fc "$directory/mail" || true)"
}

source=$SCRATCH/source.git
git -c safe.directory='*' clone -q --bare "$CHECKOUT" "$source"
# Ports of its own: the system beside which this is shown has others.
export MAIL_WEB_PORT=27080 MAIL_SMTP_PORT=27025 MAIL_SUBMISSION_PORT=27587 MAIL_SUBMISSIONS_PORT=27465
export MAIL_IMAP_PORT=27143 MAIL_IMAPS_PORT=27993 MAIL_HEALTH_PORT_BASE=27100
unset MAIL_MASTER_KEYS

mkdir -m 700 "$SCRATCH/me"
one "$SCRATCH/me" env

if [ "$(id -u)" != 0 ]; then exit 0; fi
# Somebody without a name is nobody; the Python of root's home is not theirs, so they get a copy.
chmod 711 "$SCRATCH"
mkdir -m 700 "$SCRATCH/user"
base=$("$PYTHON" -c 'import sys; print(sys.base_prefix)')
case $base in
"$HOME"/*)
    mkdir -p "$SCRATCH/user/python"
    cp -r "$base/bin" "$base/lib" "$SCRATCH/user/python/"
    export MAIL_PYTHON=$SCRATCH/user/python/bin/python3 LD_LIBRARY_PATH=$SCRATCH/user/python/lib
    ;;
esac
chown -R nobody "$SCRATCH/user" "$source"
one "$SCRATCH/user" setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups
