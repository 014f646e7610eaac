# cmake -DCOMPILER=… -DINCLUDES=dir;… -P wrong_signatures.cmake
#
# Compiles wrong_signatures.cc, which must fail, and checks that the compiler prints every expected
# sentence.
set(source "${CMAKE_CURRENT_LIST_DIR}/wrong_signatures.cc")
list(TRANSFORM INCLUDES PREPEND "-I")
execute_process(COMMAND ${COMPILER} -std=c++20 -fsyntax-only ${INCLUDES} ${source}
                RESULT_VARIABLE failed ERROR_VARIABLE said OUTPUT_QUIET)
if(failed EQUAL 0)
  message(FATAL_ERROR "wrong_signatures.cc compiles")
endif()
# Compilers differ in whether they join adjacent string literals.
string(REGEX REPLACE "\"[ \n]*\"" "" said "${said}")
file(STRINGS "${source}" lines REGEX "// expect: ")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "^ *// expect: " "" sentence "${line}")
  string(FIND "${said}" "${sentence}" at)
  if(at EQUAL -1)
    message(SEND_ERROR "the compiler did not say: ${sentence}")
  endif()
endforeach()
