#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Computes the golden numbers of the test suite with PyTorch, in double precision.

    /usr/bin/python3 tests/golden/make_golden.py        (Debian: apt-get install python3-torch python3-numpy)

Writes activations.json, losses.json, optimizers.json and networks.json beside itself. The files are committed; the suite
only reads them. Inputs are multiples of 1/64, so that float and double tests start from the same numbers. Arrays of
samples are stored one sample after the other, and weights as PyTorch's (out, in) in C order: the library's own layouts.

Ten steps of float arithmetic may drift far from double ones, by an amount that depends on the network. So training cases
are also run in float32, and `float32_deviation` records how far PyTorch itself drifts.
"""

import json
import math
import pathlib

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
RANDOM = np.random.default_rng(20240817)
STEPS = 10


def grid(*shape, scale=1.0):
    """Normal numbers, rounded to multiples of 1/64."""
    return np.round(RANDOM.standard_normal(shape) * scale * 64) / 64 + 0.0  # no -0


def numbers(values):
    """A flat list, to 16 digits: what a double holds, without the noise of its last bit."""
    flat = np.asarray(values.detach() if torch.is_tensor(values) else values, dtype=np.float64).ravel()
    return [float(f"{value:.16g}") for value in flat]


def write(name, content):
    """One line for each entry of the two outer levels, so that a difference can be read."""

    def compact(value):
        return json.dumps(value, separators=(",", ":"))

    def block(value, indent):
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
        lines = [" " * indent + (f"{compact(key)}:" if key is not None else "") + compact(item) for key, item in items]
        return opening + "\n" + ",\n".join(lines) + "\n" + closing

    parts = [
        f"{compact(key)}:" + (block(value, 1) if isinstance(value, dict) or value and isinstance(value[0], dict)
                              else compact(value))
        for key, value in content.items()
    ]
    (HERE / name).write_text("{\n" + ",\n".join(parts) + "\n}\n")


# Activations ----------------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "step": lambda z: torch.heaviside(z, torch.ones_like(z)),
    "sign": torch.sign,
    "linear": lambda z: z * 1,
    "piecewise-linear": lambda z: torch.clamp(z + 0.5, 0, 1),
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky-relu": lambda z: torch.nn.functional.leaky_relu(z, 0.01),
    "elu": torch.nn.functional.elu,
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
    "softmax": lambda z: torch.softmax(z, dim=1),
}
TRAINABLE = [name for name in ACTIVATIONS if name not in ("step", "sign", "softmax")]


def activation_cases():
    small = np.concatenate([np.arange(-24, 25) / 8, grid(36, scale=3).ravel()])
    large = np.array([-1000, -100, -40, -20, -12.5, -8, 8, 12.5, 20, 40, 100, 1000])
    small = small[np.abs(small) != 0.5]  # the corners of piecewise-linear, where any slope from 0 to 1 is right
    z = torch.tensor(np.concatenate([small, large]), requires_grad=True)
    functions = {}
    for name in ["step", "sign", *TRAINABLE]:
        value = ACTIVATIONS[name](z)
        functions[name] = {"value": numbers(value)}
        if name in TRAINABLE:
            (slope,) = torch.autograd.grad(value.sum(), z)
            functions[name]["slope"] = numbers(slope)
    columns = torch.tensor(np.concatenate([grid(9, 5, scale=3), [[1000, 999, 0, -1000, 998]]]))
    return {
        "z": numbers(z),
        "functions": functions,
        "softmax": {"rows": [5], "z": numbers(columns), "value": numbers(torch.softmax(columns, dim=1))},
    }


# Losses ---------------------------------------------------------------------------------------------------------------

FUNCTIONAL = torch.nn.functional


def sample_losses(name, z, output, labels, values):
    """The loss of each sample, from the pre-activations z (samples x outputs) of the output layer."""
    if name == "cross-entropy":
        return FUNCTIONAL.cross_entropy(z, labels, reduction="none")
    if values is None:
        single = z.shape[1] == 1
        values = labels[:, None].to(z.dtype) if single else FUNCTIONAL.one_hot(labels, z.shape[1]).to(z.dtype)
    if name == "binary-cross-entropy":
        return FUNCTIONAL.binary_cross_entropy_with_logits(z, values, reduction="none").sum(dim=1)
    function = {
        "mean-squared-error": FUNCTIONAL.mse_loss,
        "mean-absolute-error": FUNCTIONAL.l1_loss,
        "huber": FUNCTIONAL.huber_loss,
    }[name]
    return function(ACTIVATIONS[output](z), values, reduction="none").mean(dim=1)


def loss_case(name, output, outputs, samples, labels=None, values=None):
    z = torch.tensor(grid(samples, outputs, scale=2), requires_grad=True)
    label_tensor = None if labels is None else torch.tensor(labels)
    value_tensor = None if values is None else torch.tensor(values)
    total = sample_losses(name, z, output, label_tensor, value_tensor).sum()
    (delta,) = torch.autograd.grad(total, z)
    return {
        "loss": name,
        "output": output,
        "outputs": outputs,
        "samples": samples,
        "z": numbers(z),
        "labels": [] if labels is None else [int(label) for label in labels],
        "values": [] if values is None else numbers(values),
        "sum": float(total),
        "delta": numbers(delta),
    }


def loss_cases():
    labels = lambda classes, samples: RANDOM.integers(0, classes, samples)
    cases = [
        loss_case("cross-entropy", "softmax", 5, 11, labels=labels(5, 11)),
        loss_case("cross-entropy", "softmax", 2, 7, labels=labels(2, 7)),
        loss_case("binary-cross-entropy", "logistic", 1, 13, labels=labels(2, 13)),
        loss_case("binary-cross-entropy", "logistic", 3, 7, labels=labels(3, 7)),
        loss_case("binary-cross-entropy", "logistic", 3, 7, values=RANDOM.integers(0, 65, (7, 3)) / 64),
        loss_case("mean-squared-error", "logistic", 5, 7, labels=labels(5, 7)),
        loss_case("mean-squared-error", "tanh", 1, 7, labels=labels(2, 7)),
    ]
    for name in ("mean-squared-error", "mean-absolute-error", "huber"):
        cases.append(loss_case(name, "linear", 3, 11, values=grid(11, 3, scale=2)))
        cases.append(loss_case(name, "tanh", 2, 7, values=grid(7, 2, scale=2)))
        cases.append(loss_case(name, "linear", 1, 17, values=grid(17, 1, scale=2)))
    return {"cases": cases}


# Optimizers -----------------------------------------------------------------------------------------------------------

SETTINGS = {
    "sgd": {"learning-rate": 0.25},
    "momentum": {"learning-rate": 0.125, "momentum": 0.9},
    "nesterov": {"learning-rate": 0.125, "momentum": 0.9},
    "rmsprop": {"learning-rate": 0.01, "decay-rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning-rate": 0.02, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "adamw": {"learning-rate": 0.02, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3, "weight-decay": 0.05},
}


def torch_optimizer(name, settings, groups):
    """`groups` are PyTorch's: dictionaries of params and weight_decay (its L2 term; for AdamW the decoupled decay)."""
    rate = settings["learning-rate"]
    if name == "sgd":
        return torch.optim.SGD(groups, lr=rate)
    if name in ("momentum", "nesterov"):
        return torch.optim.SGD(groups, lr=rate, momentum=settings["momentum"], nesterov=name == "nesterov")
    if name == "rmsprop":
        return torch.optim.RMSprop(groups, lr=rate, alpha=settings["decay-rate"], eps=settings["epsilon"])
    kind = torch.optim.AdamW if name == "adamw" else torch.optim.Adam
    return kind(groups, lr=rate, betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"])


def clipped(gradients, limit):
    """By global norm. (torch.nn.utils.clip_grad_norm_ divides by norm + 1e-6, which would limit the comparison.)"""
    norm = torch.linalg.vector_norm(torch.cat([gradient.ravel() for gradient in gradients]))
    return gradients if limit == 0 or norm <= limit else [gradient * (limit / norm) for gradient in gradients]


def limit_norms(weight, limit):
    """Max-norm of each unit's row. (torch.renorm divides by norm + 1e-7.)"""
    if limit > 0:
        with torch.no_grad():
            weight *= torch.clamp(limit / torch.linalg.vector_norm(weight, dim=1, keepdim=True), max=1)


class Stepper:
    """Steps of one optimizer over penalised weights and free biases, with what PyTorch leaves to its user: clipping, L1,
    and decoupled decay outside AdamW."""

    def __init__(self, name, settings, weights, biases=()):
        self.settings = settings
        self.weights = list(weights)
        self.parameters = [*self.weights, *biases]
        self.built_in_decay = name == "adamw"
        penalty = settings.get("weight-decay" if self.built_in_decay else "l2", 0.0)
        groups = [{"params": self.weights, "weight_decay": penalty}]
        if biases:
            groups.append({"params": list(biases), "weight_decay": 0.0})
        self.optimizer = torch_optimizer(name, settings, groups)

    def step(self, gradients):
        gradients = clipped(gradients, self.settings.get("clip-norm", 0.0))
        for parameter, gradient in zip(self.parameters, gradients):
            parameter.grad = gradient.clone()
        with torch.no_grad():
            for weight in self.weights:
                weight.grad += self.settings.get("l1", 0.0) * torch.sign(weight)
                if not self.built_in_decay:
                    weight *= 1 - self.settings["learning-rate"] * self.settings.get("weight-decay", 0.0)
        self.optimizer.step()


def optimizer_cases():
    size, samples = 11, 4
    initial = grid(size)
    initial[3] = 0
    gradient_sums = grid(STEPS, size, scale=3)
    gradient_sums[:, 7] = 0  # a weight that no gradient reaches
    cases = []
    for name, settings in SETTINGS.items():
        for extra in ({}, {"l2": 0.125}, {"l1": 0.0625}, {"weight-decay": 0.25}, {"clip-norm": 1.5}):
            if name == "adamw" and "l2" in extra:
                continue  # PyTorch has no such optimizer
            if name != "adamw" and "weight-decay" in extra and name != "sgd":
                continue  # one is enough: the decay precedes the rule
            chosen = {**settings, **extra}
            weight = torch.tensor(initial)
            stepper = Stepper(name, chosen, [weight])
            after = []
            for gradient_sum in gradient_sums:
                stepper.step([torch.tensor(gradient_sum) / samples])
                after.append(numbers(weight))
            cases.append({"optimizer": name, "settings": chosen, "weights": after})
    return {
        "samples": [samples],
        "initial": numbers(initial),
        "gradient_sums": [numbers(gradient_sum) for gradient_sum in gradient_sums],
        "cases": cases,
    }


# Whole networks -------------------------------------------------------------------------------------------------------

SAMPLES, FEATURES, HIDDEN, CLASSES, TARGETS = 37, 13, (7, 5), 3, 2


def network_data():
    return {
        "features": grid(SAMPLES, FEATURES),
        "labels": RANDOM.integers(0, CLASSES, SAMPLES),
        "values": grid(SAMPLES, TARGETS),
    }


def initial_weights(outputs):
    """[(weights (out, in), bias)] of each layer."""
    sizes = [FEATURES, *HIDDEN, outputs]
    return [
        (grid(units, fan_in, scale=math.sqrt(1.5 / fan_in)), grid(units, scale=0.75))
        for fan_in, units in zip(sizes, sizes[1:])
    ]


def train(case, data, initial, dtype):
    layers = [tuple(torch.tensor(array, dtype=dtype, requires_grad=True) for array in layer) for layer in initial]
    features = torch.tensor(data["features"], dtype=dtype)
    labels = torch.tensor(data["labels"]) if case["task"] == "classification" else None
    values = torch.tensor(data["values"], dtype=dtype) if case["task"] == "regression" else None
    weights, biases = [list(group) for group in zip(*layers)]
    settings = case["settings"]
    stepper = Stepper(case["optimizer"], settings, weights, biases)
    losses = []
    for _ in range(STEPS):
        activity = features
        for layer, (weight, bias) in enumerate(layers):
            z = FUNCTIONAL.linear(activity, weight, bias)
            activity = ACTIVATIONS[case["activation"]](z) if layer + 1 < len(layers) else z
        loss = sample_losses(case["loss"], activity, case["output"], labels, values).mean()
        losses.append(float(loss))
        stepper.step(torch.autograd.grad(loss, stepper.parameters))
        for weight in weights:
            limit_norms(weight, settings.get("max-norm", 0.0))
    return losses, [(weight, bias) for weight, bias in layers]


def flattened(layers):
    return np.concatenate([numbers(array) for layer in layers for array in layer])


def network_case(data, initial, activation="tanh", loss="cross-entropy", output="softmax", optimizer="sgd", **extra):
    task = "classification" if len(initial[-1][1]) == CLASSES else "regression"
    case = {
        "task": task,
        "activation": activation,
        "loss": loss,
        "output": output,
        "optimizer": optimizer,
        "settings": {**SETTINGS[optimizer], **{key.replace("_", "-"): value for key, value in extra.items()}},
    }
    losses, layers = train(case, data, initial, torch.float64)
    rough_losses, rough_layers = train(case, data, initial, torch.float32)
    case["losses"] = numbers(losses)
    case["final"] = [[numbers(array) for array in layer] for layer in layers]
    case["float32_deviation"] = {
        "losses": float(f"{np.abs(np.array(losses) - rough_losses).max():.2g}"),
        "weights": float(f"{np.abs(flattened(layers) - flattened(rough_layers)).max():.2g}"),
    }
    return case


def network_cases():
    data = network_data()
    classifier, regressor = initial_weights(CLASSES), initial_weights(TARGETS)
    cases = [network_case(data, classifier, activation=activation) for activation in TRAINABLE]
    cases += [
        network_case(data, classifier, loss="binary-cross-entropy", output="logistic"),
        network_case(data, classifier, loss="mean-squared-error", output="logistic"),
        network_case(data, regressor, loss="mean-squared-error", output="linear"),
        network_case(data, regressor, loss="mean-absolute-error", output="linear"),
        network_case(data, regressor, loss="huber", output="tanh"),
    ]
    cases += [network_case(data, classifier, optimizer=name) for name in SETTINGS if name != "sgd"]
    cases += [
        network_case(data, classifier, l1=0.0078125, l2=0.03125),
        network_case(data, classifier, weight_decay=0.125, optimizer="nesterov"),
        network_case(data, classifier, clip_norm=0.125, optimizer="momentum"),
        network_case(data, classifier, max_norm=0.5),
    ]
    return {
        "features": numbers(data["features"]),
        "labels": [int(label) for label in data["labels"]],
        "values": numbers(data["values"]),
        "hidden": list(HIDDEN),
        "initial": {
            task: [[numbers(array) for array in layer] for layer in layers]
            for task, layers in (("classification", classifier), ("regression", regressor))
        },
        "cases": cases,
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("activations.json", activation_cases())
    write("losses.json", loss_cases())
    write("optimizers.json", optimizer_cases())
    write("networks.json", network_cases())
