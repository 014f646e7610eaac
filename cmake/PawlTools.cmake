# Uses ccache and mold where they are installed.
#
# Result: PAWL_TOOL_COMPILE_OPTIONS, for every target of the project.
#
# Objects do not depend on the folder of the checkout, so that ccache serves a second clone:
# - CCACHE_BASEDIR makes paths below the source folder relative before they are hashed;
# - CCACHE_NOHASHDIR ignores the working directory, which debug information would name;
# - -ffile-prefix-map removes the source folder from __FILE__ and from debug information;
# - a source that needs an absolute path gets it from tests/support/paths.hpp.
set(PAWL_TOOL_COMPILE_OPTIONS "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The time stamps of precompiled headers differ in every build folder, so ccache ignores them.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND PAWL_TOOL_COMPILE_OPTIONS -fpch-preprocess)
  elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    list(APPEND PAWL_TOOL_COMPILE_OPTIONS "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
mark_as_advanced(CCACHE MOLD)
