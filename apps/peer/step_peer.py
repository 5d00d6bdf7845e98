# SPDX-License-Identifier: MIT
"""Training steps in PyTorch, measured when asked: SGD with momentum 0.9, ReLU, softmax cross-entropy, as `lockstep bench step`.

Reads a request a line, "784-512-10 128 0.5" (network, batch over all processes, seconds), and answers {"samples_per_second": ...}.
With --ranks N, N processes share the batch by DistributedDataParallel over Gloo. In between it sleeps.
"""
import argparse
import json
import os
import sys
import time

from pytorch_best import cores, reference_blas, restart_at_its_best, torch_at_its_best


class Case:
    """A network, its data and its optimizer."""

    def __init__(self, sizes, batch, ranks):
        import torch
        torch.manual_seed(0)
        layers = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
        network = torch.nn.Sequential(*layers[:-1])
        self.model = torch.nn.parallel.DistributedDataParallel(network) if ranks > 1 else network
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, foreach=True)
        self.loss = torch.nn.CrossEntropyLoss()
        self.share = batch // ranks
        samples = max(8192, self.share)
        self.inputs, self.classes = torch.rand(samples, sizes[0]), torch.randint(0, sizes[-1], (samples,))
        self.starts = samples - self.share + 1
        self.steps = 0

    def step(self):
        # Neighbouring rows without a copy: the peer need not gather.
        first = self.steps * self.share % self.starts
        rows = slice(first, first + self.share)
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.model(self.inputs[rows]), self.classes[rows]).backward()
        self.optimizer.step()
        self.steps += 1

    def seconds(self, steps, barrier):
        barrier()
        start = time.perf_counter()
        for _ in range(steps):
            self.step()
        barrier()
        return time.perf_counter() - start


def serve(rank, ranks, threads, requests):
    torch = torch_at_its_best(threads)
    import torch.distributed as distributed
    barrier = lambda: None
    if ranks > 1:
        distributed.init_process_group("gloo", rank=rank, world_size=ranks)
        barrier = distributed.barrier
    cases = {}

    def of_first(value):
        box = [value]
        if ranks > 1:
            distributed.broadcast_object_list(box)
        return box[0]

    def say(answer):
        if rank == 0:
            print(json.dumps(answer), flush=True)

    say({"version": torch.__version__, "reference_blas": reference_blas(), "ranks": ranks, "threads": threads})
    while request := of_first(requests.readline().split() if rank == 0 else None):
        network, batch, seconds = request[0], int(request[1]), float(request[2])
        if (network, batch) not in cases:
            cases[network, batch] = Case([int(size) for size in network.split("-")], batch, ranks)
            cases[network, batch].seconds(3, barrier)
        case = cases[network, batch]
        trial = case.seconds(3, barrier) / 3
        steps = of_first(max(3, round(seconds / trial)))
        say({"samples_per_second": steps * case.share * ranks / case.seconds(steps, barrier)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, default=1)
    ranks = parser.parse_args().ranks
    threads = max(1, cores() // ranks)
    restart_at_its_best(threads)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(20000 + os.getpid() % 20000), GLOO_SOCKET_IFNAME="lo")
    children = []
    for rank in range(1, ranks):
        child = os.fork()
        if child == 0:
            serve(rank, ranks, threads, None)
            os._exit(0)
        children.append(child)
    serve(0, ranks, threads, sys.stdin)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
