// RUN: spatial-opt %s -p pattern-fuse | filecheck %s
// RUN: spatial-opt %s -p pattern-fuse,pattern-fuse | filecheck %s
// RUN: spatial-opt %s -p "pattern-fuse{policy=none}" | filecheck %s --check-prefix=NONE
// RUN: spatial-opt %s -p "pattern-fuse{keep=p}" | filecheck %s --check-prefix=KEEP
// RUN: spatial-opt %s -p "pattern-fuse{only=p}" | filecheck %s --check-prefix=ONLY

// Coordinates are composed, and extents of 1 do not matter; only the reader is left.
// CHECK-LABEL: func.func @main
// CHECK-NEXT:    [[w:%.+]] = pattern.parameter "w"
// CHECK-NEXT:    [[y:%.+]] = pattern.map ([[j:%.+]] in 6) -> tensor<6xf32> {
// CHECK-NEXT:      [[a:%.+]] = pattern.read %x[2 * [[j]] + 1] : tensor<12xf32>
// CHECK-NEXT:      [[q:%.+]] = arith.mulf [[a]], [[a]] : f32
// CHECK-NEXT:      [[t:%.+]] = pattern.activate tanh [[q]] : f32
// CHECK-NEXT:      pattern.yield [[t]] : f32
// CHECK-NEXT:    }
// Each gate of the product is computed where it is needed; both share x.
// CHECK-NEXT:    [[g:%.+]] = pattern.map ([[i:%.+]] in 2) -> tensor<2xf32> {
// CHECK-NEXT:      [[r0:%.+]], [[r1:%.+]] = pattern.reduce add, add ([[k:%.+]] in 12) : f32, f32 {
// CHECK-NEXT:        [[w0:%.+]] = pattern.read [[w]][[[i]], [[k]]] : tensor<4x12xf32>
// CHECK-NEXT:        [[x:%.+]] = pattern.read %x[[[k]]] : tensor<12xf32>
// CHECK-NEXT:        [[m0:%.+]] = arith.mulf [[w0]], [[x]] : f32
// CHECK-NEXT:        [[w1:%.+]] = pattern.read [[w]][[[i]] + 2, [[k]]] : tensor<4x12xf32>
// CHECK-NEXT:        [[m1:%.+]] = arith.mulf [[w1]], [[x]] : f32
// CHECK-NEXT:        pattern.yield [[m0]], [[m1]] : f32, f32
// CHECK-NEXT:      }
// CHECK-NEXT:      [[p:%.+]] = arith.mulf [[r0]], [[r1]] : f32
// CHECK-NEXT:      pattern.yield [[p]] : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return [[y]], [[g]]

// NONE:      %p = pattern.map (%b in 1, %i in 12)
// NONE:      %y = pattern.map
// NONE:      %s = pattern.map
// NONE:      %g = pattern.map

// KEEP:      %p = pattern.map (%b in 1, %i in 12)
// KEEP:      %y = pattern.map
// KEEP-NOT:  %s = pattern.map

// ONLY-NOT:  %p = pattern.map
// ONLY:      %y = pattern.map
// ONLY:      %s = pattern.map
// ONLY:      %g = pattern.map

func.func @main(%x : tensor<12xf32>) -> (tensor<6xf32>, tensor<2xf32>) {
  %w = pattern.parameter "w" : tensor<4x12xf32>
  %p = pattern.map (%b in 1, %i in 12) -> tensor<1x12xf32> {
    %a = pattern.read %x[%i] : tensor<12xf32>
    %q = arith.mulf %a, %a : f32
    pattern.yield %q : f32
  }
  %y = pattern.map (%j in 6) -> tensor<6xf32> {
    %a = pattern.read %p[0, 2 * %j + 1] : tensor<1x12xf32>
    %t = pattern.activate tanh %a : f32
    pattern.yield %t : f32
  }
  %s = pattern.map (%gate in 2, %i in 2) -> tensor<2x2xf32> {
    %r = pattern.reduce add (%k in 12) : f32 {
      %a = pattern.read %w[2 * %gate + %i, %k] : tensor<4x12xf32>
      %b = pattern.read %x[%k] : tensor<12xf32>
      %m = arith.mulf %a, %b : f32
      pattern.yield %m : f32
    }
    pattern.yield %r : f32
  }
  %g = pattern.map (%i in 2) -> tensor<2xf32> {
    %a = pattern.read %s[0, %i] : tensor<2x2xf32>
    %b = pattern.read %s[1, %i] : tensor<2x2xf32>
    %p2 = arith.mulf %a, %b : f32
    pattern.yield %p2 : f32
  }
  func.return %y, %g : tensor<6xf32>, tensor<2xf32>
}
