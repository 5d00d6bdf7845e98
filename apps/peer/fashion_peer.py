# SPDX-License-Identifier: MIT
"""A whole training run in PyTorch: 784-512-512-10, dropout 0.2, Adam at 1e-3, batch 128, on Fashion-MNIST.

    fashion_peer.py --import DIRECTORY DATA.pt     the four IDX files as tensors, once
    fashion_peer.py --data DATA.pt --epochs 10 --seed 1

Prints {"test_accuracy": ..., "train_seconds": ...}.
"""
import argparse
import gzip
import json
import pathlib
import time

from pytorch_best import cores, restart_at_its_best, torch_at_its_best

FILES = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


def import_idx(directory, destination):
    import torch
    tensors = []
    for name in FILES:
        data = gzip.decompress((directory / name).read_bytes())
        sizes = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
        tensors.append(torch.frombuffer(bytearray(data[4 + 4 * len(sizes):]), dtype=torch.uint8).reshape(sizes))
    torch.save(tensors, destination)


def train(path, epochs, seed):
    torch = torch_at_its_best(cores())
    from torch import nn
    torch.manual_seed(seed)
    images, labels, test_images, test_labels = torch.load(path)
    scaled = lambda bytes_: bytes_.reshape(len(bytes_), -1).float().div_(255)
    images, labels, test_images = scaled(images), labels.long(), scaled(test_images)
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 512), nn.ReLU(),
                          nn.Dropout(0.2), nn.Linear(512, 10))
    optimizer, loss = torch.optim.Adam(model.parameters(), lr=1e-3, foreach=True), nn.CrossEntropyLoss()
    start = time.perf_counter()
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).split(128):
            optimizer.zero_grad(set_to_none=True)
            loss(model(images[rows]), labels[rows]).backward()
            optimizer.step()
    seconds = time.perf_counter() - start
    model.eval()
    with torch.no_grad():
        right = (model(test_images).argmax(1) == test_labels).float().mean().item()
    print(json.dumps({"test_accuracy": right, "train_seconds": seconds}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--import", dest="source", nargs=2, type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    restart_at_its_best(cores())
    if wanted.source:
        import_idx(*wanted.source)
    else:
        train(wanted.data, wanted.epochs, wanted.seed)


if __name__ == "__main__":
    main()
