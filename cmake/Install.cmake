# SPDX-License-Identifier: MIT
# cmake --install: the command, the libraries and headers, and what find_package(lockstep) reads.
include(CMakePackageConfigHelpers)

set(LOCKSTEP_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/lockstep)

# Installed headers lie in include/lockstep/{core,parallel,io}: both <lockstep/core/x.hpp>, which users write, and
# "core/x.hpp", which our headers write to each other, are found.
target_include_directories(lockstep_numerics INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

foreach(part IN ITEMS numerics core parallel io)
  set_target_properties(lockstep_${part} PROPERTIES EXPORT_NAME ${part})
endforeach()
set_target_properties(lockstep_core lockstep_parallel lockstep_io PROPERTIES
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} INSTALL_RPATH "$ORIGIN")
file(RELATIVE_PATH libraries_from_command ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set_target_properties(lockstep PROPERTIES INSTALL_RPATH "$ORIGIN/${libraries_from_command}")
# Libraries that were found outside the system's folders are found there again.
set_target_properties(lockstep lockstep_core lockstep_parallel lockstep_io PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)

install(TARGETS lockstep)
install(TARGETS lockstep_numerics lockstep_core lockstep_parallel lockstep_io EXPORT lockstepTargets
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lockstep)
install(EXPORT lockstepTargets NAMESPACE lockstep:: DESTINATION ${LOCKSTEP_PACKAGE_DIR})

configure_package_config_file(cmake/lockstepConfig.cmake.in ${PROJECT_BINARY_DIR}/lockstepConfig.cmake
  INSTALL_DESTINATION ${LOCKSTEP_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lockstepConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lockstepConfig.cmake ${PROJECT_BINARY_DIR}/lockstepConfigVersion.cmake
  DESTINATION ${LOCKSTEP_PACKAGE_DIR})
