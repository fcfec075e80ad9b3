// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-assign-memories,pattern-bank-memories" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-assign-memories,pattern-bank-memories,pattern-bank-memories" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-assign-memories,pattern-bank-memories" --remarks 2>&1 | filecheck %s --check-prefix=REMARK
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-assign-memories,pattern-bank-memories,convert-pattern-to-spatial" | filecheck %s --check-prefix=SPATIAL
// RUN: not spatial-opt %S/pattern-tile.mlir -p "set-target{name=tiny},pattern-bank-memories" 2>&1 | filecheck %s --check-prefix=FIRST

// Four units write one element each, 8 apart, and a store takes four neighbours.
// CHECK-LABEL: func.func @main
// CHECK:         pattern.memory dram %x bytes 128 live (-1, 0) : tensor<32xf32>
// CHECK-NEXT:    pattern.memory sram %x bytes 128 live (-1, 0) banked (4, 8, [9]) : tensor<32xf32>
// What is read in the order in which it lies needs no thought; a table is copied into all banks.
// CHECK:         pattern.memory sram %w bytes 128 live (-1, 1) banked (4, 1) : tensor<32xf32>
// CHECK:         pattern.memory lut %tanh bytes 64 live (-1, 1) banked (4, 1) duplicated : tensor<16xf32>
// CHECK:         pattern.memory sram %y bytes 128 live (0, 1) banked (4, 8, [9]) : tensor<32xf32>
// What was set by hand stays.
// CHECK:         pattern.memory sram %z bytes 128 live (1, 2) banked (2, 1) : tensor<32xf32>

// REMARK: pattern-bank-memories: pattern.memory: %x is banked (4, 8, [9]), no stream waits for a bank
// REMARK: pattern-bank-memories: pattern.memory: %z: banked (2, 1) given loses cycles: the write of %z stalls 8 cycles per run and the store stalls 8 cycles per run; the write of %z takes elements [0] and [2] at once, which both lie on bank 0; with banked (4, 1), no stream waits for a bank

// SPATIAL-DAG: spatial.pmu @x_1 holds tensor<32xf32> banked (4, 8, [9]) init zero
// SPATIAL-DAG: spatial.pmu @y holds tensor<32xf32> banked (4, 8, [9]) init zero
// SPATIAL-DAG: spatial.pmu @z_1 holds tensor<32xf32> banked (2, 1) init zero
// SPATIAL-DAG: spatial.pmu @z.w holds tensor<32xf32> banked (4, 1) init parameter
// SPATIAL-DAG: spatial.pmu @z.tanh holds tensor<16xf32> banked (4, 1) duplicated init table

// FIRST: pattern-bank-memories: there is no pattern.memory to bank; run pattern-assign-memories first

func.func @main(%x: tensor<32xf32>) -> tensor<32xf32> {
  %w = pattern.parameter "w" : tensor<32xf32>
  %tanh = pattern.table tanh entries 16 from -4.0 to 4.0 : tensor<16xf32>
  %y = pattern.map (%i in 32 par 4) deal blocked -> tensor<32xf32> {
    %a = pattern.read %x[%i] : tensor<32xf32>
    %b = arith.addf %a, %a : f32
    pattern.yield %b : f32
  }
  %z = pattern.map (%j in 32 par 1 x 4) -> tensor<32xf32> {
    %a = pattern.read %y[%j] : tensor<32xf32>
    %b = pattern.read %w[%j] : tensor<32xf32>
    %c = arith.mulf %a, %b : f32
    %at = pattern.convert %c toward_zero clamp 0, 15 : f32 to i32
    %g = pattern.gather %tanh[%at] : tensor<16xf32>, i32
    pattern.yield %g : f32
  }
  pattern.memory sram %z bytes 128 live (1, 2) banked (2, 1) : tensor<32xf32>
  func.return %z : tensor<32xf32>
}
