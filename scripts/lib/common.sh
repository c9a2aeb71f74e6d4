# Sourced by the scripts: where the checkout is, and how they speak.
VCNODE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
export VCNODE_ROOT
say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# build PRESET [TARGET…]: configures and builds, in build/PRESET unless build_dir names another place. The tests are part of
# the tree unless configure_options says otherwise.
configure_options=(-DVCNODE_TESTS=ON)
build_dir=""
build() {
  local preset="$1" folder="${build_dir:-$VCNODE_ROOT/build/$1}"; shift
  cd "$VCNODE_ROOT" || exit 1
  say "configure ($preset)"
  cmake --preset "$preset" -B "$folder" "${configure_options[@]}" >"/tmp/vcnode-configure.$$" 2>&1 || { cat "/tmp/vcnode-configure.$$" >&2; rm -f "/tmp/vcnode-configure.$$"; return 1; }
  rm -f "/tmp/vcnode-configure.$$"
  say "build ($preset) ${*:-everything}"
  cmake --build "$folder" ${1:+--target "$@"}
}
