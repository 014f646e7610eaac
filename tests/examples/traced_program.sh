#!/bin/sh
# Stands in for a program that core.exec runs. Notes in the file `trace` which step calls it, and does
# once what the file `plan` asks for: "NUMBER WHEN" kills Pawl with kill -9 at the so manieth call,
# `before`, `during` or `after` the real program runs.
here=${0%/*}
real=/usr/bin/${0##*/}
step=${PAWL_STEP%/*}
echo "${step##*/}/${PAWL_STEP##*/}" >>"$here/trace"

when=
if [ -f "$here/plan" ]; then
  read -r number asked <"$here/plan"
  if [ "$number" = "$(wc -l <"$here/trace")" ]; then
    when=$asked
    rm "$here/plan"
  fi
fi
case $when in
  before)
    kill -9 "$PPID"
    exit 0 ;;
  during)
    "$real" "$@" <&0 &
    kill -9 "$PPID"
    exit 0 ;;
esac

# A comparison that finds differences, as often as the file `differences` has lines.
if [ "$1" = --compare ] && [ -s "$here/differences" ]; then
  sed -i 1d "$here/differences"
  exit 1
fi
"$real" "$@"
code=$?
[ "$when" != after ] || kill -9 "$PPID"
exit $code
