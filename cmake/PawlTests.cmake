# pawl_test_program(NAME SOURCES source... [LINK lib...])
#
# Builds the test program NAME, which links the library `pawl`.
#
# Sanitizers do not check the code of tests, so an inline function exists with their checks and without.
# The linker takes the first one that it meets; the library precedes the tests, in pawl_module, too.
function(pawl_test_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE pawl pawl_test_main ${arg_LINK})
  target_precompile_headers(${name} REUSE_FROM pawl_test_main)
  if(PAWL_SANITIZE)
    target_link_options(${name} PRIVATE
      "LINKER:--whole-archive,$<TARGET_FILE:pawl>,--no-whole-archive")
  endif()
endfunction()
