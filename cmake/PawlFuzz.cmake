# Makes a libFuzzer program from every tests/fuzz/NAME_fuzz.cpp. Included when PAWL_FUZZ is on.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "PAWL_FUZZ needs clang; use `cmake --preset fuzz`.")
endif()

# The library's own code reports which branches an input reached.
target_compile_options(pawl_base_options INTERFACE -fsanitize=fuzzer-no-link)

# What is in the program only is fuzzed as well.
get_property(apart GLOBAL PROPERTY PAWL_APART)
file(GLOB fuzzers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp")
foreach(source IN LISTS fuzzers)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} "${source}")
  target_link_libraries(${name} PRIVATE ${apart} pawl pawl_base_options)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
