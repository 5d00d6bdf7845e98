#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the polynomial of core/activation_kernels.hpp (normal_tail) and its error.

The upper tail of the normal distribution is Phi(-x) = exp(-x^2 / 2) t P(t) with t = 1 / (1 + c x): the factor that remains
after the exponential is smooth in t. P interpolates it in the Chebyshev nodes of t on 0 <= x <= 14, where Phi(-x) leaves
the range of a float. c is the one that makes the error least at degree 8.
"""
import math
from fractions import Fraction

SLOPE = 0.27
DEGREE = 8
LARGEST = 14.0


def scaled_tail(x):
    """Phi(-x) exp(x^2 / 2): by erfc where it does not underflow, by its continued fraction beyond."""
    z = x / math.sqrt(2)
    if z < 5:
        return 0.5 * math.exp(z * z) * math.erfc(z)
    fraction = 0.0
    for k in range(60, 0, -1):
        fraction = (k / 2) / (z + fraction)
    return 0.5 / math.sqrt(math.pi) / (z + fraction)


def chebyshev_coefficients(first, last, count):
    nodes = [math.cos(math.pi * (k + 0.5) / count) for k in range(count)]
    points = [(node * (last - first) + last + first) / 2 for node in nodes]
    values = [scaled_tail((1 / t - 1) / SLOPE) / t for t in points]
    coefficients = [
        2 / count * sum(values[k] * math.cos(math.pi * j * (k + 0.5) / count) for k in range(count))
        for j in range(count)
    ]
    coefficients[0] /= 2
    return coefficients


def in_powers_of_t(coefficients, first, last):
    """The same polynomial in powers of t, by exact arithmetic."""
    scale = Fraction(2) / (Fraction(last) - Fraction(first))
    shift = -(Fraction(last) + Fraction(first)) / (Fraction(last) - Fraction(first))
    powers = [Fraction(0)] * len(coefficients)
    before, current = [Fraction(1)], [shift, scale]
    for index, coefficient in enumerate(coefficients):
        polynomial = before if index == 0 else current
        if index > 1:
            following = [Fraction(0)] * (len(current) + 1)
            for power, value in enumerate(current):
                following[power] += 2 * shift * value
                following[power + 1] += 2 * scale * value
            for power, value in enumerate(before):
                following[power] -= value
            before, current = current, following
            polynomial = current
        for power, value in enumerate(polynomial):
            powers[power] += Fraction(coefficient) * value
    return [float(value) for value in powers]


def relative_error(polynomial):
    worst = 0.0
    for k in range(20001):
        x = LARGEST * k / 20000
        t = 1 / (1 + SLOPE * x)
        value = 0.0
        for coefficient in reversed(polynomial):
            value = value * t + coefficient
        worst = max(worst, abs(t * value / scaled_tail(x) - 1))
    return worst


def main():
    first = 1 / (1 + SLOPE * LARGEST)
    polynomial = in_powers_of_t(chebyshev_coefficients(first, 1.0, DEGREE + 1), first, 1.0)
    print("highest power first:", ", ".join(f"{value:.10g}F" for value in reversed(polynomial)))
    print(f"largest relative error: {relative_error(polynomial):.2g}")


if __name__ == "__main__":
    main()
