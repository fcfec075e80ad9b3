"""Networks as exporters write them: every transpose, slice and concatenation is a kernel."""

from __future__ import annotations

from collections.abc import Callable

from writer import Body, Program, Read


def lstm(p: Program, T: int, B: int, D: int, H: int) -> str:
    """Write an LSTM, batch first, whose first states are inputs."""
    x = p.argument("x", B, T, D)
    xt = p.copy("xt", {"t": T, "b": B, "k": D}, x, "%b, %t, %k")
    starts = [
        p.copy(f"{state}_start", {"b": B, "j": H}, p.argument(f"{state}0", 1, B, H), "0, %b, %j")
        for state in ("h", "c")
    ]
    ys, h, c = _lstm(p, "", T, B, D, H, xt, (starts[0], starts[1]))
    y = p.copy("y", {"b": B, "t": T, "j": H}, ys, "%t, %b, %j")
    last = [
        p.copy(f"{name}_n", {"d": 1, "b": B, "j": H}, value, "%b, %j")
        for name, value in (("h", h), ("c", c))
    ]
    return p.text(
        "LSTM, batch first: weights are transposed and put side by side for one product over\n"
        "[x, h], whose columns are split into gates; a state has a dimension for the direction.",
        y,
        *last,
    )


def gru(p: Program, T: int, B: int, D: int, H: int) -> str:
    """Write a GRU whose state has a leading dimension in the loop."""
    x = p.argument("x", B, T, D)
    xt = p.copy("xt", {"t": T, "b": B, "k": D}, x, "%b, %t, %k")
    parts: dict[str, str] = {}
    for matrix, width in (("W", D), ("R", H)):
        whole = p.parameter(matrix, 3 * H, width)
        for number, gate in enumerate("zrn"):
            at = f"%j + {number * H}, %k" if number else "%j, %k"
            piece = p.copy(f"{matrix}{gate}", {"j": H, "k": width}, whole, at)
            parts[matrix + gate] = p.copy(
                f"{matrix}{gate}_t", {"k": width, "j": H}, piece, "%j, %k"
            )
    zero = p.zeros("zero", B, H)
    start = p.copy("start", {"d": 1, "b": B, "j": H}, zero, "%b, %j")
    rows, at = {"b": B, "j": H}, "%b, %j"
    with p.scan(T, {"h": start}, {"h_n": "", "stack": ""}, False) as end:
        hs = p.copy("hs", rows, "h", "0, %b, %j")
        xs = p.copy("xs", {"b": B, "k": D}, xt, "%t, %b, %k")
        for gate in "zrn":
            p.product(f"x{gate}", rows, {"k": D}, (xs, "%b, %k"), (parts["W" + gate], "%k, %j"))
            p.product(f"h{gate}", rows, {"k": H}, (hs, "%b, %k"), (parts["R" + gate], "%k, %j"))
        p.kernel(
            "hn_new",
            rows,
            {"z1": ("xz", at), "z2": ("hz", at), "r1": ("xr", at), "r2": ("hr", at)}
            | {"n1": ("xn", at), "n2": ("hn", at), "old": (hs, at)},
            _gru_state,
        )
        new = p.copy("h_new", {"d": 1, "b": B, "j": H}, "hn_new", "%b, %j")
        end([new], [new])
    rest = p.copy("ys", {"t": T, "b": B, "j": H}, "stack", "%t, 0, %b, %j")
    y = p.copy("y", {"b": B, "t": T, "j": H}, rest, "%t, %b, %j")
    return p.text(
        "GRU, batch first: weights are split into gates and transposed; the state is carried with\n"
        "a dimension for the direction, taken off and put on again in every step.",
        y,
        "h_n",
    )


def _gru_state(e: Body) -> str:
    z = e.sigmoid(e.add(e["z1"], e["z2"]))
    r = e.sigmoid(e.add(e["r1"], e["r2"]))
    n = e.tanh(e.add(e["n1"], e.mul(r, e["n2"])))
    return e.add(n, e.mul(z, e.sub(e["old"], n)))


def stacked(p: Program, T: int, B: int, D: int, H: int) -> str:
    """Write two LSTM layers, each of which takes and gives batch-major tensors."""
    x, width, last = p.argument("x", B, T, D), D, ""
    for layer in ("1", "2"):
        xt = p.copy(f"xt{layer}", {"t": T, "b": B, "k": width}, x, "%b, %t, %k")
        zero = p.zeros(f"zero{layer}", B, H)
        ys, last, _ = _lstm(p, layer, T, B, width, H, xt, (zero, zero))
        x = p.copy(f"y{layer}", {"b": B, "t": T, "j": H}, ys, "%t, %b, %j")
        width = H
    return p.text(
        "Two LSTM layers: what the first one gives is transposed to batch-major and back.", x, last
    )


def bidirectional(p: Program, T: int, B: int, D: int, H: int) -> str:
    """Write an LSTM in both directions and a product of their outputs."""
    x = p.argument("x", B, T, D)
    xt = p.copy("xt", {"t": T, "b": B, "k": D}, x, "%b, %t, %k")
    zero = p.zeros("zero", B, H)
    domain = {"t": T, "d": 1, "b": B, "j": H}
    sides: list[str] = []
    for name, reverse in (("f", False), ("b", True)):
        ys, _, _ = _lstm(p, name, T, B, D, H, xt, (zero, zero), reverse=reverse)
        sides.append(p.copy(f"side_{name}", domain, ys, "%t, %b, %j"))
    both: list[Read] = [(sides[0], "%t, %d, %b, %j"), (sides[1], "%t, %d - 1, %b, %j")]
    y = p.concat("y", domain | {"d": 2}, both)
    row = f"%t, %m floordiv {H}, %b, %m mod {H}"
    flat = p.copy("flat", {"t": T, "b": B, "m": 2 * H}, y, row)
    out = p.parameter("Wo", D, 2 * H)
    turned = p.copy("wo", {"m": 2 * H, "n": D}, out, "%n, %m")
    rows = {"t": T, "b": B, "n": D}
    z = p.product("z", rows, {"m": 2 * H}, (flat, "%t, %b, %m"), (turned, "%m, %n"))
    return p.text(
        "LSTM in both directions: outputs are stacked as [step, direction, batch, unit], which is\n"
        "a result, then made rows of [step, batch, 2 * unit] for the product that follows.",
        y,
        z,
    )


def peephole(p: Program, T: int, B: int, D: int, H: int) -> str:
    """Write an LSTM whose gates see the cell, with one vector of weights for all of them."""
    x = p.argument("x", T, B, D)
    zero = p.zeros("zero", B, H)
    ys, last, _ = _lstm(p, "", T, B, D, H, x, (zero, zero), peephole=True)
    return p.text(
        "LSTM with peepholes: their weights, one vector for three gates, are cut into three and\n"
        "repeated for every row of the batch.",
        ys,
        last,
    )


def projection(p: Program, T: int, B: int, D: int, H: int, P: int) -> str:
    """Write an LSTM that projects its output to P units."""
    x = p.argument("x", T, B, D)
    zero, start = p.zeros("zero", B, H), p.zeros("start", B, P)
    ys, last, _ = _lstm(p, "", T, B, D, H, x, (start, zero), projected=P)
    return p.text(
        "LSTM with projection: [x, h] is as wide as an input and a projected state.", ys, last
    )


def _lstm(
    p: Program,
    n: str,
    T: int,
    B: int,
    D: int,
    H: int,
    xt: str,
    starts: tuple[str, str],
    *,
    reverse: bool = False,
    peephole: bool = False,
    projected: int | None = None,
) -> tuple[str, str, str]:
    """Write a layer on time-major inputs; returns its outputs, last state and last cell."""
    width = D + (projected or H)
    out = projected or H
    w = p.parameter(f"W{n}", 4 * H, D)
    r = p.parameter(f"R{n}", 4 * H, out)
    b = p.parameter(f"B{n}", 8 * H)
    wt = p.copy(f"wt{n}", {"k": D, "n": 4 * H}, w, "%n, %k")
    rt = p.copy(f"rt{n}", {"k": out, "n": 4 * H}, r, "%n, %k")
    both: list[Read] = [(wt, "%k, %n"), (rt, f"%k - {D}, %n")]
    wr = p.concat(f"wr{n}", {"k": width, "n": 4 * H}, both)
    wb = p.copy(f"wb{n}", {"n": 4 * H}, b, "%n")
    rb = p.copy(f"rb{n}", {"n": 4 * H}, b, f"%n + {4 * H}")
    bias = p.copy(f"bias{n}", {"b": B, "n": 4 * H}, wb, "%n")
    rows, at = {"b": B, "j": H}, "%b, %j"
    peeps: dict[str, str] = {}
    if peephole:
        weights = p.parameter(f"P{n}", 3 * H)
        for number, gate in enumerate("ifo"):
            place = f"%j + {number * H}" if number else "%j"
            one = p.copy(f"p{gate}{n}", {"j": H}, weights, place)
            peeps[gate] = p.copy(f"p{gate}{n}_rows", rows, one, "%j")
    h, c = f"h{n}", f"c{n}"
    results = {f"{h}_last": "", f"{c}_last": "", f"stack{n}": ""}
    with p.scan(T, {h: starts[0], c: starts[1]}, results, reverse) as end:
        xs = p.copy(f"xs{n}", {"b": B, "k": D}, xt, "%t, %b, %k")
        parts: list[Read] = [(xs, "%b, %k"), (h, f"%b, %k - {D}")]
        xh = p.concat(f"xh{n}", {"b": B, "k": width}, parts)
        columns = {"b": B, "n": 4 * H}
        z = p.product(
            f"z{n}",
            columns,
            {"k": width},
            (xh, "%b, %k"),
            (wr, "%k, %n"),
            (bias, "%b, %n"),
            (rb, "%n"),
        )
        gates = {
            gate: p.copy(f"z{gate}{n}", rows, z, f"%b, %j + {k * H}" if k else at)
            for k, gate in enumerate("ifgo")
        }
        reads = {gate: (gates[gate], at) for gate in "ifg"} | {"old": (c, at)}
        reads |= {f"p{gate}": (peeps[gate], at) for gate in "if" if peephole}
        cell = p.kernel(f"c{n}_new", rows, reads, _cell(peephole))
        reads = {"o": (gates["o"], at), "cell": (cell, at)}
        reads |= {"po": (peeps["o"], at)} if peephole else {}
        new = p.kernel(f"h{n}_new", rows, reads, _output(peephole))
        if projected:
            matrix = p.parameter(f"Wp{n}", projected, H)
            turned = p.copy(f"wp{n}", {"j": H, "q": projected}, matrix, "%q, %j")
            narrow = {"b": B, "q": projected}
            new = p.product(f"m{n}", narrow, {"j": H}, (new, at), (turned, "%j, %q"))
        wide = p.copy(f"wide{n}", {"d": 1, "b": B, "j": out}, new, at)
        end([new, cell], [wide])
    ys = p.copy(f"ys{n}", {"t": T, "b": B, "j": out}, f"stack{n}", "%t, 0, %b, %j")
    return ys, f"{h}_last", f"{c}_last"


def _cell(peephole: bool) -> Callable[[Body], str]:
    def compute(e: Body) -> str:
        i, f = e["i"], e["f"]
        if peephole:
            i = e.add(i, e.mul(e["pi"], e["old"]))
            f = e.add(f, e.mul(e["pf"], e["old"]))
        kept = e.mul(e.sigmoid(f), e["old"])
        return e.add(kept, e.mul(e.sigmoid(i), e.tanh(e["g"])))

    return compute


def _output(peephole: bool) -> Callable[[Body], str]:
    def compute(e: Body) -> str:
        o = e.add(e["o"], e.mul(e["po"], e["cell"])) if peephole else e["o"]
        return e.mul(e.sigmoid(o), e.tanh(e["cell"]))

    return compute


def wavenet(p: Program, T: int, C: int, L: int, *, first: bool = False) -> str:
    """
    Write L layers of dilated causal convolutions with two taps.

    Between convolutions tensors are [time, channels], or [channels, time] with `first`;
    convolutions always take and give [channels, time].
    """
    channels, moved = {"t": T, "c": C}, {"c": C, "t": T}
    domain, at = (moved, "%c, %t") if first else (channels, "%t, %c")
    x, skip = p.argument("x", *domain.values()), ""
    for n in range(L):
        gap = 2 ** (n % 4)
        inner = x if first else p.copy(f"in{n}", moved, x, "%t, %c")
        padded = p.copy(f"pad{n}", {"c": C, "t": T + gap}, inner, f"%c, %t - {gap}", padded=True)
        past = p.copy(f"past{n}", moved, padded, "%c, %t")
        now = p.copy(f"now{n}", moved, padded, f"%c, %t + {gap}")
        parts: list[Read] = [(past, "%c, %t"), (now, f"%c - {C}, %t")]
        taps = p.concat(f"taps{n}", {"c": 2 * C, "t": T}, parts)
        rows = p.copy(f"rows{n}", {"t": T, "k": 2 * C}, taps, "%k, %t")
        kernel = p.parameter(f"W{n}", 2 * C, C, 2)
        flat = p.copy(
            f"flat{n}", {"n": 2 * C, "k": 2 * C}, kernel, f"%n, %k mod {C}, %k floordiv {C}"
        )
        turned = p.copy(f"turned{n}", {"k": 2 * C, "n": 2 * C}, flat, "%n, %k")
        z = p.product(
            f"z{n}", {"t": T, "n": 2 * C}, {"k": 2 * C}, (rows, "%t, %k"), (turned, "%k, %n")
        )
        z = p.copy(f"out{n}", {"c": 2 * C, "t": T}, z, "%t, %c")
        halves: dict[str, Read] = {}
        for name, offset in (("filter", ""), ("gate", f" + {C}")):
            half = p.copy(f"{name}{n}", moved, z, f"%c{offset}, %t")
            half = half if first else p.copy(f"{name}T{n}", channels, half, "%c, %t")
            halves[name] = (half, at)
        active = p.kernel(
            f"active{n}",
            domain,
            halves,
            lambda e: e.mul(e.tanh(e["filter"]), e.sigmoid(e["gate"])),
        )
        ends: dict[str, str] = {}
        for kind in ("res", "skip"):
            matrix = p.parameter(f"{kind}W{n}", C, C)
            turned = p.copy(f"{kind}T{n}", {"k": C, "c": C}, matrix, "%c, %k")
            left = (active, "%k, %t" if first else "%t, %k")
            made = p.product(f"{kind}{n}", channels, {"k": C}, left, (turned, "%k, %c"))
            ends[kind] = p.copy(f"{kind}_out{n}", domain, made, "%t, %c")
        sum = {"r": (ends["res"], at), "x": (x, at)}
        x = p.kernel(f"x{n}", domain, sum, lambda e: e.add(e["r"], e["x"]))
        sum = {"s": (skip, at), "o": (ends["skip"], at)}
        skip = (
            p.kernel(f"s{n}", domain, sum, lambda e: e.add(e["s"], e["o"])) if n else ends["skip"]
        )
    y = p.copy("y", moved, skip, at if first else "%t, %c")
    return p.text(
        "Dilated causal convolutions as in WaveNet: each is padded, cut into its taps, put side\n"
        "by side and transposed for a product, whose columns are split into filter and gate.",
        y,
    )


_SMALL = {"T": 5, "B": 2, "D": 6, "H": 8}

NETWORKS: dict[str, tuple[Callable[..., str], dict[str, int]]] = {
    "lstm": (lstm, _SMALL),
    "gru": (gru, _SMALL),
    "stacked": (stacked, _SMALL),
    "bidirectional": (bidirectional, _SMALL),
    "peephole": (peephole, _SMALL),
    "projection": (projection, _SMALL | {"P": 4}),
    "wavenet": (wavenet, {"T": 24, "C": 8, "L": 10}),
}
"""Who writes each network, and its default sizes."""


def program(network: str, element: str = "f32", **sizes: int) -> tuple[str, list[str]]:
    """Return the text of a network, and the names of its copies."""
    write, defaults = NETWORKS[network]
    made = Program(element)
    return write(made, **(defaults | sizes)), made.copies
