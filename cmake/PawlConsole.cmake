# The web console in the program: builds web/ with Node.js and embeds the result.
#
# PAWL_CONSOLE  ON: npm is required; missing packages are installed by `npm ci`. OFF: no console.
#               AUTO: with the console if web/node_modules exists (scripts/setup --console) and Node.js is
#               new enough. Without it, /ui/ says how to get it.

set(PAWL_CONSOLE AUTO CACHE STRING "Build the web console into the program: ON, OFF, or AUTO")

# pawl_embed_console(TARGET): adds the generated table of files to TARGET.
function(pawl_embed_console target)
  set(web "${PROJECT_SOURCE_DIR}/web")
  set(out "${PROJECT_BINARY_DIR}/generated/console")
  set(table "${out}/console_files.cpp" "${out}/console_files.S")
  set(embed "${PROJECT_SOURCE_DIR}/scripts/embed_console")
  find_program(PAWL_NPM npm)
  mark_as_advanced(PAWL_NPM)
  find_program(PAWL_NODE node)
  mark_as_advanced(PAWL_NODE)
  set(wanted "${PAWL_CONSOLE}")
  if(PAWL_CONSOLE STREQUAL "AUTO")
    # A glob, so that the next build notices when scripts/setup --console has been run.
    file(GLOB wanted CONFIGURE_DEPENDS "${web}/node_modules/vite/package.json")
  endif()
  if(wanted)
    set(missing "the web console needs npm and Node.js")
    if(PAWL_NPM AND PAWL_NODE)
      execute_process(COMMAND "${PAWL_NODE}" "${web}/scripts/check_node.mjs"
        RESULT_VARIABLE failed ERROR_VARIABLE missing ERROR_STRIP_TRAILING_WHITESPACE)
      if(failed EQUAL 0)
        set(missing "")
      endif()
    endif()
    if(missing AND PAWL_CONSOLE STREQUAL "AUTO")
      message(STATUS "Web console: ${missing}")
      set(wanted OFF)
    elseif(missing)
      message(FATAL_ERROR "PAWL_CONSOLE=ON: ${missing}")
    endif()
  endif()
  if(wanted)
    message(STATUS "Web console: from web/")
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${web}/src/*")
    list(FILTER sources EXCLUDE REGEX "api\\.d\\.ts$|\\.test\\.tsx?$")
    set(installed "${web}/node_modules/.package-lock.json")
    add_custom_command(OUTPUT "${installed}"
      COMMAND "${PAWL_NPM}" ci --no-audit --no-fund
      DEPENDS "${web}/package-lock.json" WORKING_DIRECTORY "${web}" VERBATIM)
    add_custom_command(OUTPUT ${table}
      COMMAND "${PAWL_NPM}" exec -- vite build --outDir "${PROJECT_BINARY_DIR}/console" --emptyOutDir
              --logLevel warn
      COMMAND "${Python3_EXECUTABLE}" "${embed}" "${PROJECT_BINARY_DIR}/console" "${out}"
      DEPENDS ${sources} "${web}/index.html" "${web}/vite.config.ts" "${installed}" "${embed}"
      WORKING_DIRECTORY "${web}" VERBATIM)
  else()
    message(STATUS "Web console: none (PAWL_CONSOLE=${PAWL_CONSOLE}); scripts/setup --console")
    add_custom_command(OUTPUT ${table}
      COMMAND "${Python3_EXECUTABLE}" "${embed}" - "${out}"
      DEPENDS "${embed}" VERBATIM)
  endif()
  target_sources(${target} PRIVATE ${table})
  # The assembler file takes part in no C++ option; the table in no unity source.
  set_source_files_properties("${out}/console_files.S" PROPERTIES COMPILE_OPTIONS "-w")
  set_source_files_properties("${out}/console_files.cpp" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
