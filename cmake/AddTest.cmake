# SPDX-License-Identifier: MIT
# lockstep_add_test(core/loss_test.cpp [SOURCES support/x.cpp...] [LINKS lockstep::core...]
#                   [RANKS 1 2 4] [THREADS 2] [TIMEOUT 60] [LABELS data])
#
# Builds one GoogleTest program, named after its source: core_loss_test. Without RANKS it is one CTest of that name.
# With RANKS it is started by mpirun, once for each count, as core_loss_test_ranks2 and so on; its main is then
# support/mpi_test_main.cpp. THREADS: the most worker threads that a rank of it uses, so that CTest does not start
# more at once than there are cores. TIMEOUT in seconds, 600: far beyond what a test takes on a busy machine, so that it
# ends only those that hang; five times as much under a sanitizer.
# LABELS are CTest's; a test also has its folder's name as a label, and the target tests_LABEL builds all of a label:
#   data  reads the real data sets, and is skipped where they are absent
#   slow  takes minutes under a sanitizer
find_package(GTest REQUIRED)
include(ProcessorCount)
ProcessorCount(LOCKSTEP_TEST_CORES)

# mpirun itself: more ranks than cores are welcome, nobody is bound to a core, root may run it, idle ranks make room,
# and Open MPI's and OpenMP's own allocations at exit are not our leaks.
set(LOCKSTEP_MPIRUN ${MPIEXEC_EXECUTABLE} --oversubscribe --bind-to none ${MPIEXEC_NUMPROC_FLAG})
set(LOCKSTEP_TEST_ENVIRONMENT
  UBSAN_OPTIONS=print_stacktrace=1
  LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan-suppressions.txt:print_suppressions=0
  TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan-suppressions.txt)
set(LOCKSTEP_MPI_TEST_ENVIRONMENT ${LOCKSTEP_TEST_ENVIRONMENT}
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
  ASAN_OPTIONS=detect_leaks=0)

# lockstep_set_test_properties(name PROCESSORS TIMEOUT ENVIRONMENT LABELS): no test asks for more cores than there are.
function(lockstep_set_test_properties name processors timeout environment labels)
  if(LOCKSTEP_TEST_CORES GREATER 0 AND processors GREATER LOCKSTEP_TEST_CORES)
    set(processors ${LOCKSTEP_TEST_CORES})
  endif()
  if(LOCKSTEP_SANITIZE)
    math(EXPR timeout "5 * ${timeout}")
  endif()
  set_tests_properties(${name} PROPERTIES PROCESSORS ${processors} TIMEOUT ${timeout}
    ENVIRONMENT "${environment}" LABELS "${labels}")
endfunction()

function(lockstep_add_test source)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "THREADS;TIMEOUT" "SOURCES;RANKS;LINKS;LABELS")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lockstep_add_test(${source}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_THREADS)
    set(ARG_THREADS 1)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  string(REGEX REPLACE "\\.cpp$" "" name ${source})
  string(REPLACE "/" "_" name ${name})
  get_filename_component(folder ${source} DIRECTORY)
  if(folder)
    list(PREPEND ARG_LABELS ${folder})
  endif()

  set(main GTest::gtest_main)
  if(ARG_RANKS)
    set(main lockstep_mpi_test_main)
  endif()
  add_executable(${name} ${source} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} ${main} lockstep::build_flags fmt::fmt)
  # What is tested is as fast as it is for users; the tests themselves are compiled in two thirds of the time, with
  # sanitizers in half.
  if(LOCKSTEP_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  else()
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()

  foreach(label IN LISTS ARG_LABELS)
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()

  if(NOT ARG_RANKS)
    add_test(NAME ${name} COMMAND ${name})
    lockstep_set_test_properties(${name} ${ARG_THREADS} ${ARG_TIMEOUT} "${LOCKSTEP_TEST_ENVIRONMENT}" "${ARG_LABELS}")
    return()
  endif()
  foreach(ranks IN LISTS ARG_RANKS)
    add_test(NAME ${name}_ranks${ranks} COMMAND ${LOCKSTEP_MPIRUN} ${ranks} $<TARGET_FILE:${name}>)
    math(EXPR processors "${ranks} * ${ARG_THREADS}")
    lockstep_set_test_properties(${name}_ranks${ranks} ${processors} ${ARG_TIMEOUT}
      "${LOCKSTEP_MPI_TEST_ENVIRONMENT};LOCKSTEP_TEST_RANKS=${ranks}" "${ARG_LABELS}")
  endforeach()
endfunction()

# lockstep_add_failing_rank_test(support_mpi_test_main_test 3): proves that one failing rank fails the whole program, and
# that its report is seen.
function(lockstep_add_failing_rank_test program ranks)
  set(command ${LOCKSTEP_MPIRUN} ${ranks} $<TARGET_FILE:${program}>)
  set(environment "${LOCKSTEP_MPI_TEST_ENVIRONMENT};LOCKSTEP_TEST_RANKS=${ranks};LOCKSTEP_TEST_FAILS=1")
  add_test(NAME ${program}_fails_everywhere COMMAND ${command})
  add_test(NAME ${program}_reports COMMAND ${command})
  foreach(name IN ITEMS ${program}_fails_everywhere ${program}_reports)
    lockstep_set_test_properties(${name} ${ranks} 60 "${environment}" support)
  endforeach()
  set_tests_properties(${program}_fails_everywhere PROPERTIES WILL_FAIL ON)
  set_tests_properties(${program}_reports PROPERTIES PASS_REGULAR_EXPRESSION
    "the last rank fails, as it should.*failed on rank 2|failed on rank 2.*the last rank fails, as it should")
endfunction()

# lockstep_add_elsewhere_test(parallel_communicator_test 3): proves that ranks which all wait for something else give up.
function(lockstep_add_elsewhere_test program ranks)
  add_test(NAME ${program}_gives_up COMMAND ${LOCKSTEP_MPIRUN} ${ranks} $<TARGET_FILE:${program}>)
  lockstep_set_test_properties(${program}_gives_up ${ranks} 60
    "${LOCKSTEP_MPI_TEST_ENVIRONMENT};LOCKSTEP_TEST_RANKS=${ranks};LOCKSTEP_TEST_ELSEWHERE=1" parallel)
  set_tests_properties(${program}_gives_up PROPERTIES PASS_REGULAR_EXPRESSION
    "gave up: ranks .* did not arrive: they are alive, but for [0-9.]+ s waiting for something else: a test")
endfunction()
