#!/usr/bin/env bash
# The REST API: the directory, a letter sent and read, the queue, the trace, and requests made up from its own document.
set -euo pipefail

"$PYTHON" "$CHECKOUT/tests/show/api.py" "$RUN"
url=$("$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["web"])' "$RUN")
echo "made up from $url""api/v1/openapi.json (what changes nothing; schemathesis looks for any 500 and any undocumented answer):"
token=$("$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["api_token"])' "$RUN")
"$(dirname "$PYTHON")/schemathesis" run "${url}api/v1/openapi.json" --url "$url" \
    --include-method GET --max-examples 5 --phases examples,coverage,fuzzing --workers 1 --no-color \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    -H "Authorization: Bearer $token" >"$SCRATCH/out" 2>&1 || { tail -n 60 "$SCRATCH/out"; exit 1; }
sed -n '/SUMMARY/,$p' "$SCRATCH/out"
