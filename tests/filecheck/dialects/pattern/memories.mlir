// RUN: spatial-opt %s | filecheck %s
// RUN: spatial-opt %s | spatial-opt | filecheck %s
// RUN: spatial-opt %s --print-op-generic | spatial-opt | filecheck %s

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<25x2x8xf32>, %m: tensor<4x8xi8>) -> tensor<8xf32> {
  // CHECK-NEXT: pattern.memory dram %x bytes 1600 live (-1, 0) : tensor<25x2x8xf32>
  pattern.memory dram %x bytes 1600 live (-1, 0) : tensor<25x2x8xf32>
  // A value may be in DRAM and on chip.
  // CHECK-NEXT: pattern.memory dram %m bytes 32 live (-1, 0) : tensor<4x8xi8>
  // CHECK-NEXT: pattern.memory sram %m bytes 32 live (-1, 0) banked (16, 1) : tensor<4x8xi8>
  pattern.memory dram %m bytes 32 live (-1, 0) : tensor<4x8xi8>
  pattern.memory sram %m bytes 32 live (-1, 0) banked (16, 1) : tensor<4x8xi8>
  %w = pattern.parameter "w" : tensor<8x8xf8E4M3FN>
  // CHECK: pattern.memory sram %w bytes 64 live (-1, 0) banked (16, 2) duplicated : tensor<8x8xf8E4M3FN>
  pattern.memory sram %w bytes 64 live (-1, 0) banked (16, 2) duplicated : tensor<8x8xf8E4M3FN>
  %table = pattern.table tanh entries 64 from -4.0 to 4.0 : tensor<64xf32>
  // CHECK: pattern.memory lut %table bytes 256 live (-1, 0) attributes {note = "kept"} : tensor<64xf32>
  pattern.memory lut %table bytes 256 live (-1, 0) attributes {note = "kept"} : tensor<64xf32>
  %h0 = arith.constant dense<0.0> : tensor<8xf32>
  // CHECK: pattern.scan
  %last = pattern.scan (%t in 25) carry (%h = %h0 : tensor<8xf32>) -> tensor<8xf32> {
    // Slices of one argument at different places have memories of their own.
    // CHECK-NEXT: pattern.memory sram %x[%t, 0, *] depth 2 bytes 32 live (-1, 0) : tensor<25x2x8xf32>
    // CHECK-NEXT: pattern.memory sram %x[24 - %t, *, *] depth 2 bytes 64 live (-1, 0) : tensor<25x2x8xf32>
    pattern.memory sram %x[%t, 0, *] depth 2 bytes 32 live (-1, 0) : tensor<25x2x8xf32>
    pattern.memory sram %x[24 - %t, *, *] depth 2 bytes 64 live (-1, 0) : tensor<25x2x8xf32>
    // CHECK-NEXT: pattern.memory sram %h depth 2 bytes 32 live (-1, 0) banked (8, 1, [3]) : tensor<8xf32>
    pattern.memory sram %h depth 2 bytes 32 live (-1, 0) banked (8, 1, [3]) : tensor<8xf32>
    %n, %u = pattern.map (%i in 8 par 1 x 4) -> (tensor<8xf32>, tensor<8xf32>) {
      %s, %p = pattern.reduce add, max (%k in 8 par 1 x 2) : f32, f32 {
        %a = pattern.read %h[%k] : tensor<8xf32>
        pattern.yield %a, %a : f32, f32
      }
      // A token of a queue has an element per lane.
      // CHECK: pattern.memory fifo %s depth 16 bytes 16 : f32
      // CHECK-NEXT: pattern.memory reg %p bytes 16 : f32
      pattern.memory fifo %s depth 16 bytes 16 : f32
      pattern.memory reg %p bytes 16 : f32
      %d = arith.addf %s, %s : f32
      pattern.yield %d, %p : f32, f32
    }
    // CHECK: pattern.memory sram %n bytes 32 live (0, 1) : tensor<8xf32>
    pattern.memory sram %n bytes 32 live (0, 1) : tensor<8xf32>
    pattern.next %n : tensor<8xf32>
  }
  // CHECK: pattern.memory dram %last bytes 32 live (0, 1) : tensor<8xf32>
  pattern.memory dram %last bytes 32 live (0, 1) : tensor<8xf32>
  func.return %last : tensor<8xf32>
}
