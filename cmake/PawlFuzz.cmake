# Builds a libFuzzer program from every tests/fuzz/NAME_fuzz.cpp. The target `fuzzers` builds all.
# Included if PAWL_FUZZ is on.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "PAWL_FUZZ needs clang; use `cmake --preset fuzz`.")
endif()

# Instruments the library, so that libFuzzer sees which branches an input reaches.
target_compile_options(pawl_base_options INTERFACE -fsanitize=fuzzer-no-link)

# Libraries of fuzzers that do not need everything. They build sooner.
set(parts_of_logic_fuzz pawl_base pawl_flow)
set(parts_of_flow_fuzz pawl_base pawl_flow)
set(parts_of_record_fuzz pawl_base pawl_flow pawl_persistence RocksDB::rocksdb-shared)

# Folders of the program that are not in the library.
get_property(apart GLOBAL PROPERTY PAWL_APART)
add_custom_target(fuzzers)
file(GLOB fuzzers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp")
foreach(source IN LISTS fuzzers)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} "${source}")
  if(DEFINED parts_of_${name})
    target_link_libraries(${name} PRIVATE ${parts_of_${name}} pawl_base_options)
  else()
    target_link_libraries(${name} PRIVATE ${apart} pawl spdlog::spdlog pawl_base_options)
  endif()
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
endforeach()
