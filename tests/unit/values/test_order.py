"""The order of activations, deadlocks, and races between streams of a memory."""

from collections.abc import Callable

import pytest
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.order import config_of, order_activations, structure_of
from spatial_opt.runtime.races import check_races, refuse_races
from spatial_opt.runtime.values import prepare

Parse = Callable[[str], ModuleOp]

RECURRENCE = """
  spatial.controller @scan counters (%t = 0 to 5) {{
    spatial.pmu @h holds tensor<{buffers}x4xf32> banked (4, 1) init zero {{
      spatial.write @in ports ["in"] port 0 address [(%t + 1) mod {buffers}, 0]
        waits [{write_waits}] signals ["full"] : vector<4xf32>
      spatial.read @out port 0 address [%t mod {buffers}, 0] waits ["ready"]
        signals ["empty"] : vector<4xf32>
    }}
    spatial.pcu @step {{
      %h = spatial.receive "h" : vector<4xf32>
      spatial.send "out" %h : vector<4xf32>
    }}
  }}
  spatial.link @h::@out to @step::@h : vector depth 4
  {back}
  spatial.link @h::@full to @h::@ready : token depth 4 init {initial}
"""
BACK = "spatial.link @step::@out to @h::@in : vector depth 4"
FREE = "spatial.link @h::@empty to @h::@free : token depth 4 init {}"


def recurrence(
    initial: int = 1, buffers: int = 2, back: str = BACK, write_waits: str = "", more: str = ""
) -> str:
    return RECURRENCE.format(
        initial=initial, buffers=buffers, back=back + "\n  " + more, write_waits=write_waits
    )


def names(module: ModuleOp) -> list[str]:
    loop = order_activations(structure_of(config_of(module)))
    return [process.name for process in loop.processes()]


def test_links_order_the_text_breaks_ties(parse_config: Parse):
    assert names(parse_config(recurrence())) == ["scan", "h::out", "step", "h::in"]


def test_cycle_without_token_is_a_deadlock_that_lists_the_links(parse_config: Parse):
    with pytest.raises(SpatialError, match="deadlock") as caught:
        prepare(parse_config(recurrence(initial=0)))
    for link in ("@h::@out to @step::@h", "@step::@out to @h::@in", "@h::@full to @h::@ready"):
        assert link in str(caught.value)


def test_turns_of_a_shared_port_order_too(parse_config: Parse):
    text = """
      spatial.pmu @m holds tensor<4xf32> banked (4, 1) init zero {
        spatial.write @b ports ["b"] port 0 address [0] : vector<2xf32>
        spatial.write @a ports ["a"] port 0 address [2] : vector<2xf32>
        spatial.read @out port 0 address [0] : vector<2xf32>
      }
      spatial.pcu @p {
        %v = spatial.receive "in" : vector<2xf32>
        spatial.send "out" %v : vector<2xf32>
      }
      spatial.link @m::@out to @m::@a : vector depth 1
      spatial.link @m::@out to @p::@in : vector depth 1
      spatial.link @p::@out to @m::@b : vector depth 1
    """
    assert names(parse_config(text)) == ["m::out", "p", "m::b", "m::a"]


def test_link_to_a_missing_port_names_the_ports_there_are(parse_unverified: Parse):
    text = recurrence(back="spatial.link @step::@ouch to @h::@in : vector depth 4")
    with pytest.raises(SpatialError, match=r"@step::@ouch is no output port; @step has @out"):
        prepare(parse_unverified(text))


def test_missing_link_names_the_port(parse_unverified: Parse):
    with pytest.raises(SpatialError, match=r"no link feeds port @h::@in"):
        prepare(parse_unverified(recurrence(back="")))


def test_double_buffer_with_its_tokens_has_no_race(parse_config: Parse):
    assert check_races(config_of(parse_config(recurrence()))) == []


def test_single_buffer_has_no_race_while_everything_is_in_turn(parse_config: Parse):
    assert check_races(config_of(parse_config(recurrence(buffers=1)))) == []


def test_producer_that_runs_ahead_needs_buffers(parse_config: Parse):
    producer = """
      spatial.controller @scan counters (%t = 0 to 5) {{
        spatial.pmu @c holds tensor<4xf32> banked (4, 1) init zero {{
          spatial.read @out port 0 address [0] : vector<4xf32>
        }}
        spatial.pmu @m holds tensor<2x4xf32> banked (4, 1) init zero {{
          spatial.write @in ports ["in"] port 0 address [%t mod 2, 0] waits [{waits}]
            signals ["full"] : vector<4xf32>
          spatial.read @out port 0 address [%t mod 2, 0] waits ["ready"] signals ["empty"]
            : vector<4xf32>
        }}
        spatial.pcu @sink {{
          %v = spatial.receive "v" : vector<4xf32>
          spatial.send "out" %v : vector<4xf32>
        }}
      }}
      spatial.link @c::@out to @m::@in : vector depth 1
      spatial.link @m::@out to @sink::@v : vector depth 1
      spatial.link @m::@full to @m::@ready : token depth 4
      {more}
    """
    free = "spatial.link @m::@empty to @m::@free : token depth 4 init {}"
    # The writer may be two iterations ahead, never three.
    two = producer.format(waits='"free"', more=free.format(2))
    assert check_races(config_of(parse_config(two))) == []
    three = config_of(parse_config(producer.format(waits='"free"', more=free.format(3))))
    (race,) = check_races(three)
    assert race.memory == "m"
    assert (race.first, race.second) == ("m::@in", "m::@out")
    assert race.first_iteration != race.second_iteration
    with pytest.raises(SpatialError, match=r"unordered access to memory @m: @m::@in and @m::@out"):
        refuse_races(three)
    assert check_races(config_of(parse_config(producer.format(waits="", more="")))) != []


def test_two_orders_of_one_memory_without_a_link_clash(parse_config: Parse):
    text = """
      spatial.input @x : tensor<4xf32>
      spatial.output @y : tensor<4xf32>
      spatial.ag @x.load loads @x address [0] : vector<4xf32>
      spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
        spatial.write @in ports ["in"] port 0 address [0] : vector<4xf32>
        spatial.read @out port 0 address [ADDRESS] : vector<4xf32>
      }
      spatial.ag @y.store stores @y address [0] : vector<4xf32>
      spatial.link @x.load::@data to @m::@in : vector depth 1
      spatial.link @m::@out to @y.store::@data : vector depth 1
    """
    (race,) = check_races(config_of(parse_config(text.replace("ADDRESS", "2"))))
    assert race.element == (2,)
    assert "add a token link" in race.message
    assert check_races(config_of(parse_config(text.replace("ADDRESS", "4")))) == []


def test_races_are_refused_unless_allowed(parse_config: Parse):
    text = recurrence(buffers=1).replace('waits ["ready"]', "").replace('signals ["full"]', "")
    module = parse_config(text.replace(text[text.index("spatial.link @h::@full") :], ""))
    with pytest.raises(SpatialError, match="unordered access to memory @h"):
        prepare(module)
    prepare(module, races=True).run({}, {})


def test_wait_without_a_link_names_the_port(parse_unverified: Parse):
    text = recurrence().replace("to @h::@ready", "to @h::@free")
    with pytest.raises(SpatialError, match=r"no link feeds port @h::@ready"):
        prepare(parse_unverified(text.replace("waits []", 'waits ["free"]')), races=True)
