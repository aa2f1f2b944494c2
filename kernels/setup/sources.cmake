# How the folders' CMakeLists.txt name their sources.

# parlab_glob(VARIABLE [RECURSE] PATTERNS...): files below the current folder, by paths relative to it, and looked for
# again at each build. Brackets in the checkout's own path are not a pattern.
function(parlab_glob variable)
  cmake_parse_arguments(arg "RECURSE" "" "" ${ARGN})
  string(REPLACE "[" "[[]" here "${CMAKE_CURRENT_SOURCE_DIR}")
  set(patterns ${arg_UNPARSED_ARGUMENTS})
  list(TRANSFORM patterns PREPEND "${here}/")
  set(mode GLOB)
  if(arg_RECURSE)
    set(mode GLOB_RECURSE)
  endif()
  file(${mode} found CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" ${patterns})
  set(${variable} ${found} PARENT_SCOPE)
endfunction()

option(PARLAB_TOGETHER "Compile small sources together; OFF for clang-tidy, or to change a few of them" ON)

# parlab_sources(TARGET [FOLDERS folders...] [TOGETHER] [APART sources...] [WITHOUT sources...]): gives TARGET the
# sources of this folder, or of FOLDERS below it.
# TOGETHER: joins them, some at a time, but for those APART, because most of a small source's time goes into headers
# that its neighbours share. By paths below the project (CMake's unity builds write whole ones), so that a compiler's
# cache serves each copy of it.
function(parlab_sources target)
  cmake_parse_arguments(arg "TOGETHER" "" "FOLDERS;APART;WITHOUT" ${ARGN})
  set(patterns *.cpp)
  if(arg_FOLDERS)
    set(patterns ${arg_FOLDERS})
    list(TRANSFORM patterns APPEND /*.cpp)
  endif()
  parlab_glob(sources ${patterns})
  list(REMOVE_ITEM sources ${arg_WITHOUT})
  if(arg_TOGETHER AND PARLAB_TOGETHER)
    set(some ${sources})
    list(REMOVE_ITEM some ${arg_APART})
    list(REMOVE_ITEM sources ${some})
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" OUTPUT_VARIABLE here)
    list(JOIN arg_FOLDERS _ name)
    string(MAKE_C_IDENTIFIER "${here}_${name}" name)
    set(number 0)
    while(some)
      list(SUBLIST some 0 7 these) # at a time: then two cores are busy to the end
      list(REMOVE_ITEM some ${these})
      list(TRANSFORM these REPLACE "(.+)" "#include \"${here}/\\1\"\n")
      list(JOIN these "" includes)
      set(joined ${CMAKE_BINARY_DIR}/together/${name}_${number}.cpp)
      file(CONFIGURE OUTPUT ${joined} CONTENT "${includes}" @ONLY)
      list(APPEND sources ${joined})
      math(EXPR number "${number} + 1")
    endwhile()
  endif()
  target_sources(${target} PRIVATE ${sources})
endfunction()

# parlab_objects(NAME [LINK libraries...]): an OBJECT library, because a static one drops the sources that only
# register themselves. parlab_sources() fills it.
function(parlab_objects name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  add_library(${name} OBJECT)
  target_link_libraries(${name} PRIVATE parlab_flags PUBLIC ${arg_LINK})
endfunction()
