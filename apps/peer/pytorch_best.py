# SPDX-License-Identifier: MIT
"""PyTorch at its best on this machine: threads, and kernels that its BLAS would not choose by itself."""
import os
import re
import sys


def cores():
    return len(os.sched_getaffinity(0))


def restart_at_its_best(threads):
    """Starts this program again where the environment is not yet what is best: libraries read it once, as they start.

    OpenBLAS falls back to AVX2 on processors newer than itself; its AVX-512 kernels are up to twice as fast. Threads of
    OpenMP that spin while OpenBLAS's own compute take the cores from them, so they sleep.
    """
    wanted = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        if "avx512f" in cpuinfo.read():
            wanted["OPENBLAS_CORETYPE"] = "SkylakeX"
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **wanted})


def torch_at_its_best(threads):
    """PyTorch, imported. Numbers too small for the normal form count as zero, as in Lockstep: a tenth of a run with Adam."""
    import torch
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    return torch


def reference_blas():
    """The path of the reference BLAS, thirty times slower than OpenBLAS, if that is what this process has loaded."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        libraries = {line.split(maxsplit=5)[5].strip() for line in maps if len(line.split(maxsplit=5)) == 6}
    return next((path for path in sorted(libraries) if re.search(r"/blas/libblas\.so", path)), None)
