# SPDX-License-Identifier: MIT
# Every library we stand on. apps/quickstart and tests/run install the system packages.
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(TBB REQUIRED)
find_package(MPI REQUIRED COMPONENTS CXX)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(TOMLPP REQUIRED IMPORTED_TARGET tomlplusplus)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)

# oneDNN, optional. Debian's package config asks for OpenCL, which we do not use, so the library is found by itself.
# Its kernels may start OpenMP threads; OpenMP's run time is linked to keep them at one inside our workers.
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.h)
find_library(DNNL_LIBRARY dnnl)
find_package(OpenMP QUIET COMPONENTS CXX)
if(DNNL_INCLUDE_DIR AND DNNL_LIBRARY AND OpenMP_CXX_FOUND AND NOT LOCKSTEP_DOUBLE)
  add_library(lockstep_dnnl INTERFACE)
  target_include_directories(lockstep_dnnl SYSTEM INTERFACE ${DNNL_INCLUDE_DIR})
  target_link_libraries(lockstep_dnnl INTERFACE ${DNNL_LIBRARY} OpenMP::OpenMP_CXX)
endif()
