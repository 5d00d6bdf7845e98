# SPDX-License-Identifier: MIT
# lockstep_add_test(core/loss_test.cpp LINKS lockstep::core [RANKS 1 2 4] [LABELS data])
# builds one GoogleTest program from one file; with RANKS it is run under mpiexec at each count.
find_package(GTest REQUIRED)

function(lockstep_add_test source)
  cmake_parse_arguments(ARG "" "" "RANKS;LINKS;LABELS" ${ARGN})
  string(REPLACE "/" "_" name ${source})
  string(REGEX REPLACE "\\.cpp$" "" name ${name})
  add_executable(${name} ${source})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} lockstep::build_flags fmt::fmt
    $<IF:$<BOOL:${ARG_RANKS}>,lockstep_mpi_test_main,GTest::gtest_main>)
  if(NOT ARG_RANKS)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 120 LABELS "${ARG_LABELS}")
    return()
  endif()
  foreach(ranks IN LISTS ARG_RANKS)
    add_test(NAME ${name}_ranks${ranks}
      COMMAND ${MPIEXEC_EXECUTABLE} --oversubscribe --bind-to none ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:${name}>)
    set_tests_properties(${name}_ranks${ranks} PROPERTIES TIMEOUT 180 PROCESSORS ${ranks} LABELS "${ARG_LABELS}"
      ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
  endforeach()
endfunction()
