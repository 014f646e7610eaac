# Writes the commit of the folder SOURCE, or "unknown", to the source OUTPUT. GIT is the program.
set(commit "")
if(GIT)
  execute_process(COMMAND "${GIT}" rev-parse --short=12 HEAD WORKING_DIRECTORY "${SOURCE}"
    OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
if(NOT commit)
  set(commit unknown)
endif()
file(WRITE "${OUTPUT}"
  "namespace pawl::bench {\nextern const char* const commit;\nconst char* const commit = \"${commit}\";\n}\n")
