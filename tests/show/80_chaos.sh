#!/usr/bin/env bash
# Random kill -9 of any process during a load of both directions, PostgreSQL and Valkey stopped for 20 seconds each:
# nothing lost, nothing doubled in mailboxes. KILLS=30 makes it short.
set -euo pipefail
"$PYTHON" -m tests.e2e.chaos --kills "${KILLS:-300}" --pauses "${PAUSE:-20}" --directory "$SCRATCH/system"
