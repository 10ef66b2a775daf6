#!/usr/bin/env bash
# Reports sent to us, honest and hostile; then an aggregate report and a TLS report, counted and written by us, read back
# by parsedmarc (PyPI).
set -euo pipefail
cd "$CHECKOUT"
"$PYTHON" tests/show/send_report.py "$RUN"
export PIP_DISABLE_PIP_VERSION_CHECK=1
if ! { "$PYTHON" -m venv "$SCRATCH/venv" && env -u PYTHONPATH timeout 400 "$SCRATCH/venv/bin/pip" install -q parsedmarc; } \
    >"$SCRATCH/pip.log" 2>&1; then
    tail -n 3 "$SCRATCH/pip.log"
    echo "parsedmarc cannot be installed here"
    exit 75
fi
"$PYTHON" tests/show/dmarc_report.py "$SCRATCH"
env -u PYTHONPATH "$SCRATCH/venv/bin/python" tests/show/read_report.py "$SCRATCH"
