#!/usr/bin/env bash
# Builds remediate-lambda.zip for the function of template.yaml: Python 3.13 on arm64.
#
#   DIR/package.sh      (where `remediate schedule` was run: plan files are found from there)
#
# What goes in: the exact versions of requirements.txt, checked against their hashes; remediate
# itself; the plan files. What stays out: boto3 and what it needs, because the runtime brings it
# (remediate needs boto3 1.40 or newer; the runtime's version is in the Lambda developer guide under
# "Runtime-included SDK versions"), and the sandbox, which is for people.
#
# REMEDIATE=PATH-OR-REQUIREMENT takes remediate from elsewhere: a clone, a wheel, your own index.
# Needs pip and Python 3.11 or newer, on any machine: nothing is compiled for this one.
set -euo pipefail
here=$(dirname "$0")
remediate=${REMEDIATE:-@{requirement}}
build=$here/build
archive=$here/remediate-lambda.zip
rm -rf "$build" "$archive"

python3 -m pip install --quiet --disable-pip-version-check --no-compile --target "$build" \
    --require-hashes --no-deps --only-binary=:all: \
    --implementation cp --python-version 3.13 \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 \
    --requirement "$here/requirements.txt"
rm -rf "$build/bin"
python3 -m pip install --quiet --disable-pip-version-check --no-compile --target "$build" --no-deps "$remediate"
rm -rf "$build/bin" "$build/remediate/sandbox"

mkdir "$build/plans"
@{copies}

# Bytecode saves a cold start the compiling: /var/task cannot be written to. It must be made by the
# runtime's own Python, and not be judged by the times of files, which a zip rounds.
if python3.13 -c "" 2>/dev/null; then
    python3.13 -m compileall -q -j 0 --invalidation-mode unchecked-hash "$build"
else
    echo "package.sh: no python3.13 here: without its bytecode cold starts take longer" >&2
fi

python3 - "$build" "$archive" <<'PY'
import sys
import zipfile
from pathlib import Path

LIMIT = 50_000_000
build, target = Path(sys.argv[1]), Path(sys.argv[2])
files = sorted(path for path in build.rglob("*") if path.is_file())
unzipped = sum(path.stat().st_size for path in files)
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for path in files:
        # One date for all: the same content makes the same archive, and so no new deployment.
        entry = zipfile.ZipInfo(str(path.relative_to(build)), (2020, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, path.read_bytes())
zipped = target.stat().st_size
print(f"{target}: {zipped / 1e6:.1f} MB, {unzipped / 1e6:.1f} MB unzipped")
if unzipped > LIMIT:
    raise SystemExit("package.sh: more than 50 MB unzipped; something came in that should not")
PY
