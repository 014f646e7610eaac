# pawl_module(NAME [APART] [LINK lib...] [HEADER_ONLY lib...] [PCH header...] [UNITY n] [PROGRAM main.cpp]
#             [WITHOUT regex])
#
# Builds the object library pawl_NAME from every .cpp in the calling folder and its subfolders, and the
# test program NAME_tests from every .test.cpp there. The object libraries form the installed library
# `pawl`. A test program links only its own module and modules of lower rank, so a reference upwards or
# sideways fails to link.
#
# APART        The folder belongs to the program, not to the library.
# LINK         Libraries that users of `pawl` link, too.
# HEADER_ONLY  Libraries of which only headers are used. An embedder does not need them.
# PCH          Headers to precompile. Default: those of the base.
# UNITY        Number of sources compiled as one (PAWL_UNITY). Default: 8.
# PROGRAM      The folder is the program `pawl`, not a part of the library. This file has main().
# WITHOUT      Sources whose paths match are left out.

# Ranks, lowest first. scripts/check_includes has the same ranks for includes.
set(PAWL_RANK_base 0)
set(PAWL_RANK_config 1)
set(PAWL_RANK_flow 1)
set(PAWL_RANK_functions 2)
set(PAWL_RANK_persistence 2)
set(PAWL_RANK_actors 3)
set(PAWL_RANK_runtime 4)
set(PAWL_RANK_server 5)
set(PAWL_RANK_bench 6)
set(PAWL_RANK_cli 7)

function(pawl_module name)
  cmake_parse_arguments(arg "APART" "PROGRAM;UNITY;WITHOUT" "LINK;HEADER_ONLY;PCH" ${ARGN})
  if(NOT DEFINED PAWL_RANK_${name})
    message(FATAL_ERROR "Module ${name} has no rank in cmake/PawlModule.cmake.")
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(arg_WITHOUT)
    list(FILTER sources EXCLUDE REGEX "${arg_WITHOUT}")
  endif()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "\\.test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "\\.test\\.cpp$")
  if(arg_PROGRAM)
    list(REMOVE_ITEM sources "${CMAKE_CURRENT_SOURCE_DIR}/${arg_PROGRAM}")
  endif()
  if(NOT sources)
    return()
  endif()
  set(libraries ${arg_LINK} ${arg_HEADER_ONLY})
  if(arg_UNITY)
    set(CMAKE_UNITY_BUILD_BATCH_SIZE ${arg_UNITY})
  endif()

  add_library(pawl_${name} OBJECT ${sources})
  target_link_libraries(pawl_${name} PUBLIC pawl_base_options PRIVATE pawl_code_options ${libraries})
  if(arg_PCH)
    target_precompile_headers(pawl_${name} PRIVATE ${arg_PCH})
  else()
    target_precompile_headers(pawl_${name} REUSE_FROM pawl_base)
  endif()

  if(arg_PROGRAM)
    add_executable(pawl_program "${arg_PROGRAM}")
    set_target_properties(pawl_program PROPERTIES OUTPUT_NAME pawl)
    get_property(apart GLOBAL PROPERTY PAWL_APART)
    target_link_libraries(pawl_program PRIVATE pawl_${name} ${apart} pawl pawl_code_options ${libraries})
  elseif(arg_APART)
    set_property(GLOBAL APPEND PROPERTY PAWL_APART pawl_${name})
  else()
    target_sources(pawl PRIVATE $<TARGET_OBJECTS:pawl_${name}>)
    target_link_libraries(pawl PRIVATE ${arg_LINK})
  endif()

  get_property(modules GLOBAL PROPERTY PAWL_MODULES)
  set_property(GLOBAL APPEND PROPERTY PAWL_MODULES ${name})
  if(tests AND PAWL_TESTS)
    set(parts pawl_${name})
    foreach(module IN LISTS modules)
      if(PAWL_RANK_${module} LESS PAWL_RANK_${name})
        list(APPEND parts pawl_${module})
      endif()
    endforeach()
    add_executable(${name}_tests ${tests})
    target_link_libraries(${name}_tests PRIVATE ${parts} pawl_test_main ${libraries})
    target_precompile_headers(${name}_tests REUSE_FROM pawl_test_main)
    add_test(NAME ${name} COMMAND ${name}_tests)
    # With sanitizers the longest one takes 300 s on two idle cores.
    set_tests_properties(${name} PROPERTIES TIMEOUT 1500)
  endif()
endfunction()
