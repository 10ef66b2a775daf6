#!/bin/sh
# What a container of the image does: `docker run IMAGE web`, see `help`. Whatever runs takes the place of this
# shell, so that it gets the signals and its exit code is the container's: 78 names a setting that cannot work,
# 75 says what did not answer in time, 64 that there is no such command.
set -eu
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
web              pages and API
smtp             mail from other servers, and from users
imap             mail for users
dns              the name server for MAIL_DKIM_ZONE
worker QUEUES    a Celery worker: local (files mail), remote (sends it), default (keeps house), or several: local,remote;
                 scan (judges mail as it comes in) works in processes of its own: worker scan --children 2
beat             the schedule that wakes the workers; one is enough
migrate          bring the database up to date and end; before everything else, at each new version
manage ...       the command line: manage help
all              everything in one container, with a PostgreSQL and a Valkey of its own unless told of others
TEXT
}

# Look, wait for the servers and their tables, then become the process.
alone() {
    export MAIL_PROCESS="$1"
    shift
    exec python -m workers.supervisor.alone "$role" "$@"
}

role=${1:-help}
[ $# -eq 0 ] || shift
case $role in
web) alone web workers.web ;;
smtp) alone smtp workers.smtp ;;
imap) alone imap workers.imap ;;
dns) alone dns workers.dns ;;
worker)
    queues=${1:?worker needs its queues: local, remote, default, scan, or several with commas}
    # One thread files mail, for two would wait for the same folders; the others have what the supervisor gives them.
    if [ $# -eq 1 ] && [ "$queues" = scan ]; then set -- scan --children "${MAIL_SCAN_CHILDREN:-2}"; fi
    if [ $# -eq 1 ] && [ "$queues" != local ]; then set -- "$queues" --threads 2; fi
    alone "celery-$(echo "$queues" | tr , -)" workers.jobs "$@"
    ;;
beat) alone beat workers.jobs beat ;;
migrate) alone prepare ;;
manage) exec python manage.py "$@" ;;
all)
    unset MAIL_HEALTH_PORT
    exec python -m workers.supervisor
    ;;
help | --help) usage ;;
*)
    echo "mailplatform: no command $role; there are:" >&2
    usage >&2
    exit 64
    ;;
esac
