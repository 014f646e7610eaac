# `cmake --install`: headers, library, program, and the CMake package for find_package(pawl).
include(CMakePackageConfigHelpers)
set(PAWL_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/pawl")

install(TARGETS pawl pawl_caf EXPORT pawlTargets)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/pawl" "${PROJECT_BINARY_DIR}/generated/pawl"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
if(TARGET pawl_program)
  install(TARGETS pawl_program)
endif()

install(EXPORT pawlTargets NAMESPACE pawl:: DESTINATION "${PAWL_PACKAGE_DIR}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/pawlConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/generated/pawlConfig.cmake" INSTALL_DESTINATION "${PAWL_PACKAGE_DIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/generated/pawlConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/generated/pawlConfig.cmake"
              "${PROJECT_BINARY_DIR}/generated/pawlConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindRE2.cmake"
        DESTINATION "${PAWL_PACKAGE_DIR}")
