#!/usr/bin/env bash
# The two AWS emulators of the end-to-end tests, each in a virtual environment under .e2e/.
# They never see the project's own environment: their pins would collide with it.
set -euo pipefail
cd "$(dirname "$0")/../.."

install() { # NAME LOCK
    local folder=.e2e/$1 lock=tests/locks/$2.txt mark
    mark=$(python3 -c 'import sys; print(sys.version)' && cat "$lock")
    if [ "$(cat "$folder/installed" 2>/dev/null)" = "$mark" ]; then return; fi
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check -r "$lock"
    echo "$mark" >"$folder/installed"
}

# tests/locks/renew.sh says why there are two.
if python3 -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then
    install localstack localstack-4.12.0
else
    install localstack localstack-4.14.0
fi
install ministack ministack
