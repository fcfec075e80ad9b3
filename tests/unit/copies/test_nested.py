"""Copies in scans in scans, in maps in maps, and among other results of a map."""

from copy_cases import eliminated, map_names, parse

SCANS = """
func.func @main(%x: tensor<3x2x4xi32>, %h0: tensor<4xi32>) -> tensor<3x2x4xi32> {
  %l, %all = pattern.scan (%t in 3) carry (%h = %h0 : tensor<4xi32>)
      -> (tensor<4xi32>, tensor<3x2x4x1xi32>) {
    %xt = pattern.map (%u in 2, %j in 4) -> tensor<2x4xi32> {
      %v = pattern.read %x[%t, %u, 3 - %j] : tensor<3x2x4xi32>
      pattern.yield %v : i32
    }
    %k, %in = pattern.scan reverse (%u in 2) carry (%g = %h : tensor<4xi32>)
        -> (tensor<4xi32>, tensor<2x4x1xi32>) {
      %xu = pattern.map (%j in 4) -> tensor<4xi32> {
        %v = pattern.read %xt[%u, %j] : tensor<2x4xi32>
        pattern.yield %v : i32
      }
      %n = pattern.map (%j in 4) -> tensor<4xi32> {
        %a = pattern.read %xu[%j] : tensor<4xi32>
        %b = pattern.read %g[3 - %j] : tensor<4xi32>
        %s = arith.muli %a, %b : i32
        %q = arith.addi %s, %a : i32
        pattern.yield %q : i32
      }
      %w = pattern.map (%j in 4, %d in 1) -> tensor<4x1xi32> {
        %v = pattern.read %n[%j] : tensor<4xi32>
        pattern.yield %v : i32
      }
      pattern.next %n emit %w : tensor<4xi32>, tensor<4x1xi32>
    }
    %m = pattern.map (%u in 2, %j in 4, %d in 1) -> tensor<2x4x1xi32> {
      %v = pattern.read %in[%u, %j, %d] : tensor<2x4x1xi32>
      %w = arith.addi %v, %v : i32
      pattern.yield %w : i32
    }
    pattern.next %k emit %m : tensor<4xi32>, tensor<2x4x1xi32>
  }
  %y = pattern.map (%t in 3, %u in 2, %j in 4) -> tensor<3x2x4xi32> {
    %v = pattern.read %all[%t, %u, %j, 0] : tensor<3x2x4x1xi32>
    pattern.yield %v : i32
  }
  func.return %y : tensor<3x2x4xi32>
}
"""

MAPS = """
func.func @main(%x: tensor<3x4xi32>) -> tensor<3xi32> {
  %y = pattern.map (%i in 3) -> tensor<3xi32> {
    %row = pattern.map (%j in 4) -> tensor<4xi32> {
      %v = pattern.read %x[%i, 3 - %j] : tensor<3x4xi32>
      pattern.yield %v : i32
    }
    %tw = pattern.map (%j in 4) -> tensor<4xi32> {
      %v = pattern.read %row[%j] : tensor<4xi32>
      %w = arith.muli %v, %v : i32
      pattern.yield %w : i32
    }
    %rev = pattern.map (%j in 4) -> tensor<4xi32> {
      %v = pattern.read %tw[3 - %j] : tensor<4xi32>
      pattern.yield %v : i32
    }
    %s = pattern.reduce add (%k in 4) : i32 {
      %a = pattern.read %rev[%k] : tensor<4xi32>
      %b = pattern.read %row[%k] : tensor<4xi32>
      %p = arith.muli %a, %b : i32
      pattern.yield %p : i32
    }
    pattern.yield %s : i32
  }
  func.return %y : tensor<3xi32>
}
"""

RESULTS = """
func.func @main(%x: tensor<3x4xi32>) -> (tensor<4x3xi32>, tensor<4x3xi32>) {
  %a, %b, %c = pattern.map (%j in 4, %i in 3)
      -> (tensor<4x3xi32>, tensor<4x3xi32>, tensor<4x3xi32>) {
      %v = pattern.read %x[%i, %j] : tensor<3x4xi32>
      %w = arith.muli %v, %v : i32
      %u = pattern.read %x[2 - %i, %j] : tensor<3x4xi32>
      pattern.yield %v, %w, %u : i32, i32, i32
  }
  %y = pattern.map (%j in 4, %i in 3) -> tensor<4x3xi32> {
      %v = pattern.read %a[%j, 2 - %i] : tensor<4x3xi32>
      %w = pattern.read %c[%j, %i] : tensor<4x3xi32>
      %z = arith.addi %v, %w : i32
      pattern.yield %z : i32
  }
  func.return %y, %b : tensor<4x3xi32>, tensor<4x3xi32>
}
"""


def test_a_scan_in_a_scan():
    changed, remarks = eliminated(parse(SCANS))
    assert map_names(changed) == ["n", "m", "y"]
    assert "pattern.read %x[%t, %u, 3 - %j]" in str(changed)
    # xt runs 3 times, xu and w 6 times.
    bytes_on, bytes_off = 2 * 4 * 6 * (4 + 4), 2 * 4 * 3 * 8
    assert remarks[-1].text == (
        f"3 of 4 copies eliminated, {bytes_on} bytes on chip and {bytes_off} bytes off chip"
    )


def test_maps_in_a_map():
    changed, _ = eliminated(parse(MAPS))
    assert map_names(changed) == ["y", "tw"]
    assert "pattern.read %tw[3 - %k]" in str(changed)
    assert "pattern.read %x[%i, 3 - %k]" in str(changed)


def test_results_of_a_map_that_computes_others():
    changed, remarks = eliminated(parse(RESULTS))
    assert map_names(changed) == ["b", "y"]
    assert [remark.text for remark in remarks[:2]] == [
        "eliminated, readers read %x",
        "result %c: eliminated, readers read %x",
    ]
