"""What memories hold and why it is moved, on configurations written by hand."""
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest
from traffic_cases import parsed, traffic_of, unit

SUM = """
spatial.config @main {{
  spatial.input @x : tensor<4x7xf32>
  spatial.output @y : tensor<4x7xf32>
  spatial.controller @steps counters (%t = 0 to 4) {{
    spatial.ag @x.load loads @x counters (%i = 0 to 2) address [%t, 4 * %i] : vector<4xf32>
    spatial.pmu @h holds tensor<{versions}x7xf32> banked (4, 1) init zero {{
      {first}
      {second}
    }}
    spatial.pcu @add counters (%i = 0 to 2) {{
      %h = spatial.receive "h" : vector<4xf32>
      %x = spatial.receive "x" : vector<4xf32>
      spatial.stage 0
      %s = arith.addf %h, %x : vector<4xf32>
      spatial.send "out" %s : vector<4xf32>
    }}
    spatial.ag @y.store stores @y counters (%i = 0 to 2) address [%t, 4 * %i] : vector<4xf32>
  }}
  spatial.link @x.load::@data to @add::@x : vector depth 8
  spatial.link @h::@out to @add::@h : vector depth 2
  spatial.link @add::@out to @h::@data : vector depth 2
  spatial.link @add::@out to @y.store::@data : vector depth 8
  spatial.link @h::@done to @h::@start : token depth 2 init 1
}}
"""
READ = 'spatial.read @out port 0 counters (%i = 0 to 2) address [{}, 4 * %i] padded waits ["start"] : vector<4xf32>'
WRITE = 'spatial.write @in ports ["data"] port 0 counters (%i = 0 to 2) address [{}, 4 * %i] clip signals ["done"] : vector<4xf32>'


@pytest.mark.parametrize(
    ("versions", "read", "write"), [(2, "%t mod 2", "(%t + 1) mod 2"), (1, "0", "0")]
)
def test_a_state(versions: int, read: str, write: str) -> None:
    """Two versions in turn, or one that is read before it is written: carried either way."""
    streams = READ.format(read), WRITE.format(write)
    traffic = traffic_of(parsed(SUM.format(versions=versions, first=streams[0], second=streams[1])))
    state = unit(traffic, "h")
    assert (state.holds, state.cause) == ("h", "state")
    # 7 of 8 elements of the tokens are there.
    assert (state.bytes_read, state.bytes_written) == (4 * 7 * 4, 4 * 7 * 4)
    assert (state.moved_read, state.moved_written) == (4 * 8 * 4, 4 * 8 * 4)
    assert (state.held_bytes, state.capacity_bytes) == (versions * 7 * 4, 1024)
    assert traffic.by_cause["state"] == traffic.compulsory["state"] == 2 * 4 * 7 * 4
    assert traffic.bytes == traffic.minimum
    assert {
        b.name: (b.bytes_read, b.moved_read, b.bytes_written, b.moved_written, b.compulsory)
        for b in traffic.by_buffer
    } == {
        "x": (112, 128, 0, 0, 112),
        "y": (0, 0, 112, 128, 112),
    }


CHAIN = """
spatial.config @main {{
  spatial.input @x : tensor<3x8xf32>
  spatial.output @y : tensor<3x{rows}xf32>
  spatial.controller @steps counters (%t = 0 to 3) {{
    spatial.ag @x.load loads @x counters (%i = 0 to 2) address [%t, 4 * %i] : vector<4xf32>
    spatial.pcu @twice counters (%i = 0 to 2) {{
      %x = spatial.receive "x" : vector<4xf32>
      spatial.stage 0
      {body}
      spatial.send "out" %s : vector<4xf32>
    }}
    {memories}
    spatial.pcu @sum counters (%j = 0 to {rows}, %i = 0 to 2) {{
      %v = spatial.receive "v" : vector<4xf32>
      spatial.stage 0
      %s = spatial.fold add %v per %j : vector<4xf32> to f32
      spatial.send "out" %s per %j : f32
    }}
    spatial.ag @y.store stores @y counters (%j = 0 to {rows}) address [%t, %j] : f32
  }}
  spatial.link @x.load::@data to @twice::@x : vector depth 8
  spatial.link @sum::@out to @y.store::@data : scalar depth 8
  {links}
}}
"""
ADD = "%s = arith.addf %x, %x : vector<4xf32>"


def memory(name: str, rows: int) -> str:
    """A memory that is filled, then read `rows` times."""
    return f"""spatial.pmu @{name} holds tensor<8xf32> banked (4, 1) init zero {{
      spatial.write @in ports ["in"] port 0 counters (%i = 0 to 2) address [4 * %i] signals ["full"] : vector<4xf32>
      spatial.read @out port 0 counters (%j = 0 to {rows}, %i = 0 to 2) address [4 * %i] waits ["start"] : vector<4xf32>
    }}"""


def links(*ends: str) -> str:
    """Links from port to port, and what lets memories be read."""
    data = [
        f"spatial.link @{ends[n]} to @{ends[n + 1]} : vector depth 8"
        for n in range(0, len(ends), 2)
    ]
    names = dict.fromkeys(end.split("::")[0] for end in ends[1::2] if "::@in" in end)
    full = [f"spatial.link @{m}::@full to @{m}::@start : token depth 1" for m in names]
    return "\n".join(data + full)


def chain(rows: int, body: str, memories: str, joined: str) -> Any:
    return traffic_of(parsed(CHAIN.format(rows=rows, body=body, memories=memories, links=joined)))


def test_an_intermediate_value_read_once_need_not_be_held() -> None:
    found = chain(1, ADD, memory("m", 1), links("twice::@out", "m::@in", "m::@out", "sum::@v"))
    assert found.by_cause["intermediate"] == found.bytes == 2 * 3 * 32
    assert found.minimum == 0
    assert unit(found, "m").cause == "intermediate"


def test_one_that_is_read_again_must_be() -> None:
    found = chain(5, ADD, memory("m", 5), links("twice::@out", "m::@in", "m::@out", "sum::@v"))
    assert found.by_cause["intermediate"] == found.minimum == 3 * (32 + 5 * 32)


def test_units_that_only_pass_on_change_nothing() -> None:
    """What comes from DRAM is an input, also behind a compute unit that does nothing."""
    passing = CHAIN.replace(
        "%s : vector<4xf32>\n    }}\n    {memories}", "%x : vector<4xf32>\n    }}\n    {memories}"
    )
    text = passing.format(
        rows=5,
        body="",
        memories=memory("m", 5),
        links=links("twice::@out", "m::@in", "m::@out", "sum::@v"),
    )
    found = traffic_of(parsed(text))
    assert found.by_cause["inputs"] == found.minimum == 3 * (32 + 5 * 32)
    assert unit(found, "m").holds == "x"


def test_a_move_from_memory_to_memory_is_a_copy() -> None:
    found = chain(
        5,
        ADD,
        memory("m", 1) + "\n" + memory("n", 5),
        links("twice::@out", "m::@in", "m::@out", "n::@in", "n::@out", "sum::@v"),
    )
    # @m is read to fill @n, all else is the intermediate value. Neither write is needed twice.
    assert found.by_cause["copies"] == 3 * (32 + 32)
    assert unit(found, "n").cause == "copies"
    assert found.compulsory["copies"] == 0


def test_a_second_memory_of_the_same_tokens_is_a_copy() -> None:
    found = chain(
        5,
        ADD,
        memory("m", 5) + "\n" + memory("n", 5),
        links("twice::@out", "m::@in", "twice::@out", "n::@in", "m::@out", "sum::@v"),
    )
    # Nobody takes what @n gives; it is not wanted, so only the write is a copy.
    assert found.by_cause == {
        **dict.fromkeys(found.by_cause, 0),
        "intermediate": 3 * 6 * 32,
        "copies": 3 * 32,
    }
    assert [(copy.holds, copy.units, copy.bytes) for copy in found.copies] == [
        ("m", ("m", "n"), 96)
    ]
    assert found.minimum == 3 * 6 * 32


def test_nothing_at_all() -> None:
    found = traffic_of(parsed("spatial.config @main {\n}"))
    assert (found.bytes, found.minimum, found.by_unit, found.by_buffer) == (0, 0, [], [])
    assert found.to_json(None)["ratio"] is None
