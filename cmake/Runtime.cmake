# Runtime.cmake: compiles runtime/ for the *target*: libjanus_rt.a for debug programs; janus_rt.o, janus_rt.bc and janus_rt.needs for
# release programs. Depends on clang++-22, llvm-ar-22, llvm-link-22, musl's headers, and janus-prepare-runtime (backend/prepare/prepare_runtime.cpp).
# SPDX-License-Identifier: Apache-2.0
#
# The same code goes out twice. Debug programs link the archive. For release programs it is optimised as one, and compiled once: they
# link the object; the small functions of it are there as bitcode too, so that counts, strings and arrays are inlined into user code.
# Custom commands instead of add_library: the runtime never sees the host's flags, headers or sanitizers.
find_program(RT_CXX NAMES clang++-22 REQUIRED)
find_program(RT_AR NAMES llvm-ar-22 REQUIRED)
find_program(RT_LINK NAMES llvm-link-22 REQUIRED)

set(JANUS_RT_TRIPLE x86_64-linux-musl)
set(JANUS_MUSL_INCLUDE "/usr/include/${JANUS_RT_TRIPLE}" CACHE PATH "musl's headers")
set(JANUS_MUSL_LIB "/usr/lib/${JANUS_RT_TRIPLE}" CACHE PATH "musl's libc.a and start files")

set(rt_flags --target=${JANUS_RT_TRIPLE} -march=x86-64-v2 -O2 -g0
  -nostdinc++ -nostdlibinc -isystem "${JANUS_MUSL_INCLUDE}" "-I${CMAKE_SOURCE_DIR}"
  -fno-pic -fno-pie -mcmodel=small -ffunction-sections -fdata-sections
  -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-omit-frame-pointer
  -fno-math-errno -ffp-contract=off -fno-strict-aliasing -Wall -Wextra)   # aliasing: a freed block comes back as another type
set(rt_cxx_flags -isystem "${CMAKE_BINARY_DIR}/runtime/include" -std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit)

set(rt_dir "${CMAKE_BINARY_DIR}/runtime")
file(MAKE_DIRECTORY "${rt_dir}")

# SQLite for programs: Debian's static library, with the three names of glibc that musl lacks (runtime/foreign). Its header alone is
# taken over: the others beside it are glibc's. Only a program that uses std.sqlite is linked with it.
find_library(RT_SQLITE NAMES libsqlite3.a REQUIRED)
find_path(RT_SQLITE_INCLUDE NAMES sqlite3.h REQUIRED)
configure_file("${RT_SQLITE_INCLUDE}/sqlite3.h" "${rt_dir}/include/sqlite3.h" COPYONLY)
find_program(RT_CC NAMES clang-22 REQUIRED)
add_custom_command(OUTPUT "${rt_dir}/libsqlite3.a" DEPENDS "${CMAKE_SOURCE_DIR}/runtime/foreign/sqlite_shims.c" "${RT_SQLITE}" VERBATIM
  COMMAND "${RT_CC}" ${rt_flags} -c "${CMAKE_SOURCE_DIR}/runtime/foreign/sqlite_shims.c" -o "${rt_dir}/sqlite_shims.o"
  COMMAND "${CMAKE_COMMAND}" -E copy "${RT_SQLITE}" "${rt_dir}/libsqlite3.a"
  COMMAND "${RT_AR}" rD "${rt_dir}/libsqlite3.a" "${rt_dir}/sqlite_shims.o")

# What runs when a program starts, fails or is looked at: small rather than fast, so that a release build spends its time on the rest.
set(rt_small_files error_report panic dump trace failures leaks start test test_report)

# rt_compile(<source> <output> flags…): one file of the runtime; headers are tracked by depfile.
function(rt_compile source output)
  add_custom_command(OUTPUT "${output}" DEPENDS "${source}" DEPFILE "${output}.d" VERBATIM
    COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} "${RT_CXX}" ${rt_flags} ${ARGN}
            -MD -MF "${output}.d" -c "${source}" -o "${output}")
endfunction()

# rt_flavour(<name> <flags> sources…): lib<name>.a and <name>.bc.
set(JANUS_RT_FILES "${rt_dir}/libsqlite3.a")     # what Embed.cmake takes
function(rt_flavour name flags)
  set(objects)
  set(bitcodes)
  file(MAKE_DIRECTORY "${rt_dir}/${name}")
  foreach(source ${ARGN})
    get_filename_component(stem "${source}" NAME_WE)
    set(object "${rt_dir}/${name}/${stem}.o")
    if(source MATCHES "\\.S$")
      rt_compile("${source}" "${object}" -Wno-unused-command-line-argument)
    else()
      rt_compile("${source}" "${object}" ${rt_cxx_flags} ${flags})
      set(size)
      if(stem IN_LIST rt_small_files)
        set(size -Oz)
      endif()
      rt_compile("${source}" "${rt_dir}/${name}/${stem}.bc" ${rt_cxx_flags} ${size} ${flags} -emit-llvm -DJANUS_RELEASE)
      list(APPEND bitcodes "${rt_dir}/${name}/${stem}.bc")
    endif()
    list(APPEND objects "${object}")
  endforeach()
  add_custom_command(OUTPUT "${rt_dir}/lib${name}.a" DEPENDS ${objects} VERBATIM
    COMMAND "${CMAKE_COMMAND}" -E rm -f "${rt_dir}/lib${name}.a"
    COMMAND "${RT_AR}" rcsD "${rt_dir}/lib${name}.a" ${objects})
  set(tasks 0)
  if(name MATCHES "tasks")
    set(tasks 1)
  endif()
  set(prepared "${rt_dir}/${name}.bc" "${rt_dir}/${name}.o" "${rt_dir}/${name}.needs")
  add_custom_command(OUTPUT ${prepared} DEPENDS ${bitcodes} janus-prepare-runtime VERBATIM
    COMMAND "${RT_LINK}" ${bitcodes} -o "${rt_dir}/${name}.whole.bc"
    COMMAND "${CMAKE_COMMAND}" -E env ASAN_OPTIONS=detect_leaks=0
            "$<TARGET_FILE:janus-prepare-runtime>" "${rt_dir}/${name}.whole.bc" ${tasks} ${prepared})
  set(JANUS_RT_FILES ${JANUS_RT_FILES} "${rt_dir}/lib${name}.a" ${prepared} PARENT_SCOPE)
endfunction()

file(GLOB rt_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/runtime/*.cpp" "${CMAKE_SOURCE_DIR}/runtime/*.S" "${CMAKE_SOURCE_DIR}/runtime/io/*.cpp")
file(GLOB rt_task_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/runtime/tasks/*.cpp" "${CMAKE_SOURCE_DIR}/runtime/tasks/*.S")
rt_flavour(janus_rt "" ${rt_sources})
rt_flavour(janus_rt_tasks -DJANUS_TASKS ${rt_sources} ${rt_task_sources})   # programs with tasks, nurseries or channels
add_custom_target(janus_runtime DEPENDS ${JANUS_RT_FILES})
