#!/usr/bin/env bash
# The two AWS emulators of the end-to-end tests, each in a virtual environment under .e2e/.
# They never see the project's own environment: their pins would collide with it.
set -euo pipefail
cd "$(dirname "$0")/../.."

install() { # NAME MARK PIP-ARGUMENTS...
    local folder=.e2e/$1 mark=$2
    shift 2
    if [ "$(cat "$folder/installed" 2>/dev/null)" = "$mark" ]; then return; fi
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check "$@"
    echo "$mark" >"$folder/installed"
}

# 4.14.0 is the last LocalStack that starts without a token; its S3 needs Python 3.13, 4.12.0's does not.
if python3 -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then
    localstack=4.12.0
else
    localstack=4.14.0
fi
python=$(python3 -c 'import sys; print(sys.version)')
# Newer ones break it: no plugins (cbor2), no certificate (pyOpenSSL), no server (twisted).
install localstack "$localstack on $python" "localstack-core[runtime]==$localstack" \
    'cbor2<6' 'pyopenssl<26' 'localstack-twisted<26'
install ministack "1.5.33 on $python" 'ministack==1.5.33'
