# Builds a libFuzzer program from every tests/fuzz/NAME_fuzz.cpp. The target `fuzzers` builds all.
# Included if PAWL_FUZZ is on.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "PAWL_FUZZ needs clang; use `cmake --preset fuzz`.")
endif()

# Instruments the library, so that libFuzzer sees which branches an input reaches.
target_compile_options(pawl_code_options INTERFACE -fsanitize=fuzzer-no-link)

# Libraries of fuzzers that do not need everything. They build sooner.
set(parts_of_logic_fuzz pawl_base pawl_flow)
set(parts_of_flow_fuzz pawl_base pawl_flow)
set(parts_of_reader content_coding message problem request_checks request_reader response_bytes)
set(parts_of_record_fuzz pawl_base pawl_flow pawl_persistence RocksDB::rocksdb-shared
    zstd::libzstd_shared OpenSSL::Crypto)

# The reader of requests alone, without the rest of the server.
list(TRANSFORM parts_of_reader PREPEND "${PROJECT_SOURCE_DIR}/server/http/")
list(TRANSFORM parts_of_reader APPEND ".cpp")
set(sources_of_request_fuzz ${parts_of_reader})
set(parts_of_request_fuzz pawl_base ZLIB::ZLIB)

# The reader of YAML alone.
set(sources_of_yaml_fuzz "${PROJECT_SOURCE_DIR}/server/yaml/parse_yaml.cpp"
    "${PROJECT_SOURCE_DIR}/server/yaml/plain_scalar.cpp" "${PROJECT_SOURCE_DIR}/cli/flow_text.cpp")
set(parts_of_yaml_fuzz pawl_base pawl_flow ${PAWL_YAML_CPP})

# Folders of the program that are not in the library.
get_property(apart GLOBAL PROPERTY PAWL_APART)
add_custom_target(fuzzers)
file(GLOB fuzzers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp")
foreach(source IN LISTS fuzzers)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} "${source}" ${sources_of_${name}})
  if(DEFINED parts_of_${name})
    target_link_libraries(${name} PRIVATE ${parts_of_${name}} pawl_code_options)
  else()
    target_link_libraries(${name} PRIVATE ${apart} pawl spdlog::spdlog pawl_code_options)
  endif()
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_compile_definitions(${name} PRIVATE BOOST_ASIO_NO_DEPRECATED)
  add_dependencies(fuzzers ${name})
endforeach()
