// RUN: spatial-opt %s -p pattern-eliminate-copies --remarks 2>&1 | filecheck %s
// RUN: spatial-opt %s -p pattern-eliminate-copies,pattern-eliminate-copies | filecheck %s --check-prefix=AGAIN
// RUN: spatial-opt %s -p "pattern-eliminate-copies{keep=xh}" | filecheck %s --check-prefix=KEEP
// RUN: not spatial-opt %s -p "pattern-eliminate-copies{keep=xhs}" 2>&1 | filecheck %s --check-prefix=UNKNOWN
// RUN: not spatial-opt %s -p "pattern-eliminate-copies{buffers=0}" 2>&1 | filecheck %s --check-prefix=BUFFERS

// A step over [x, h], written as an exporter does: a transpose and a time slice of the input, a
// concatenation, a product, a split into gates, and outputs transposed to batch-major.

// CHECK:         remark: pattern-eliminate-copies: %xt: eliminated, readers read %x
// CHECK-NEXT:    remark: pattern-eliminate-copies: %wt: eliminated, readers read %w
// CHECK-NEXT:    remark: pattern-eliminate-copies: %xs: eliminated, readers read %x
// CHECK-NEXT:    remark: pattern-eliminate-copies: %xh: eliminated, readers read %x, %h
// CHECK-NEXT:    remark: pattern-eliminate-copies: %gate: eliminated, readers read %z
// CHECK-NEXT:    remark: pattern-eliminate-copies: %value: eliminated, readers read %z
// CHECK-NEXT:    remark: pattern-eliminate-copies: %wide: eliminated, readers read %new
// CHECK-NEXT:    remark: pattern-eliminate-copies: %y: stays: C5: %y is a result of the function
// Twice 4 bytes: wt 56, xs 5 x 6, xh 5 x 14, gate and value 5 x 8 each, wide 5 x 8; xt 30.
// CHECK-NEXT:    remark: pattern-eliminate-copies: @main: 7 of 8 copies eliminated, 2208 bytes on chip and 240 bytes off chip

// CHECK-LABEL:   func.func @main
// CHECK-NEXT:      [[w:%.+]] = pattern.parameter "w"
// CHECK-NEXT:      [[last:%.+]], [[stack:%.+]] = pattern.scan ([[t:%.+]] in 5) carry ([[h:%.+]] = %h0 : tensor<2x4xi32>) -> (tensor<2x4xi32>, tensor<5x2x4xi32>) {
// CHECK-NEXT:        [[z:%.+]] = pattern.map ([[b:%.+]] in 2, [[n:%.+]] in 8) -> tensor<2x8xi32> {
// CHECK-NEXT:          [[s:%.+]] = pattern.reduce add ([[k:%.+]] in 7) : i32 {
// CHECK-NEXT:            [[p:%.+]] = pattern.read %x[[[b]], [[t]], [[k]]] zero_outside : tensor<2x5x3xi32>
// CHECK-NEXT:            [[q:%.+]] = pattern.read [[h]][[[b]], [[k]] - 3] zero_outside : tensor<2x4xi32>
// CHECK-NEXT:            [[v:%.+]] = arith.addi [[p]], [[q]] : i32
// CHECK-NEXT:            [[u:%.+]] = pattern.read [[w]][[[n]], [[k]]] : tensor<8x7xi32>
// CHECK-NEXT:            arith.muli [[v]], [[u]] : i32
// CHECK:             [[new:%.+]] = pattern.map ([[b:%.+]] in 2, [[j:%.+]] in 4) -> tensor<2x4xi32> {
// CHECK-NEXT:          pattern.read [[z]][[[b]], [[j]]] : tensor<2x8xi32>
// CHECK-NEXT:          pattern.read [[z]][[[b]], [[j]] + 4] : tensor<2x8xi32>
// CHECK:             pattern.next [[new]] emit [[new]] : tensor<2x4xi32>, tensor<2x4xi32>
// CHECK:           [[y:%.+]] = pattern.map ([[b:%.+]] in 2, [[t:%.+]] in 5, [[j:%.+]] in 4) -> tensor<2x5x4xi32> {
// CHECK-NEXT:        pattern.read [[stack]][[[t]], [[b]], [[j]]] : tensor<5x2x4xi32>
// CHECK:           func.return [[y]] : tensor<2x5x4xi32>

// AGAIN-COUNT-3:  pattern.map
// AGAIN-NOT:      pattern.map

// KEEP:           [[xh:%.+]] = pattern.map ([[b:%.+]] in 2, [[k:%.+]] in 7) -> tensor<2x7xi32> {
// KEEP-NEXT:        pattern.read %x[[[b]], %{{.*}}, [[k]]] zero_outside : tensor<2x5x3xi32>
// KEEP:             pattern.read [[xh]][{{.*}}] : tensor<2x7xi32>

// UNKNOWN: pattern-eliminate-copies: there is no copy %xhs, did you mean %xs?; there are %xt, %wt, %xs, %xh, %gate, %value, %wide, %y
// BUFFERS: pattern-eliminate-copies: buffers must be at least 1, got 0

func.func @main(%x: tensor<2x5x3xi32>, %h0: tensor<2x4xi32>) -> tensor<2x5x4xi32> {
  %xt = pattern.map (%t in 5, %b in 2, %k in 3) -> tensor<5x2x3xi32> {
    %v = pattern.read %x[%b, %t, %k] : tensor<2x5x3xi32>
    pattern.yield %v : i32
  }
  %w = pattern.parameter "w" : tensor<8x7xi32>
  %wt = pattern.map (%k in 7, %n in 8) -> tensor<7x8xi32> {
    %v = pattern.read %w[%n, %k] : tensor<8x7xi32>
    pattern.yield %v : i32
  }
  %last, %stack = pattern.scan (%t in 5) carry (%h = %h0 : tensor<2x4xi32>) -> (tensor<2x4xi32>, tensor<5x1x2x4xi32>) {
    %xs = pattern.map (%b in 2, %k in 3) -> tensor<2x3xi32> {
      %v = pattern.read %xt[%t, %b, %k] : tensor<5x2x3xi32>
      pattern.yield %v : i32
    }
    %xh = pattern.map (%b in 2, %k in 7) -> tensor<2x7xi32> {
      %p = pattern.read %xs[%b, %k] zero_outside : tensor<2x3xi32>
      %q = pattern.read %h[%b, %k - 3] zero_outside : tensor<2x4xi32>
      %s = arith.addi %p, %q : i32
      pattern.yield %s : i32
    }
    %z = pattern.map (%b in 2, %n in 8) -> tensor<2x8xi32> {
      %s = pattern.reduce add (%k in 7) : i32 {
        %v = pattern.read %xh[%b, %k] : tensor<2x7xi32>
        %u = pattern.read %wt[%k, %n] : tensor<7x8xi32>
        %p = arith.muli %v, %u : i32
        pattern.yield %p : i32
      }
      pattern.yield %s : i32
    }
    %gate = pattern.map (%b in 2, %j in 4) -> tensor<2x4xi32> {
      %v = pattern.read %z[%b, %j] : tensor<2x8xi32>
      pattern.yield %v : i32
    }
    %value = pattern.map (%b in 2, %j in 4) -> tensor<2x4xi32> {
      %v = pattern.read %z[%b, %j + 4] : tensor<2x8xi32>
      pattern.yield %v : i32
    }
    %new = pattern.map (%b in 2, %j in 4) -> tensor<2x4xi32> {
      %g = pattern.read %gate[%b, %j] : tensor<2x4xi32>
      %v = pattern.read %value[%b, %j] : tensor<2x4xi32>
      %p = arith.muli %g, %v : i32
      pattern.yield %p : i32
    }
    %wide = pattern.map (%d in 1, %b in 2, %j in 4) -> tensor<1x2x4xi32> {
      %v = pattern.read %new[%b, %j] : tensor<2x4xi32>
      pattern.yield %v : i32
    }
    pattern.next %new emit %wide : tensor<2x4xi32>, tensor<1x2x4xi32>
  }
  %y = pattern.map (%b in 2, %t in 5, %j in 4) -> tensor<2x5x4xi32> {
    %v = pattern.read %stack[%t, 0, %b, %j] : tensor<5x1x2x4xi32>
    pattern.yield %v : i32
  }
  func.return %y : tensor<2x5x4xi32>
}
