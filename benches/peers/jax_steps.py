"""The workloads W1 … W7 in JAX, for the table of docs/performance.md: pip install jax; taskset -c 0 python jax_steps.py"""

import os
import statistics
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
import numpy as np

RNG = np.random.default_rng(1)


def normal(*shape):
    return jnp.array(RNG.normal(size=shape), jnp.float32)


def logits(params, x, activation):
    for w, b in params[:-1]:
        x = activation(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def cross_entropy(z, t):
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, t[:, None], 1)[:, 0])


def mean_square(z, t):
    return jnp.mean((z[:, 0] - t) ** 2)


def microseconds(call):
    """The median of calls for two seconds, after 20 to warm up."""
    times, end = [], None
    while end is None or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(1e6 * (time.perf_counter() - start))
        if len(times) == 20 and end is None:
            times, end = [], time.perf_counter() + 2
    return statistics.median(times)


def training_step(widths, n, loss, activation, rate):
    params = [(normal(a, b) / np.sqrt(a), jnp.zeros(b)) for a, b in zip(widths, widths[1:])]
    x, t = normal(n, widths[0]), normal(n) if loss is mean_square else jnp.array(RNG.integers(0, 10, n))

    @jax.jit
    def step(params):
        value, gradient = jax.value_and_grad(lambda p: loss(logits(p, x, activation), t))(params)
        return value, jax.tree.map(lambda p, d: p - rate * d, params, gradient)

    def call():
        nonlocal params
        value, params = jax.block_until_ready(step(params))

    return microseconds(call)


def chain():
    x = normal(1_000_000)

    @jax.jit
    def value_and_gradient(x):
        def total(x):
            a = x
            for _ in range(4):
                a = jnp.exp(jax.nn.sigmoid(jnp.tanh(a * x + 0.1)))
            return a.sum()

        return jax.value_and_grad(total)(x)

    return microseconds(lambda: jax.block_until_ready(value_and_gradient(x)))


def gelu(x):
    return jax.nn.gelu(x, approximate=True)


print("jax", jax.__version__)
print("W1", training_step([32, 1], 1024, mean_square, None, 0.01))
print("W2", training_step([784, 10], 256, cross_entropy, None, 1e-3))
print("W3", training_step([784, 128, 10], 32, cross_entropy, jax.nn.relu, 0.01))
print("W4", training_step([784, 512, 512, 10], 128, cross_entropy, jax.nn.relu, 0.01))
print("W5", training_step([2, 8, 1], 4, mean_square, jnp.tanh, 0.01))
print("W6", chain())
print("W7", training_step([1024, 2048, 2048, 10], 256, cross_entropy, gelu, 1e-3))
