# Runtime.cmake: compiles runtime/ for the *target*: libjanus_rt.a, and janus_rt.bc for release programs.
# Depends on clang++-22, llvm-ar-22, llvm-link-22 and musl's headers; on nothing that the compiler links.
# SPDX-License-Identifier: Apache-2.0
#
# The same code goes out twice. Debug programs link the archive; release programs link the bitcode into
# their own module first, so that reference counts, strings and arrays are inlined into user code.
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
set(rt_cxx_flags -std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit)

file(GLOB rt_cxx_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/runtime/*.cpp")
file(GLOB rt_asm_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/runtime/*.S")
set(rt_dir "${CMAKE_BINARY_DIR}/runtime")
file(MAKE_DIRECTORY "${rt_dir}")

# rt_compile(<source> <output> flags…): one file of the runtime; headers are tracked by depfile.
function(rt_compile source output)
  add_custom_command(OUTPUT "${output}" DEPENDS "${source}" DEPFILE "${output}.d" VERBATIM
    COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} "${RT_CXX}" ${rt_flags} ${ARGN}
            -MD -MF "${output}.d" -c "${source}" -o "${output}")
endfunction()

set(rt_objects)
set(rt_bitcodes)
foreach(source ${rt_cxx_sources})
  get_filename_component(stem "${source}" NAME_WE)
  rt_compile("${source}" "${rt_dir}/${stem}.o" ${rt_cxx_flags})
  rt_compile("${source}" "${rt_dir}/${stem}.bc" ${rt_cxx_flags} -emit-llvm -DJANUS_RELEASE)
  list(APPEND rt_objects "${rt_dir}/${stem}.o")
  list(APPEND rt_bitcodes "${rt_dir}/${stem}.bc")
endforeach()
foreach(source ${rt_asm_sources})
  get_filename_component(stem "${source}" NAME_WE)
  rt_compile("${source}" "${rt_dir}/${stem}.S.o" -Wno-unused-command-line-argument)
  list(APPEND rt_objects "${rt_dir}/${stem}.S.o")
endforeach()

set(JANUS_RT_FILES)     # what Embed.cmake takes
if(rt_objects)
  add_custom_command(OUTPUT "${rt_dir}/libjanus_rt.a" DEPENDS ${rt_objects} VERBATIM
    COMMAND "${CMAKE_COMMAND}" -E rm -f "${rt_dir}/libjanus_rt.a"
    COMMAND "${RT_AR}" rcsD "${rt_dir}/libjanus_rt.a" ${rt_objects})
  list(APPEND JANUS_RT_FILES "${rt_dir}/libjanus_rt.a")
endif()
if(rt_bitcodes)
  add_custom_command(OUTPUT "${rt_dir}/janus_rt.bc" DEPENDS ${rt_bitcodes} VERBATIM
    COMMAND "${RT_LINK}" ${rt_bitcodes} -o "${rt_dir}/janus_rt.bc")
  list(APPEND JANUS_RT_FILES "${rt_dir}/janus_rt.bc")
endif()
if(NOT JANUS_RT_FILES)
  message(STATUS "runtime/ has no sources yet: nothing of it is embedded")
endif()
add_custom_target(janus_runtime DEPENDS ${JANUS_RT_FILES})
