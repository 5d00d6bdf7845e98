# SPDX-License-Identifier: MIT
# Installs Lockstep, moves it, builds README.md's example against it in a project of its own, and runs both.
# cmake -D SOURCE= -D BUILD= -D WORK= -D CXX= -D GENERATOR= -D BUILD_TYPE= -P package_test.cmake

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    string(REPLACE ";" " " command "${ARGV}")
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# The example is the only C++ block of README.md that has a main.
file(READ ${SOURCE}/README.md readme)
if(NOT readme MATCHES "```cpp\n([^`]*int main\\([^`]*)```")
  message(FATAL_ERROR "README.md has no block of C++ with a main")
endif()
set(example "${CMAKE_MATCH_1}")

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed)
file(RENAME ${WORK}/installed ${WORK}/moved)  # nothing may remember where it was installed

file(COPY ${SOURCE}/tests/package/CMakeLists.txt DESTINATION ${WORK}/stranger)
file(WRITE ${WORK}/stranger/example.cpp "${example}")
run(${CMAKE_COMMAND} -S ${WORK}/stranger -B ${WORK}/stranger/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${WORK}/moved
  -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_BUILD_TYPE=${BUILD_TYPE})
run(${CMAKE_COMMAND} --build ${WORK}/stranger/build)
run(${WORK}/stranger/build/example)
set(number "[-+.e0-9]+")
set(learned FALSE)
if(output MATCHES "xor x2\\): +(${number}) +(${number}) +(${number}) +(${number})\n")
  if(CMAKE_MATCH_1 LESS 0.1 AND CMAKE_MATCH_2 GREATER 0.9 AND CMAKE_MATCH_3 GREATER 0.9 AND CMAKE_MATCH_4 LESS 0.1)
    set(learned TRUE)
  endif()
endif()
if(NOT learned)
  message(FATAL_ERROR "README.md's example did not learn exclusive or:\n${output}")
endif()
message(STATUS "README.md's example printed:\n${output}")
run(${WORK}/moved/bin/lockstep --version)
