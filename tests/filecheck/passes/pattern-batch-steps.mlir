// RUN: spatial-opt %s -p pattern-batch-steps | filecheck %s
// RUN: spatial-opt %s -p pattern-batch-steps,pattern-batch-steps | filecheck %s
// RUN: spatial-opt %s -p pattern-batch-steps --remarks 2>&1 | filecheck %s --check-prefix=REMARK

// %q and the sum that reads it move, a copy of the step that nobody needs before does not, nor
// what reads the state.
// CHECK-LABEL: func.func @main
// CHECK:         [[w:%.+]] = pattern.parameter "W"
// CHECK-NEXT:    [[q:%.+]] = pattern.map ([[t:%.+]] in 3, [[i:%.+]] in 8) -> tensor<3x8xf32> {
// CHECK-NEXT:      {{%.+}} = pattern.read %x{{\[}}[[t]], [[i]]]
// CHECK:         [[s:%.+]] = pattern.map ([[u:%.+]] in 3, [[g:%.+]] in 2, [[j:%.+]] in 4 par 2 x 2) -> tensor<3x2x4xf32> {
// CHECK-NEXT:      {{%.+}} = pattern.reduce add ([[k:%.+]] in 8)
// CHECK-NEXT:        {{%.+}} = pattern.read [[w]]{{\[}}[[g]], [[j]], [[k]]]
// CHECK-NEXT:        {{%.+}} = pattern.read [[q]]{{\[}}[[u]], [[k]]] : tensor<3x8xf32>
// CHECK:         pattern.scan reverse ([[v:%.+]] in 3)
// CHECK-NEXT:      [[copy:%.+]] = pattern.map ([[a:%.+]] in 8) -> tensor<8xf32> {
// CHECK-NEXT:        {{%.+}} = pattern.read %x{{\[}}[[v]], [[a]]]
// CHECK:           [[n:%.+]] = pattern.map ([[b:%.+]] in 4) -> tensor<4xf32> {
// CHECK-NEXT:        {{%.+}} = pattern.read [[s]]{{\[}}[[v]], 0, [[b]] - 1] zero_outside : tensor<3x2x4xf32>
// CHECK:             {{%.+}} = pattern.gather [[s]]{{\[}}[[v]], {{%.+}}, [[b]]] : tensor<3x2x4xf32>, index, i32, index
// CHECK:           [[kept:%.+]] = pattern.map
// CHECK-NEXT:        {{%.+}} = pattern.reduce
// CHECK:           pattern.next [[n]] emit [[copy]], [[kept]]

// REMARK: remark: pattern-batch-steps: %n: stays in its scan: it needs %h, which a step computes
// REMARK: remark: pattern-batch-steps: %kept: stays in its scan: the scan hands its result on
// REMARK: remark: pattern-batch-steps: %last: a map over 8 moved in front, for all 3 steps at once
// REMARK: remark: pattern-batch-steps: %last: a map over 2x4 moved in front, for all 3 steps at once

func.func @main(%x: tensor<3x8xf32>, %h0: tensor<4xf32>) -> (tensor<4xf32>, tensor<3x8xf32>, tensor<3x4xf32>) {
  %w = pattern.parameter "W" : tensor<2x4x8xf32>
  %last, %copies, %sums = pattern.scan reverse (%t in 3) carry (%h = %h0 : tensor<4xf32>)
      -> (tensor<4xf32>, tensor<3x8xf32>, tensor<3x4xf32>) {
    %copy = pattern.map (%i in 8) -> tensor<8xf32> {
      %v = pattern.read %x[%t, %i] : tensor<3x8xf32>
      pattern.yield %v : f32
    }
    %q = pattern.map (%i in 8) -> tensor<8xf32> {
      %v = pattern.read %x[%t, %i] : tensor<3x8xf32>
      %d = arith.mulf %v, %v : f32
      pattern.yield %d : f32
    }
    %s = pattern.map (%g in 2, %j in 4 par 2 x 2) -> tensor<2x4xf32> {
      %d = pattern.reduce add (%k in 8) : f32 {
        %a = pattern.read %w[%g, %j, %k] : tensor<2x4x8xf32>
        %b = pattern.read %q[%k] : tensor<8xf32>
        %p = arith.mulf %a, %b : f32
        pattern.yield %p : f32
      }
      pattern.yield %d : f32
    }
    %n = pattern.map (%j in 4) -> tensor<4xf32> {
      %a = pattern.read %s[0, %j - 1] zero_outside : tensor<2x4xf32>
      %one = arith.constant 1 : i32
      %c = pattern.gather %s[%one, %j] : tensor<2x4xf32>, i32, index
      %m = pattern.reduce max (%k in 4) : f32 {
        %e = pattern.read %h[%k] : tensor<4xf32>
        pattern.yield %e : f32
      }
      %d = arith.addf %a, %m : f32
      %f = arith.addf %d, %c : f32
      pattern.yield %f : f32
    }
    %kept = pattern.map (%j in 4) -> tensor<4xf32> {
      %m = pattern.reduce add (%k in 8) : f32 {
        %e = pattern.read %x[%t, %k] : tensor<3x8xf32>
        pattern.yield %e : f32
      }
      pattern.yield %m : f32
    }
    pattern.next %n emit %copy, %kept : tensor<4xf32>, tensor<8xf32>, tensor<4xf32>
  }
  func.return %last, %copies, %sums : tensor<4xf32>, tensor<3x8xf32>, tensor<3x4xf32>
}
