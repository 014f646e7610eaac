# Run by the test `install`: cmake -D BUILD=... -D SOURCE=... ... -P install_test.cmake
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE words ERROR_VARIABLE words)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "exit code ${code} of: ${command}\n${words}")
  endif()
  set(words "${words}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
set(prefix "${WORK}/prefix")
run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${prefix}")

# An installed package must not refer to the source or build folder.
file(GLOB_RECURSE package_files "${prefix}/*.cmake")
foreach(file IN LISTS package_files)
  file(READ "${file}" text)
  foreach(word IN ITEMS "${SOURCE}" "${BUILD}" "-Wall" "-fsanitize")
    string(FIND "${text}" "${word}" place)
    if(NOT place EQUAL -1)
      message(FATAL_ERROR "${file} mentions ${word}")
    endif()
  endforeach()
endforeach()

if(EXISTS "${SOURCE}/cli/CMakeLists.txt")
  run("${prefix}/bin/pawl" version)
endif()

# A static library with sanitizers links only into a program with the same sanitizers.
set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()

set(programs "${SOURCE}/tests/install/consumer")
if(EXISTS "${SOURCE}/examples/embed/CMakeLists.txt")
  list(APPEND programs "${SOURCE}/examples/embed")
endif()
foreach(program IN LISTS programs)
  get_filename_component(name "${program}" NAME)
  set(build "${WORK}/${name}")
  run(${CMAKE_COMMAND} -S "${program}" -B "${build}" -G "${GENERATOR}"
      "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=${build}/bin"
      "-DCMAKE_CXX_COMPILER=${COMPILER}"
      "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" "-DCMAKE_CXX_FLAGS=${flags}")
  run(${CMAKE_COMMAND} --build "${build}")
  file(GLOB executables "${build}/bin/*")
  list(LENGTH executables count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "${program} made ${count} programs, not one: ${executables}")
  endif()
  run(${CMAKE_COMMAND} -E chdir "${build}" ${executables})
  message(STATUS "${name}: ${words}")
endforeach()
