# What the other scripts share. Sourced, not run; the caller has set -euo pipefail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

# configure PRESET [cmake argument...]: once for each build folder; after that ninja does it by
# itself where a CMake file changed.
configure() {
  local preset=$1
  shift
  if [[ ! -f $root/build/$preset/build.ninja || $# -gt 0 ]]; then
    say "configuring $preset"
    (cd "$root" && cmake --preset "$preset" "$@" --log-level=WARNING >&2)
  fi
}

# build PRESET [target...]: says nothing if there is nothing to do. Everything goes to standard error.
build() {
  local folder=$root/build/$1
  shift
  ninja -C "$folder" -j "$jobs" "$@" 2>&1 |
    { grep --line-buffered -vE '^ninja: (Entering|no work)|^\[0/[0-9]+\] Re-|^\[.*Re-running CMake' || true; } >&2
}

# run_tests PRESET [ctest argument...]
run_tests() {
  local preset=$1
  shift
  (cd "$root" && ctest --preset "$preset" -j "$jobs" "$@")
}
