#!/usr/bin/env bash
# Lock anew what the README's commands, CI's lowest job and the emulators of tests/e2e install.
# Needs uv. From the root of the repository, `--upgrade` takes the newest versions:
#   python3 -m venv /tmp/uv && /tmp/uv/bin/pip install -q uv && PATH=/tmp/uv/bin:$PATH tests/locks/renew.sh --upgrade
set -euo pipefail
cd "$(dirname "$0")/../.."
export UV_CUSTOM_COMPILE_COMMAND="tests/locks/renew.sh --upgrade"

lock() { # NAME UV-ARGUMENTS...
    local name=$1
    shift
    uv pip compile --quiet --generate-hashes --no-emit-index-url "$@" -o "tests/locks/$name.txt"
}

# One file for every Python that pyproject.toml supports and every system: markers tell them apart.
lock sandbox pyproject.toml --extra sandbox --group build --universal --python-version 3.11 "$@"
lock dev pyproject.toml --extra dev --group build --constraint tests/locks/sandbox.txt \
    --universal --python-version 3.11 "$@"
# The lowest that pyproject.toml declares, of what stands there itself.
lock lowest pyproject.toml --extra dev --group build --resolution lowest-direct --python-version 3.11 "$@"

# 4.14.0 is the last LocalStack that starts without a token; its S3 needs Python 3.13, 4.12.0's does not.
# Newer ones break it: no plugins (cbor2), no certificate (pyOpenSSL), no server (twisted).
for version in 4.12.0:3.11 4.14.0:3.13; do
    printf '%s\n' "localstack-core[runtime]==${version%:*}" 'cbor2<6' 'pyopenssl<26' 'localstack-twisted<26' |
        lock "localstack-${version%:*}" - --python-version "${version#*:}" "$@"
done
echo 'ministack==1.5.33' | lock ministack - --python-version 3.11 "$@"
