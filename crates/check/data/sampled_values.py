"""Writes `sampled_values.json.gz`: elementary functions at numbers of all sizes, rounded from 80-digit arithmetic.

    pip install mpmath && python3 crates/check/data/sampled_values.py

The format is that of `true_values.json.gz`: for each function a column of inputs and one of values.
"""

import gzip
import json
import pathlib
import random

from mpmath import mp, mpf

mp.dps = 80
N_POINTS = 500


def erfcx(x):
    # Where x is large, exp(x²) and erfc(x) are far apart, but the exponents of mpmath have no bounds.
    return mp.exp(x * x) * mp.erfc(x)


def log1p_exp(x):
    return mp.log1p(mp.exp(x))


# Function, binary exponents of the inputs' sizes, and the domain.
FUNCTIONS = {
    "exp": (mp.exp, -60, 10, -745.0, 709.7),
    "exp2": (lambda x: mpf(2) ** x, -60, 10, -1074.0, 1023.9),
    "expm1": (mp.expm1, -60, 10, -745.0, 709.7),
    "log": (mp.log, -1022, 1023, 0.0, None),
    "log1p": (mp.log1p, -60, 1023, -1.0, None),
    "log2": (lambda x: mp.log(x) / mp.log(2), -1022, 1023, 0.0, None),
    "log10": (lambda x: mp.log(x) / mp.log(10), -1022, 1023, 0.0, None),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), -1022, 1023, None, None),
    "sin": (mp.sin, -60, 60, None, None),
    "cos": (mp.cos, -60, 60, None, None),
    "tan": (mp.tan, -60, 60, None, None),
    "asin": (mp.asin, -60, 0, -1.0, 1.0),
    "acos": (mp.acos, -60, 0, -1.0, 1.0),
    "atan": (mp.atan, -60, 100, None, None),
    "sinh": (mp.sinh, -60, 10, -710.0, 710.0),
    "cosh": (mp.cosh, -60, 10, -710.0, 710.0),
    "tanh": (mp.tanh, -60, 10, None, None),
    "asinh": (mp.asinh, -60, 1000, None, None),
    "acosh": (mp.acosh, 0, 1000, 1.0, None),
    "atanh": (mp.atanh, -60, 0, -1.0, 1.0),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), -60, 10, -708.0, None),
    "softplus": (log1p_exp, -60, 10, -708.0, None),
    "log_sigmoid": (lambda x: -log1p_exp(-x), -60, 10, None, 708.0),
    "erf": (mp.erf, -60, 4, None, None),
    "erfc": (mp.erfc, -60, 5, None, 26.5),
    "erfcx": (erfcx, -60, 20, -26.0, None),
}


def sample(rng, low_exponent, high_exponent, low, high):
    while True:
        x = rng.uniform(1.0, 2.0) * 2.0 ** rng.uniform(low_exponent, high_exponent)
        x = x if rng.random() < 0.5 else -x
        if (low is None or x > low) and (high is None or x < high):
            return x


def main():
    columns = {}
    for name, (function, *domain) in FUNCTIONS.items():
        rng = random.Random(name)
        inputs = sorted(sample(rng, *domain) for _ in range(N_POINTS))
        columns[name] = [inputs, [float(function(mpf(x))) for x in inputs]]
    text = json.dumps({"format": "sampled-values-1", "unary": columns, "binary": {}})
    path = pathlib.Path(__file__).with_name("sampled_values.json.gz")
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(text.encode())


main()
