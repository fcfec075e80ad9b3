"""Random programs: copies of copies of all kinds, and readers of several of them."""

import random
from math import prod

Shape = tuple[int, ...]


class Writer:
    """A program being written, with the tensors that can be read so far."""

    def __init__(self, seed: int, element: str) -> None:
        self.random = random.Random(seed)
        self.element = element
        self.add = "addf" if element == "f32" else "addi"
        self.multiply = "mulf" if element == "f32" else "muli"
        self.lines: list[str] = []
        self.count = 0

    def type(self, shape: Shape) -> str:
        """Return the text of a tensor type."""
        return f"tensor<{'x'.join(map(str, (*shape, self.element)))}>"

    def name(self, kind: str) -> str:
        """Return a new name."""
        self.count += 1
        return f"{kind}{self.count}"

    def map(self, shape: Shape, body: list[str], result: str, kind: str) -> tuple[str, Shape]:
        """Write a map; the body may use `#0`, `#1`, … for its indices."""
        name = self.name(kind)
        indices = [f"%{name}_{n}" for n in range(len(shape))]
        domain = ", ".join(f"{i} in {n}" for i, n in zip(indices, shape, strict=True))
        self.lines.append(f"%{name} = pattern.map ({domain}) -> {self.type(shape)} {{")
        for line in (*body, f"pattern.yield {result} : {self.element}"):
            for number, index in enumerate(indices):
                line = line.replace(f"#{number}", index)
            self.lines.append("  " + line.replace("@", f"%{name}_s"))
        self.lines.append("}")
        return name, shape

    def read(self, tensor: tuple[str, Shape], at: list[str], padded: bool = False) -> str:
        """Return the text of a read."""
        outside = " zero_outside" if padded else ""
        return f"pattern.read %{tensor[0]}[{', '.join(at)}]{outside} : {self.type(tensor[1])}"

    def move(self, source: tuple[str, Shape]) -> tuple[str, Shape]:
        """Write one copy of a tensor."""
        shape, rank = source[1], len(source[1])
        kind = self.random.choice(["turn", "flat", "split", "slice", "pad", "spread", "same"])
        at = [f"#{n}" for n in range(rank)]
        new, padded = list(shape), False
        dim = self.random.randrange(rank)
        match kind:
            case "turn":
                order = self.random.sample(range(rank), rank)
                new = [shape[n] for n in order]
                at = [f"#{order.index(n)}" for n in range(rank)]
            case "flat":
                new = [prod(shape)]
                at.clear()
                rest = prod(shape)
                for extent in shape:
                    rest //= extent
                    at.append(f"(#0 floordiv {rest}) mod {extent}")
            case "split" if shape[dim] % 2 == 0:
                new[dim : dim + 1] = [shape[dim] // 2, 2]
                at = [f"#{n + (n > dim)}" for n in range(rank)]
                at[dim] = f"2 * #{dim} + #{dim + 1}"
            case "slice" if shape[dim] > 1:
                start, step = self.random.randrange(shape[dim]), self.random.choice([1, 2])
                new[dim] = self.random.randint(1, (shape[dim] - 1 - start) // step + 1)
                at[dim] = f"{step} * #{dim} + {start}"
            case "pad":
                before, after = self.random.randrange(3), self.random.randrange(3)
                new[dim], padded = shape[dim] + before + after, True
                at[dim] = f"#{dim} - {before}"
            case "spread" if rank < 4:
                new.insert(dim, self.random.randint(1, 3))
                at = [f"#{n + (n >= dim)}" for n in range(rank)]
            case _:
                pass
        return self.map(tuple(new), [f"@0 = {self.read(source, at, padded)}"], "@0", kind)

    def join(self, first: tuple[str, Shape], second: tuple[str, Shape]) -> tuple[str, Shape]:
        """Write a concatenation along the first dimension, by a sum or by a selection."""
        extent = first[1][0]
        shape = (extent + second[1][0], *first[1][1:])
        at = [f"#{n}" for n in range(len(shape))]
        body = [
            f"@0 = {self.read(first, at, True)}",
            f"@1 = {self.read(second, [f'#0 - {extent}', *at[1:]], True)}",
        ]
        if self.random.random() < 0.5:
            body.append(f"@2 = arith.{self.add} @0, @1 : {self.element}")
        else:
            body += [
                f"@3 = arith.constant {extent} : index",
                "@4 = arith.cmpi ult, #0, @3 : index",
                f"@2 = arith.select @4, @0, @1 : {self.element}",
            ]
        return self.map(shape, body, "@2", "join")

    def use(self, source: tuple[str, Shape]) -> tuple[str, Shape]:
        """Write a reader: element by element, or a sum of products along the last dimension."""
        shape = source[1]
        at = [f"#{n}" for n in range(len(shape))]
        kind = self.random.choice(["each", "padded", "sum"])
        if kind == "sum":
            index = f"%{self.name('k')}"
            bound = shape[-1] + self.random.randrange(3)
            low = self.random.randrange(2)
            inner = [*at[:-1], f"{index} - {low}"]
            padded = low > 0 or bound > shape[-1]
            body = [
                f"@0 = pattern.reduce add ({index} in {bound}) : {self.element} {{",
                f"  @1 = {self.read(source, inner if low else [*at[:-1], index], padded)}",
                f"  @2 = arith.{self.multiply} @1, @1 : {self.element}",
                f"  pattern.yield @2 : {self.element}",
                "}",
            ]
            return self.map((*shape[:-1],) or (1,), body, "@0", "sum")
        if kind == "padded":
            at[0] = f"#0 - {self.random.randrange(3)}"
        body = [
            f"@0 = {self.read(source, at, kind == 'padded')}",
            f"@1 = arith.{self.multiply} @0, @0 : {self.element}",
        ]
        return self.map(shape, body, "@1", kind)


def random_program(seed: int, element: str) -> str:
    """Return a function with copies of an argument, of computed values and of a scan's stack."""
    w = Writer(seed, element)
    pick = w.random
    steps = pick.randint(1, 3)
    x = ("x", (pick.randint(1, 4), pick.randint(1, 4), pick.randint(1, 3)))
    h0 = ("h0", (x[1][1], x[1][2]))
    made = w.use(x)
    ready = [x, made]
    for _ in range(pick.randint(0, 2)):
        ready.append(w.move(pick.choice(ready)))
    w.lines.append("SCAN")
    place, before = len(w.lines) - 1, len(ready)
    state = ("h", h0[1])
    inside = [state, w.map(h0[1], [f"@0 = {w.read(x, ['0', '#0', '#1'])}"], "@0", "slice")]
    if x[1][0] >= steps:
        inside.append(w.map(h0[1], [f"@0 = {w.read(x, ['%t', '#0', '#1'])}"], "@0", "step"))
    for _ in range(pick.randint(0, 3)):
        inside.append(w.move(pick.choice(inside)))
    same = [value for value in inside if value[1] == h0[1]]
    body = [
        f"@0 = {w.read(pick.choice(same), ['#0', '#1'])}",
        f"@1 = {w.read(pick.choice(same), ['#0', '#1'])}",
        f"@2 = arith.{w.multiply} @0, @1 : {element}",
        f"@3 = arith.{w.add} @2, @1 : {element}",
    ]
    following = w.map(h0[1], body, "@3", "next")
    kept = w.map(h0[1], [f"@0 = {w.read(following, ['#0', '#1'])}"], "@0", "kept")
    out = pick.choice([following, kept])
    stacked = w.move(pick.choice([following, *inside[1:]]))
    types = f"{w.type(h0[1])}, {w.type(stacked[1])}"
    w.lines += [f"pattern.next %{out[0]} emit %{stacked[0]} : {types}", "}"]
    stack = ("stack", (steps, *stacked[1]))
    reverse = pick.choice(["", " reverse"])
    w.lines[place] = (
        f"%last, %stack = pattern.scan{reverse} (%t in {steps}) carry (%h = %h0 : "
        f"{w.type(h0[1])}) -> ({w.type(h0[1])}, {w.type(stack[1])}) {{"
    )
    del ready[before:]
    ready += [("last", h0[1]), stack]
    for _ in range(pick.randint(1, 6)):
        source = pick.choice(ready[1:])
        partner = [t for t in ready if t[1][1:] == source[1][1:]]
        if pick.random() < 0.3:
            ready.append(w.join(source, pick.choice(partner)))
        else:
            ready.append(w.move(source))
    results = [w.use(pick.choice(ready)) for _ in range(2)]
    # Values that nobody needs are there, too, and one result may be a copy.
    results.append(w.move(pick.choice(ready)))
    results = [r for n, r in enumerate(results) if r not in results[:n]]
    ends = ", ".join(w.type(shape) for _, shape in results)
    return "\n".join(
        [
            f"func.func @main(%x: {w.type(x[1])}, %h0: {w.type(h0[1])}) -> ({ends}) {{",
            *w.lines,
            f"func.return {', '.join(f'%{name}' for name, _ in results)} : {ends}",
            "}",
        ]
    )
