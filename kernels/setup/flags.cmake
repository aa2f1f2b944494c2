# parlab_flags: what every source of the project is compiled with.
add_library(parlab_flags INTERFACE)
target_include_directories(parlab_flags INTERFACE ${CMAKE_SOURCE_DIR})
# A path of this machine in an assertion or a log would make two builds differ.
target_compile_options(parlab_flags INTERFACE -Wall -Wextra -Wpedantic -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
# What a mutex guards is used with it held (kernels/posix/mutex.hpp).
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(parlab_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wthread-safety>)
endif()
# Not under a sanitizer of gcc: what it adds to the code makes gcc warn of variables that are set.
if(PARLAB_WERROR AND NOT (PARLAB_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"))
  target_compile_options(parlab_flags INTERFACE -Werror)
endif()
if(PARLAB_SANITIZE)
  target_compile_options(parlab_flags INTERFACE -fsanitize=${PARLAB_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(parlab_flags INTERFACE -fsanitize=${PARLAB_SANITIZE})
  # clang 14's check of function types marks coroutines in a way that its assembler refuses. Here, as the last of
  # the two options counts.
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(parlab_flags INTERFACE
      $<$<BOOL:$<TARGET_PROPERTY:PARLAB_HAS_COROUTINES>>:-fno-sanitize=function>)
  endif()
endif()
