# Shared by the other scripts. Source it after `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

# configure PRESET [cmake argument...]
# Configures a build folder once. Later, ninja does it where a CMake file changed.
configure() {
  local preset=$1
  shift
  if [[ ! -f $root/build/$preset/build.ninja || $# -gt 0 ]]; then
    say "configuring $preset"
    (cd "$root" && cmake --preset "$preset" "$@" --log-level=WARNING >&2)
  fi
}

# build PRESET [target...]
# Prints to standard error, and nothing if everything is up to date.
build() {
  local folder=$root/build/$1
  shift
  rm -f "$folder/ccache.log"
  CCACHE_STATSLOG=$folder/ccache.log ninja -C "$folder" -j "$jobs" "$@" 2>&1 |
    { grep --line-buffered -vE '^ninja: (Entering|no work)|^\[0/[0-9]+\] Re-|^\[.*Re-running CMake' || true; } >&2
  report_ccache "$folder/ccache.log"
}

# report_ccache STATSLOG
# Prints how many objects of a build came from ccache.
report_ccache() {
  [[ -f $1 ]] || return 0
  say "$(awk '
    /^(direct|preprocessed)_cache_hit$/ { hits++ }
    /^cache_miss$/ { misses++ }
    END { all = hits + misses
          printf "%d of %d objects from ccache (%d%%)", hits, all, all ? 100 * hits / all : 0 }' "$1")"
}

# run_tests PRESET [ctest argument...]
# Runs one more test at a time than there are cores: many tests wait for the disk or a process.
run_tests() {
  local preset=$1
  shift
  (cd "$root" && ctest --preset "$preset" -j $((jobs + 1)) "$@")
}
