#!/bin/sh
# build.sh: compiles the runtime and one test program of this folder: build.sh PROGRAM KIND OUTPUT. PROGRAM none: the runtime alone, an archive.
# KIND: musl (as programs link it, with accounting), fast (as release programs), tsan, asan, aarch64 (as musl, for that processor; musl and
# libgcc for it are unpacked below $AARCH64_ROOT). Intermediate files: OUTPUT.d/
# SPDX-License-Identifier: Apache-2.0
set -e
program=$1 kind=$2 output=$3
root=$(cd "$(dirname "$0")/../.." && pwd)
cxx=${RT_CXX:-clang++-22}
cache=$(command -v ccache || true)
common="-std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-strict-aliasing -fno-omit-frame-pointer -DJANUS_TASKS -I$root -Wall -Wextra -fno-pic -fno-pie"
musl="--target=x86_64-linux-musl -march=x86-64-v2 -nostdinc++ -nostdlibinc -isystem /usr/include/x86_64-linux-musl -fno-stack-protector -fno-use-cxa-atexit"
target=x86_64-linux-gnu
case $kind in
  aarch64) target=aarch64-linux-musl
    flags="--target=$target -nostdinc++ -nostdlibinc -isystem $AARCH64_ROOT/usr/include/aarch64-linux-musl -fno-stack-protector -fno-use-cxa-atexit -O2 -g0" ;;
  musl) flags="$musl -O2 -g0" ;;
  fast) flags="$musl -O2 -g0 -DJANUS_RELEASE" ;;
  tsan) flags="-O1 -g -fsanitize=thread" ;;
  asan) flags="-O1 -g -fsanitize=address,undefined -fno-sanitize=alignment,vptr -fsanitize-address-use-after-return=never"   # tasks have stacks of their own ;;
esac
case $program in   # what it stands before
  inject) wrap="-Wl,--wrap=mmap -Wl,--wrap=mremap -Wl,--wrap=malloc -Wl,--wrap=pthread_create" ;;
  *) wrap= ;;
esac
mkdir -p "$output.d"
objects=
own="$root/tests/runtime/programs.cpp $root/tests/runtime/$program.cpp"
if [ "$program" = none ]; then own=$(echo "$root"/runtime/io/*.cpp); fi   # programs may wait for descriptors; the tests of this folder have none
for source in "$root"/runtime/*.cpp "$root"/runtime/tasks/*.cpp "$root"/runtime/tasks/*.S "$root"/runtime/*.S $own; do
  case $kind:$source in
    tsan:*mem_x86_64.S | asan:*mem_x86_64.S | aarch64:*mem_x86_64.S) continue ;;
  esac
  object="$output.d/$(echo "$source" | sed "s|$root/||; s|/|_|g").o"
  objects="$objects $object"
  if [ -f "$object" ] && [ -z "$(find "$root/runtime" "$root/tests/runtime" -newer "$object" \( -name '*.h' -o -path "$source" \) | head -1)" ]; then continue; fi
  case $source in
    *.S) $cxx --target=$target -c "$source" -o "$object" ;;
    *) $cache $cxx $common $flags -c "$source" -o "$object" ;;
  esac
done
if [ "$program" = none ]; then
  rm -f "$output"
  exec ar rcs "$output" $objects
fi
case $kind in
  musl | fast) ld.lld-22 $(echo "$wrap" | sed 's/-Wl,//g') -static --gc-sections -o "$output" /usr/lib/x86_64-linux-musl/crt1.o /usr/lib/x86_64-linux-musl/crti.o $objects \
      /usr/lib/x86_64-linux-musl/libc.a "$($cxx -print-resource-dir)/lib/linux/libclang_rt.builtins-x86_64.a" /usr/lib/x86_64-linux-musl/crtn.o ;;
  aarch64) lib=$AARCH64_ROOT/usr/lib/aarch64-linux-musl
    ld.lld-22 -static --gc-sections -o "$output" "$lib/crt1.o" "$lib/crti.o" $objects "$lib/libc.a" "$AARCH64_ROOT"/usr/lib/gcc-cross/aarch64-linux-gnu/*/libgcc.a "$lib/crtn.o" ;;
  *) $cxx $flags $wrap -no-pie -o "$output" $objects ;;
esac
