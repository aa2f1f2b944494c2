# find_package(parlab) gives parlab::parlab, the shared library with parlab.h.
include("${CMAKE_CURRENT_LIST_DIR}/parlabTargets.cmake")
