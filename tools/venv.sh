#!/bin/bash
# venv.sh [EXTRA]   Makes .venv with this project in it, or brings it up to pyproject.toml.
# Leaves .venv/ready, and .venv/ready-EXTRA when an extra was asked for: the stamps that the Makefile looks at.
set -euo pipefail
cd "$(dirname "$0")/.."
extra=${1:-}
python=${PYTHON:-python3}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

die() { printf 'venv.sh: %s\n' "$*" >&2; exit 3; }

need_python() {
  command -v "$python" >/dev/null || die "no command '$python'. Install Python 3.11 or newer, or: make PYTHON=/path/to/python3"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "$("$python" --version) is too old, 3.11 or newer is needed: make PYTHON=/path/to/python3"
}

# Debian keeps the part of Python that puts pip into a new environment in a package of its own.
need_ensurepip() {
  ! "$python" -c 'import ensurepip, venv' 2>/dev/null || return 0
  local package
  package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "venv.sh: installing $package"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || true
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$package" >/dev/null
  fi
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    die "$python cannot make virtual environments. On Debian or Ubuntu, as root: apt-get install $package"
}

exec 9>.venv.lock
flock -w 600 9 || die "another venv.sh has been at work here for ten minutes"
need_python
if [ ! -x .venv/bin/pip ]; then
  need_ensurepip
  "$python" -m venv --clear .venv
fi
echo "venv.sh: installing into .venv: stageline${extra:+[$extra]}"
.venv/bin/python -m pip install -q -e ".${extra:+[$extra]}"
touch .venv/ready ${extra:+".venv/ready-$extra"}
