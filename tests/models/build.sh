#!/bin/sh
# build.sh: compiles the explorer with one program of this folder: build.sh PROGRAM OUTPUT [FOLDER]. FOLDER: holds runtime/tasks with
# something changed (see run). Intermediate files: OUTPUT.d/
# SPDX-License-Identifier: Apache-2.0
set -e
program=$1 output=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
cxx=${RT_CXX:-clang++-22}
cache=$(command -v ccache || true)
flags="-std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-strict-aliasing -fno-omit-frame-pointer -DJANUS_TASKS -DJANUS_RT_TEST
       -Wall -Wextra -fno-pic -fno-pie -O1 -g"
sources=${3:-$root}   # a folder that has runtime/, perhaps changed
mkdir -p "$output.d"
objects=
compile() {   # SOURCE FLAGS…
  source=$1; shift
  object="$output.d/$(basename "$source").o"
  objects="$objects $object"
  $cache $cxx $flags "-I$sources" "-I$root" "$@" -c "$source" -o "$object"
}
hooked="-Drequire_failed=model_require_failed -include $root/tests/models/hook.h"
for source in "$root"/runtime/*.cpp; do
  case $source in */test.cpp | */test_report.cpp) continue ;; esac
  compile "$source"
done
case $program in
  workers)
    compile "$sources/runtime/tasks/timer.cpp" $hooked
    compile "$root/runtime/tasks/switch_x86_64.S"
    flags="$flags -Wno-unused-function" ;;
  tasks)
    for name in nursery channel select timer failures; do compile "$sources/runtime/tasks/$name.cpp" $hooked; done
    compile "$root/tests/models/world.cpp" -Drequire_failed=model_require_failed ;;
esac
compile "$root/tests/models/$program.cpp" -Drequire_failed=model_require_failed
compile "$root/tests/runtime/programs.cpp"
compile "$root/tests/models/explore.cpp"
$cxx -no-pie -o "$output" $objects
