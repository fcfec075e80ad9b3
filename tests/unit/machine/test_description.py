"""Shipped machines against the figures published for them, and positions by hand."""

from dataclasses import replace

import pytest

from spatial_opt.machine.description import AddressGenerators, Grid, Machine
from spatial_opt.machine.load import known_machines, load_machine


@pytest.fixture(scope="module")
def rnn() -> Machine:
    """Give the machine of Zhao et al., MLSys 2019."""
    return load_machine("plasticine-rnn")


def test_rnn_variant_counts_of_the_paper(rnn: Machine):
    assert len(rnn.grid.positions("pcu")) == 192
    assert len(rnn.grid.positions("pmu")) == 384
    # Table 4: 31.5 MB on chip, 49 TFLOPS of 8-bit operations on packed words
    assert 384 * rnn.pmu.capacity_bytes == 31.5 * 2**20
    assert rnn.lanes_for(8) == 64
    assert rnn.lanes_for(16) == 32
    assert rnn.lanes_for(32) == 16
    assert rnn.lanes_for(1) == 64
    assert rnn.peak_macs_per_cycle(8) == 12288


def test_rnn_variant_power_adds_up_to_the_paper(rnn: Machine):
    power = rnn.power
    watts = (192 * power.pcu_mw + 384 * power.pmu_mw + rnn.ag.count * power.ag_mw) / 1000
    assert watts == pytest.approx(160, abs=0.5)


def test_every_compute_unit_has_a_memory_on_both_sides(rnn: Machine):
    for row, column in rnn.grid.positions("pcu"):
        assert rnn.grid.kind(row, column - 1) == "pmu"
        assert rnn.grid.kind(row, column + 1) == "pmu"


def test_original_plasticine():
    machine = load_machine("plasticine-isca17")
    assert len(machine.grid.positions("pcu")) == 64
    assert len(machine.grid.positions("pmu")) == 64
    assert 64 * machine.pmu.capacity_bytes == 16 * 2**20
    assert machine.pmu.banks * 16384 == machine.pmu.capacity_bytes
    # no sub-words: an 8-bit value takes a lane of its own
    assert machine.lanes_for(8) == 16
    assert machine.vector_bits == 512
    assert machine.pmu.scalar_outputs == 0
    # 6 stages of 16 lanes in 64 units, two operations per multiply-add: 12.3 TFLOPS
    assert 2 * 64 * 6 * 16 == pytest.approx(12300, rel=0.01)


@pytest.mark.parametrize("name", known_machines())
def test_all_address_generators_stand_outside_the_grid(name: str):
    machine = load_machine(name)
    positions = machine.ag_positions()
    assert len(positions) == machine.ag.count
    assert all(0 <= row < machine.grid.rows for row, _ in positions)
    assert {column for _, column in positions} == {-1, machine.grid.columns}


def test_address_generators_by_hand():
    grid = Grid(4, 2, ("pcu pmu",))
    assert AddressGenerators(3, 2, 64, 0).positions(grid) == [(0, -1), (0, 2), (2, -1)]
    assert AddressGenerators(1, 2, 64, 0).positions(grid) == [(0, -1)]
    assert AddressGenerators(0, 2, 64, 0).positions(grid) == []
    # more generators than switches on the left and right: positions repeat
    assert AddressGenerators(4, 2, 64, 0).positions(Grid(1, 2, ("pcu",))) == [(0, -1), (0, 2)] * 2


def test_checkerboard_by_hand():
    grid = Grid(2, 3, ("pcu pmu", "pmu pcu"))
    assert [grid.kind(0, c) for c in range(3)] == ["pcu", "pmu", "pcu"]
    assert grid.positions("pcu") == [(0, 0), (0, 2), (1, 1)]
    assert grid.positions("pmu") == [(0, 1), (1, 0), (1, 2)]


def test_latency_time_and_relaxed_limits(rnn: Machine):
    assert rnn.op_latency("arith.addf") == 1
    assert rnn.op_latency("arith.divf") == 8
    assert rnn.cycles_to_us(29200) == pytest.approx(29.2)
    assert replace(rnn, clock_ghz=0.5).cycles_to_us(1000) == pytest.approx(2.0)
    assert rnn.enforces("pmu.capacity_bytes")
    assert not replace(rnn, relaxed=("pmu.capacity_bytes",)).enforces("pmu.capacity_bytes")


def test_links_that_end_at_one_unit(rnn: Machine):
    narrow = replace(rnn, network=replace(rnn.network, scalar_links=1))
    assert rnn.links_into("scalar") == rnn.links_into("vector") == 16
    assert (narrow.links_into("scalar"), narrow.links_into("vector")) == (4, 16)
    assert replace(narrow, relaxed=("network.scalar_links",)).links_into("scalar") > 10**6
