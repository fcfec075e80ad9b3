// RUN: spatial-opt %s --print-accesses | filecheck %s
// RUN: spatial-opt %s -p pattern-eliminate-copies --print-accesses | filecheck %s --check-prefix=LESS
// RUN: not spatial-opt %S/../../../examples/digits_lstm.mlir --print-accesses 2>&1 | filecheck %s --check-prefix=NONE

// NONE: spatial-opt: error: the module has no accesses of the pattern dialect to print; run convert-rnn-to-pattern first

// CHECK:      rows: read { [r, k] -> x[(floor((r)/3)), ((r) mod 3), (k)] : 0 <= r <= 14 and 0 <= k <= 7 } at [0, r, k, 0]
// CHECK-NEXT: rows: write { [r, k] -> rows[(r), (k)] : 0 <= r <= 14 and 0 <= k <= 7 } at [0, r, k, 2]
// CHECK-NEXT: y: read { [t, k] -> rows[(2 + 3t), (k)] : 0 <= t <= 4 and 0 <= k <= 7 } at [1, t, 0, k, 0]
// CHECK-NEXT: y: write { [t] -> y[(t)] : 0 <= t <= 4 } at [1, t, 2]
// CHECK-NEXT: return: read { [e0] -> y[(e0)] : 0 <= e0 <= 4 } at [2, e0]
// CHECK-NOT:  func.func

// LESS:       y: read { [t, k] -> x[(t), (2), (k)] : 0 <= t <= 4 and 0 <= k <= 7 } at [0, t, 0, k, 0]
// LESS-NEXT:  y: write
// LESS-NEXT:  return: read

func.func @main(%x: tensor<5x3x8xi32>) -> tensor<5xi32> {
  %rows = pattern.map (%r in 15, %k in 8) -> tensor<15x8xi32> {
    %v = pattern.read %x[%r floordiv 3, %r mod 3, %k] : tensor<5x3x8xi32>
    pattern.yield %v : i32
  }
  %y = pattern.map (%t in 5) -> tensor<5xi32> {
    %s = pattern.reduce add (%k in 8) : i32 {
      %v = pattern.read %rows[3 * %t + 2, %k] : tensor<15x8xi32>
      %w = arith.muli %v, %v : i32
      pattern.yield %w : i32
    }
    pattern.yield %s : i32
  }
  func.return %y : tensor<5xi32>
}
