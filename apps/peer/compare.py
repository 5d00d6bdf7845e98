# SPDX-License-Identifier: MIT
"""Lockstep and PyTorch in turn on one machine; started by apps/compare-with-pytorch, which explains it."""
import argparse
import csv
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
NETS = ["784-128-10", "784-512-512-10", "784-2048-2048-10"]
BATCHES = [32, 128, 1024]
RANKS = 2


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def cores():
    return len(os.sched_getaffinity(0))


def machine():
    model = platform.processor() or platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        models = [line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")]
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"processor": models[0] if models else model, "cores": cores(), "memory_gib": round(gibibytes, 1)}


def mpirun(ranks):
    return ["mpirun", "-n", str(ranks), "--bind-to", "none", "--oversubscribe"]


class Peer:
    """PyTorch, waiting to be asked."""

    def __init__(self, ranks):
        self.process = subprocess.Popen([sys.executable, HERE / "step_peer.py", "--ranks", str(ranks)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.about = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("error: PyTorch ended early; its own message is above")
        return json.loads(line)

    def rate(self, net, batch, seconds):
        self.process.stdin.write(f"{net} {batch} {seconds}\n")
        self.process.stdin.flush()
        rate = self.answer()["samples_per_second"]
        time.sleep(0.1)  # until its threads sleep
        return rate

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def our_case(wanted, net, batch, ranks):
    command = [wanted.lockstep, "bench", "step", "--net", net, "--batch", str(batch), "--seconds", str(wanted.seconds),
               "--precision", wanted.precision, "--json"]
    if ranks > 1:
        command = [*mpirun(ranks), *command, "--threads", str(max(1, cores() // ranks))]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    return result["cases"][0]


def pytorch_version():
    command = [sys.executable, "-c", "import torch; print(torch.__version__)"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def median(rounds, figure):
    return statistics.median(figure(one) for one in rounds)


def ratio_of(rounds, ours, theirs):
    ratios = [one[ours] / one[theirs] for one in rounds]
    return {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}


def compare_steps(wanted):
    peers = {"pytorch": Peer(1), "ddp": Peer(RANKS)}
    about = peers["pytorch"].about
    if about["reference_blas"]:
        sys.exit(f"error: PyTorch computes with the reference BLAS ({about['reference_blas']}), some thirty times slower "
                 "than it could; install libopenblas0-pthread")
    cases = []
    for net in wanted.nets:
        for batch in wanted.batches:
            rounds = []
            for number in range(wanted.rounds):
                progress(f"{net} at batch {batch}, round {number + 1} of {wanted.rounds} ...")
                case = our_case(wanted, net, batch, 1)
                one = {"ours": case["samples_per_second"], "of_peak": case["of_peak"],
                       "pytorch": peers["pytorch"].rate(net, batch, wanted.seconds),
                       "ours_2": our_case(wanted, net, batch, RANKS)["samples_per_second"],
                       "ddp": peers["ddp"].rate(net, batch, wanted.seconds)}
                one["best_peer"] = max(one["pytorch"], one["ddp"])
                rounds.append(one)
            case = {"net": net, "batch": batch, "rounds": wanted.rounds}
            for name in rounds[0]:
                case[name] = median(rounds, lambda one: one[name])
            case["ratio"] = ratio_of(rounds, "ours", "best_peer")
            case["ratio_2"] = ratio_of(rounds, "ours_2", "ddp")
            cases.append(case)
    for peer in peers.values():
        peer.close()
    return about["version"], cases


def timed(command):
    start = time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return time.perf_counter() - start, json.loads(output)


def compare_runs(wanted):
    """Whole processes, start to exit; importing the data beforehand is neither's."""
    runs = []
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        progress("importing Fashion-MNIST ...")
        for part, prefix in (("train", "train"), ("test", "t10k")):
            subprocess.run([wanted.lockstep, "data", "import", wanted.fashion / f"{prefix}-images-idx3-ubyte.gz",
                            wanted.fashion / f"{prefix}-labels-idx1-ubyte.gz", place / f"{part}.h5"],
                           check=True, stdout=subprocess.DEVNULL)
        subprocess.run([sys.executable, HERE / "fashion_peer.py", "--import", wanted.fashion, place / "data.pt"], check=True)
        for seed in range(1, wanted.seeds + 1):
            progress(f"Fashion-MNIST, seed {seed} of {wanted.seeds}, {wanted.epochs} epochs each ...")
            settings = ["--hidden", "512,512", "--dropout", "0.2", "--optimizer", "adam", "--learning-rate", "1e-3",
                        "--batch-size", "128", "--epochs", str(wanted.epochs), "--seed", str(seed),
                        "--precision", wanted.precision, "--json"]
            ours, summary = timed([wanted.lockstep, "train", "--train", place / "train.h5", "--test", place / "test.h5",
                                   "--run", place / f"run-{seed}", *settings])
            theirs, result = timed([sys.executable, HERE / "fashion_peer.py", "--data", place / "data.pt", "--epochs",
                                    str(wanted.epochs), "--seed", str(seed)])
            runs.append({"seed": seed, "ours": ours, "pytorch": theirs, "ours_accuracy": summary["test_accuracy"],
                         "pytorch_accuracy": result["test_accuracy"]})
    spread = lambda name: {"mean": statistics.mean(run[name] for run in runs),
                           "deviation": statistics.stdev(run[name] for run in runs) if len(runs) > 1 else 0.0}
    return {"epochs": wanted.epochs, "runs": runs, "ours_seconds": median(runs, lambda run: run["ours"]),
            "pytorch_seconds": median(runs, lambda run: run["pytorch"]), "ratio": ratio_of(runs, "pytorch", "ours"),
            "ours_accuracy": spread("ours_accuracy"), "pytorch_accuracy": spread("pytorch_accuracy")}


def ratio_text(ratio):
    return f"{ratio['median']:.2f} ({ratio['least']:.2f} to {ratio['most']:.2f})"


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def print_steps(cases):
    print(f"\nTraining steps, samples/s (SGD with momentum); ratios: median (least to most) of {cases[0]['rounds']} rounds\n")
    print(row(["net", "batch", "Lockstep", "of peak", "PyTorch", f"Lockstep, {RANKS} ranks", f"DDP, {RANKS} processes",
               "Lockstep / best of PyTorch", f"{RANKS} ranks / DDP"]))
    print("|---" * 9 + "|")
    for case in cases:
        rates = {name: f"{case[name]:,.0f}" for name in ("ours", "pytorch", "ours_2", "ddp")}
        print(row([case["net"], case["batch"], rates["ours"], f"{100 * case['of_peak']:.0f} %", rates["pytorch"],
                   rates["ours_2"], rates["ddp"], ratio_text(case["ratio"]), ratio_text(case["ratio_2"])]))


def print_runs(fashion):
    seeds = "seed 1" if len(fashion["runs"]) == 1 else f"seeds 1 to {len(fashion['runs'])}"
    print(f"\nFashion-MNIST, 784-512-512-10, dropout 0.2, Adam, batch 128, {fashion['epochs']} epochs, "
          f"{seeds}: the whole process\n")
    print(row(["", "seconds", "test accuracy"]))
    print("|---" * 3 + "|")
    for name, title in (("ours", "Lockstep"), ("pytorch", "PyTorch")):
        accuracy = fashion[name + "_accuracy"]
        print(row([title, f"{fashion[name + '_seconds']:.1f}", f"{accuracy['mean']:.4f} ± {accuracy['deviation']:.4f}"]))
    print(f"\nLockstep is {ratio_text(fashion['ratio'])} times as fast.")


def flat(case):
    cells = {}
    for name, value in case.items():
        if isinstance(value, dict):
            cells.update({f"{name}_{part}": number for part, number in value.items()})
        else:
            cells[name] = value
    return cells


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lockstep", type=pathlib.Path, required=True)
    parser.add_argument("--nets", type=lambda text: text.split(","), default=NETS)
    parser.add_argument("--batches", type=lambda text: [int(batch) for batch in text.split(",")], default=BATCHES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--fashion", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--form", choices=["table", "json", "csv"], default="table")
    parser.add_argument("--skip-steps", action="store_true")
    wanted = parser.parse_args()
    version, cases = (pytorch_version(), []) if wanted.skip_steps else compare_steps(wanted)
    fashion = compare_runs(wanted) if wanted.fashion else None
    progress("")
    if wanted.form == "json":
        print(json.dumps({"machine": machine(), "pytorch": version, "precision": wanted.precision, "cases": cases, "fashion_mnist": fashion}, indent=1))
    elif wanted.form == "csv":
        writer = csv.DictWriter(sys.stdout, fieldnames=list(flat(cases[0])))
        writer.writeheader()
        writer.writerows(flat(case) for case in cases)
    else:
        about = machine()
        print(f"{about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB; Lockstep's products in {wanted.precision}; "
              f"PyTorch {version}, float32")
        if cases:
            print_steps(cases)
        if fashion:
            print_runs(fashion)


if __name__ == "__main__":
    main()
