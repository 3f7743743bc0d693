"""Writes the sessions in this folder: messages with small inputs, and responses in 80-digit arithmetic (mpmath).

Functions are computed from the formulas of GradBench's `evals/*/README.md` as they stand, element by element, and their
derivatives by differences over 2e-20, so that nothing is shared with what is tested.

    pip install mpmath && python make.py
"""

import json
import random
from pathlib import Path

from mpmath import cos, exp, gamma, log, matrix, mp, mpf, pi, sin, sqrt

mp.dps = 80
STEP = mpf(10) ** -20
random.seed(1)


def numbers(*shape, low=-1.0, high=1.0):
    """Random numbers in nested lists."""
    if not shape:
        return round(random.uniform(low, high), 3)
    return [numbers(*shape[1:], low=low, high=high) for _ in range(shape[0])]


def exact(value):
    return [exact(v) for v in value] if isinstance(value, list) else mpf(value)


def flat(value):
    return [x for v in value for x in flat(v)] if isinstance(value, list) else [value]


def like(value, elements):
    """The elements in the nesting of a value."""
    return [like(v, elements) for v in value] if isinstance(value, list) else next(elements)


def gradient(f, x):
    """Derivatives of f, which gives a number or a list, by each number of nested lists x."""
    columns = []
    for k in range(len(flat(x))):
        def moved(step):
            elements = flat(exact(x))
            elements[k] += step
            return f(like(x, iter(elements)))
        above, below = moved(STEP), moved(-STEP)
        if isinstance(above, list):
            columns.append([(a - b) / (2 * STEP) for a, b in zip(above, below)])
        else:
            columns.append((above - below) / (2 * STEP))
    return columns


def plain(value):
    """As JSON has it."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return float(value) if isinstance(value, mpf) else value


def session(module, evaluations):
    define = {"id": 1, "kind": "define", "module": module}
    lines = [({"id": 0, "kind": "start", "eval": module}, {"id": 0, "tool": "retrograd"}),
             (define, {"id": 1, "success": True})]
    for id, (function, input, output) in enumerate(evaluations, 2):
        message = {"id": id, "kind": "evaluate", "module": module, "function": function, "input": input}
        lines.append((message, {"id": id, "success": True, "output": plain(output)}))
    with open(Path(__file__).with_name(f"{module}.jsonl"), "w") as file:
        for message, response in lines:
            file.write(json.dumps({"message": message, "response": response}) + "\n")


def log_sum_exp(x):
    return log(sum(exp(v) for v in x))


def lse():
    x = numbers(5, low=-3, high=3)
    far = [1000.0, 999.0, -1000.0]
    for x in (x, far):
        yield "primal", {"x": x}, log_sum_exp(exact(x))
        yield "gradient", {"x": x}, gradient(log_sum_exp, x)


def llsq():
    def f(x, n):
        t = [-1 + mpf(2 * i) / (n - 1) for i in range(n)]
        sign = [(v > 0) - (v < 0) for v in t]
        return sum((s - sum(c * v**j for j, c in enumerate(x))) ** 2 for s, v in zip(sign, t)) / 2
    for x, n in ((numbers(4), 7), (numbers(3), 2)):
        yield "primal", {"x": x, "n": n}, f(exact(x), n)
        yield "gradient", {"x": x, "n": n}, gradient(lambda x: f(x, n), x)


def det():
    def f(a, n):
        return mp.det(matrix([a[n * i:n * i + n] for i in range(n)]))
    for n in (1, 2, 5):
        a = numbers(n * n)
        yield "primal", {"A": a, "ell": n}, f(exact(a), n)
        yield "gradient", {"A": a, "ell": n}, gradient(lambda a: f(a, n), a)


def ode():
    def f(x, s):
        h = mpf(2) / s
        def slope(y):
            return [x[0]] + [x[i] * y[i - 1] for i in range(1, len(x))]
        def ahead(y, k, h):
            return [y + h * k for y, k in zip(y, k)]
        y = [mpf(0)] * len(x)
        for _ in range(s):
            k1 = slope(y)
            k2 = slope(ahead(y, k1, h / 2))
            k3 = slope(ahead(y, k2, h / 2))
            k4 = slope(ahead(y, k3, h))
            y = [y + h * (a + 2 * b + 2 * c + d) / 6 for y, a, b, c, d in zip(y, k1, k2, k3, k4)]
        return y
    for n, s in ((1, 1), (4, 3)):
        x = numbers(n, low=0.1)
        yield "primal", {"x": x, "s": s}, f(exact(x), s)
        yield "gradient", {"x": x, "s": s}, gradient(lambda x: f(x, s)[-1], x)


def kmeans():
    points = numbers(6, 2)
    centroids = points[-3:]
    def f(c):
        return sum(min(sum((a - b) ** 2 for a, b in zip(p, c)) for c in c) for p in exact(points))
    first = gradient(f, centroids)
    second = gradient(lambda c: gradient(f, c), centroids)
    diagonal = [second[k][k] for k in range(len(first))]
    input = {"points": points, "centroids": centroids}
    yield "cost", input, f(exact(centroids))
    yield "dir", input, like(centroids, (a / b for a, b in zip(first, diagonal)))


def gmm():
    d, k, n, m, scale = 3, 2, 4, 2, 1.25
    x, parts = numbers(n, d), {"alpha": numbers(k), "mu": numbers(k, d), "q": numbers(k, d)}
    parts["l"] = numbers(k, d * (d - 1) // 2)
    def f(parts):
        alpha, mu, q, l = parts
        # The definition, with matrices, determinants and products of densities.
        likelihood, prior, precisions = mpf(1), mpf(1), []
        for q, l in zip(q, l):
            factor, below = matrix(d, d), iter(l)
            for j in range(d):
                factor[j, j] = exp(q[j])
                for i in range(j + 1, d):
                    factor[i, j] = next(below)
            precisions.append(factor.T * factor)
        weights = [exp(a) / sum(exp(a) for a in alpha) for a in alpha]
        for point in exact(x):
            density = mpf(0)
            for weight, center, precision in zip(weights, mu, precisions):
                away = matrix([p - c for p, c in zip(point, center)])
                distance = (away.T * precision * away)[0]
                density += weight * exp(-distance / 2) * sqrt(mp.det(precision) / (2 * pi) ** d)
            likelihood *= density
        nu = d + m + 1
        multigamma = pi ** (mpf(d * (d - 1)) / 4) * mp.fprod(gamma(mpf(nu - j) / 2) for j in range(d))
        for precision in precisions:
            trace = sum(precision[i, i] for i in range(d)) * mpf(scale) ** 2
            power = mp.det(precision) ** (mpf(m) / 2) * exp(-trace / 2)
            prior *= power / (mpf(2) ** (mpf(nu * d) / 2) * mpf(scale) ** (-nu * d) * multigamma)
        return log(likelihood * prior)
    input = {"d": d, "k": k, "n": n, "x": x, "m": m, "gamma": scale} | parts
    values = list(parts.values())
    derivatives = like(values, iter(gradient(f, values)))
    yield "objective", input, f(exact(values))
    yield "jacobian", input, dict(zip(parts, derivatives))


def lstm():
    l, b, c = 2, 3, 4
    main, extra, state = numbers(2 * l, 4 * b), numbers(3, b), numbers(2 * l, b)
    sequence = [[float(random.randint(0, 1)) for _ in range(b)] for _ in range(c)]
    def sigmoid(x):
        return 1 / (1 + exp(-x))
    def f(params):
        main, extra = params
        total, now = mpf(0), exact(state)
        for t in range(c - 1):
            x = [x * w for x, w in zip(exact(sequence[t]), extra[0])]
            for layer in range(l):
                weight, bias = main[2 * layer], main[2 * layer + 1]
                hidden, cell = now[2 * layer], now[2 * layer + 1]
                for i in range(b):
                    forget = sigmoid(x[i] * weight[i] + bias[i])
                    ingate = sigmoid(hidden[i] * weight[b + i] + bias[b + i])
                    outgate = sigmoid(x[i] * weight[2 * b + i] + bias[2 * b + i])
                    change = mp.tanh(hidden[i] * weight[3 * b + i] + bias[3 * b + i])
                    cell[i] = cell[i] * forget + ingate * change
                    hidden[i] = outgate * mp.tanh(cell[i])
                x = list(hidden)
            y = [x * w + v for x, w, v in zip(x, extra[1], extra[2])]
            normalizer = log(2 + sum(exp(v) for v in y))
            total += sum(g * (v - normalizer) for g, v in zip(sequence[t + 1], y))
        return -total / (b * (c - 1))
    input = {"main_params": main, "extra_params": extra, "state": state, "sequence": sequence}
    yield "objective", input, f(exact([main, extra]))
    yield "jacobian", input, gradient(f, [main, extra])


def turned(x, axis):
    """x turned about an axis, by the exponential of its cross product."""
    a, b, c = axis
    cross = matrix([[0, -c, b], [c, 0, -a], [-b, a, 0]])
    return list(mp.expm(cross, method="taylor") * matrix(x))


def ba():
    n, m, p = 2, 5, 12
    for axis in (numbers(3), [0.0, 0.0, 0.0]):
        camera = axis + numbers(3) + [1.5] + numbers(2) + numbers(2, low=-0.1, high=0.1)
        x, weight, feature = numbers(3, low=2, high=3), 0.7, numbers(2)
        def errors(v):
            camera, x, w = v[:11], v[11:14], v[14]
            x, y, z = turned([x - c for x, c in zip(x, camera[3:6])], camera[:3])
            u, v = x / z, y / z
            square = u * u + v * v
            scale = (1 + camera[9] * square + camera[10] * square**2) * camera[6]
            seen = [u * scale + camera[7], v * scale + camera[8]]
            return [w * (s - f) for s, f in zip(seen, exact(feature))] + [1 - w * w]
        variables = camera + x + [weight]
        value = errors(exact(variables))
        columns = gradient(errors, variables)
        values = [column[0] for column in columns] + [column[1] for column in columns] + [columns[14][2]]
        row = list(range(11)) + [11 * n, 11 * n + 1, 11 * n + 2, 11 * n + 3 * m]
        rows = [15 * k for k in range(2 * p + 1)] + [30 * p + k for k in range(1, p + 1)]
        last = 11 * n + 3 * m + p - 1
        input = {"n": n, "m": m, "p": p, "cam": camera, "x": x, "w": weight, "feat": feature}
        yield "objective", input, {
            "reproj_error": {"elements": value[:2], "repeated": p},
            "w_err": {"element": value[2], "repeated": p},
        }
        jacobian = {"rows": rows[:30] + [rows[-1]], "cols": row + row + [last], "vals": values}
        yield "jacobian", input, jacobian


def ht():
    bones, vertices = 22, 5
    parents = [-1, 0] + [bone - 1 if (bone - 2) % 4 else 1 for bone in range(2, bones)]
    def transformation():
        return numbers(3, 4) + [[0.0, 0.0, 0.0, 1.0]]
    for is_mirrored, n_shares in ((False, 2), (True, 0)):
        model = {
            "bone_count": bones,
            "bone_names": [str(bone) for bone in range(bones)],
            "parents": parents,
            "base_relatives": [transformation() for _ in range(bones)],
            "inverse_base_absolutes": [transformation() for _ in range(bones)],
            "base_positions": [numbers(3) + [1.0] for _ in range(vertices)],
            "weights": numbers(vertices, bones, low=0),
            "triangles": [[0, 1, 2], [4, 3, 1]],
            "is_mirrored": is_mirrored,
        }
        places = [1, 0, 1] if n_shares else [4, 0, 2]
        points, us, theta = numbers(3, 3), numbers(3, n_shares) if n_shares else [], numbers(26)
        def rotation(axis, angle):
            i, j = [(1, 2), (2, 0), (0, 1)][axis]
            r = mp.eye(4)
            r[i, i] = r[j, j] = cos(angle)
            r[j, i] = sin(angle)
            r[i, j] = -r[j, i]
            return r
        def distances(us, theta):
            absolutes, moved = [], []
            for bone in range(bones):
                x = z = mpf(0)
                finger, joint = divmod(bone - 2, 4)
                if bone >= 2 and joint < 3:
                    x = theta[6 + 4 * finger + (joint + 1 if joint else 0)]
                    z = theta[7 + 4 * finger] if joint == 0 else z
                relative = matrix(model["base_relatives"][bone]) * rotation(2, z) * rotation(0, x)
                parent = parents[bone]
                absolutes.append(relative if parent < 0 else absolutes[parent] * relative)
                moved.append(absolutes[bone] * matrix(model["inverse_base_absolutes"][bone]))
            skin = []
            for position, weights in zip(model["base_positions"], model["weights"]):
                at = sum((w * (t * matrix(position)) for w, t in zip(weights, moved)), matrix(4, 1))
                at = [-at[0] if is_mirrored else at[0], at[1], at[2]]
                skin.append([x + t for x, t in zip(turned(at, theta[:3]), theta[3:6])])
            out = []
            for k, place in enumerate(places):
                near = skin[place]
                if n_shares:
                    a, b, c = (skin[v] for v in model["triangles"][place])
                    u, v = us[k]
                    near = [u * a + v * b + (1 - u - v) * c for a, b, c in zip(a, b, c)]
                out += [p - q for p, q in zip(exact(points[k]), near)]
            return out
        input = {
            "theta": theta,
            "data": {"model": model, "correspondences": places, "points": points},
            "us": us,
        }
        value = distances(exact(us), exact(theta))
        by_theta = gradient(lambda theta: distances(exact(us), theta), theta)
        by_us = gradient(lambda us: distances(us, exact(theta)), us) if us else []
        rows = [
            [by_us[2 * (r // 3) + k][r] for k in range(n_shares)] + [column[r] for column in by_theta]
            for r in range(9)
        ]
        yield "objective", input, value
        yield "jacobian", input, rows


def argmin(f, x):
    """The descent of GradBench's `cpp/gradbench/gd.hpp`."""
    def norm(v):
        return sqrt(sum(v * v for v in v))
    x = exact(x)
    value, slope, rate, count = f(x), gradient(f, x), mpf("1e-5"), 0
    while norm(slope) > 1e-5:
        if count == 10:
            rate, count = rate * 2, 0
            continue
        ahead = [x - rate * s for x, s in zip(x, slope)]
        if norm([a - b for a, b in zip(ahead, x)]) <= 1e-5:
            break
        lower = f(ahead)
        if lower < value:
            x, value, slope, count = ahead, lower, gradient(f, ahead), count + 1
        else:
            rate, count = rate / 2, 0
    return x


def particle():
    def f(w):
        def force(x, y):
            out = [mpf(0), mpf(0)]
            for charge in (10 - w[0], mpf(0)):
                cube = sqrt((x - 10) ** 2 + (y - charge) ** 2) ** 3
                out = [out[0] + (x - 10) / cube, out[1] + (y - charge) / cube]
            return out
        x, v, step = [mpf(0), mpf(8)], [mpf("0.75"), mpf(0)], mpf("0.1")
        while True:
            a = force(*x)
            ahead = [x + step * v for x, v in zip(x, v)]
            if ahead[1] < 0:
                break
            x, v = ahead, [v + step * a for v, a in zip(v, a)]
        return (x[0] - x[1] / v[1] * v[0]) ** 2
    best = argmin(f, [0.0])[0]
    for function in ("ff", "fr", "rf", "rr"):
        yield function, {"w": 0.0}, best


def saddle():
    def f(x, y):
        return (x[0] ** 2 + x[1] ** 2) - (y[0] ** 2 + y[1] ** 2)
    start = [0.01, -0.02]
    y = argmin(lambda y: -f([0, 0], y), start)
    x = argmin(lambda x: f(x, y), start)
    for function in ("ff", "fr", "rf", "rr"):
        yield function, {"start": start}, x + y


def hello():
    yield "square", 1.5, 2.25
    yield "double", 1.5, 3.0


for module in (hello, lse, llsq, det, ode, kmeans, gmm, lstm, ba, ht, particle, saddle):
    session(module.__name__, module())
