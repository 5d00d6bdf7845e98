# SPDX-License-Identifier: MIT
# Language, instruction set, warnings and sanitizers: what every target of ours is compiled with.
include(GNUInstallDirs)
include(CTest)

set(LOCKSTEP_ARCH native CACHE STRING "Instruction set of our own code, as in -march= (native, x86-64-v3, ...)")
option(LOCKSTEP_DOUBLE "Compute in double precision (for gradient checks)" OFF)
set(LOCKSTEP_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize= (address,undefined)")
option(LOCKSTEP_WERROR "Warnings are errors" ${PROJECT_IS_TOP_LEVEL})

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

# Our libraries are shared (cmake/README.md says why). They call their own copies of Eigen's templates, never those of a
# program that was compiled for another instruction set: that would change the bits.
include(CheckLinkerFlag)
check_linker_flag(CXX -Wl,-Bsymbolic-functions LOCKSTEP_HAS_BSYMBOLIC_FUNCTIONS)
if(LOCKSTEP_HAS_BSYMBOLIC_FUNCTIONS)
  string(APPEND CMAKE_SHARED_LINKER_FLAGS " -Wl,-Bsymbolic-functions")
endif()

# Numbers that users of our headers must share with us: the Scalar type, Eigen's threading and alignment.
add_library(lockstep_numerics INTERFACE)
target_compile_features(lockstep_numerics INTERFACE cxx_std_20)
target_compile_definitions(lockstep_numerics INTERFACE EIGEN_DONT_PARALLELIZE EIGEN_MAX_ALIGN_BYTES=64
  $<$<BOOL:${LOCKSTEP_DOUBLE}>:LOCKSTEP_DOUBLE>)
add_library(lockstep::numerics ALIAS lockstep_numerics)

# -ffp-contract=off: a multiplication and an addition are never fused behind our back, so that vector loops and
# their scalar remainders give the same bits. -fno-math-errno, -fno-trapping-math: let loops with sqrt vectorise.
add_library(lockstep_build_flags INTERFACE)
target_compile_options(lockstep_build_flags INTERFACE
  -march=${LOCKSTEP_ARCH} -fno-semantic-interposition -ffp-contract=off -fno-math-errno -fno-trapping-math
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wcast-qual -Wno-missing-field-initializers
  $<$<BOOL:${LOCKSTEP_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(lockstep_build_flags INTERFACE -mprefer-vector-width=512)
  # GCC 12 takes the undefined registers of its own AVX-512 intrinsics (GCC bug 105593) and a character before a string
  # (105651) for our mistakes.
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(lockstep_build_flags INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized
      -Wno-restrict)
  endif()
endif()
if(LOCKSTEP_SANITIZE)
  target_compile_options(lockstep_build_flags INTERFACE -fsanitize=${LOCKSTEP_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(lockstep_build_flags INTERFACE -fsanitize=${LOCKSTEP_SANITIZE})
endif()
# Where assertions are on, so are those of the standard library: bounds, iterators, arguments.
if(LOCKSTEP_SANITIZE)
  target_compile_definitions(lockstep_build_flags INTERFACE _GLIBCXX_ASSERTIONS)
else()
  target_compile_definitions(lockstep_build_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
endif()
add_library(lockstep::build_flags ALIAS lockstep_build_flags)
