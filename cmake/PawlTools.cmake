# Uses what makes builds faster where it is installed: ccache and mold.
#
# Result: PAWL_TOOL_COMPILE_OPTIONS, for every target of the project.
set(PAWL_TOOL_COMPILE_OPTIONS)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache takes precompiled headers on these terms: their time stamps differ in every build folder.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
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
