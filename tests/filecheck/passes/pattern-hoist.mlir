// RUN: spatial-opt %s -p pattern-hoist | filecheck %s
// RUN: spatial-opt %s -p pattern-hoist,pattern-hoist | filecheck %s
// RUN: spatial-opt %s -p "pattern-hoist{expressions=true}" | filecheck %s --check-prefix=SPLIT
// RUN: spatial-opt %s -p "pattern-hoist{expressions=true},pattern-hoist{expressions=true}" | filecheck %s --check-prefix=SPLIT

// %u depends on what moved before it; %e is emitted as it is, and %s depends on the step.
// CHECK-LABEL: func.func @main
// CHECK:         [[p:%.+]] = pattern.parameter "p"
// CHECK-NEXT:    [[q:%.+]] = pattern.parameter "q"
// CHECK-NEXT:    [[c:%.+]] = pattern.map
// CHECK:         [[u:%.+]] = pattern.map
// CHECK-NEXT:      {{%.+}} = pattern.read [[c]]
// CHECK:         pattern.scan ([[t:%.+]] in 3)
// CHECK-NEXT:      [[e:%.+]] = pattern.map
// CHECK:           [[s:%.+]] = pattern.map ([[g:%.+]] in 2, [[i:%.+]] in 8)
// CHECK-NEXT:        {{%.+}} = pattern.read {{%.+}}{{\[}}[[t]], [[g]], [[i]]]
// CHECK-NEXT:        {{%.+}} = pattern.read [[p]]
// CHECK-NEXT:        {{%.+}} = pattern.read [[q]]
// CHECK-NEXT:        {{%.+}} = arith.addf
// CHECK:           pattern.next emit [[s]], [[e]]

// The sum of two parameters goes, over the one dimension that it depends on; a read alone stays,
// and so does what reads %x at the step.
// SPLIT-LABEL: func.func @main
// SPLIT:         [[c:%.+]] = pattern.map
// SPLIT:         [[u:%.+]] = pattern.map ({{%.+}} in 8) -> tensor<8xf32> {
// SPLIT-NEXT:      {{%.+}} = pattern.read [[c]]
// SPLIT:         [[b:%.+]], [[n:%.+]] = pattern.map ([[j:%.+]] in 8) -> (tensor<8xf32>, tensor<8xf32>) {
// SPLIT-NEXT:      [[v:%.+]] = pattern.read {{%.+}}{{\[}}[[j]]] : tensor<8xf32>
// SPLIT-NEXT:      [[w:%.+]] = pattern.read {{%.+}}{{\[}}[[j]]] : tensor<8xf32>
// SPLIT-NEXT:      [[a:%.+]] = arith.addf [[v]], [[w]] : f32
// SPLIT-NEXT:      [[m:%.+]] = arith.negf [[w]] : f32
// SPLIT-NEXT:      pattern.yield [[a]], [[m]] : f32, f32
// SPLIT-NEXT:    }
// SPLIT-NEXT:    {{.+}} = pattern.scan
// SPLIT:           pattern.map ({{%.+}} in 2, [[i:%.+]] in 8)
// SPLIT-NEXT:        [[x:%.+]] = pattern.read %x
// SPLIT-NEXT:        [[r:%.+]] = pattern.read [[b]]{{\[}}[[i]]] : tensor<8xf32>
// SPLIT-NEXT:        [[k:%.+]] = arith.mulf [[x]], [[r]] : f32
// SPLIT-NEXT:        [[o:%.+]] = pattern.read [[n]]{{\[}}[[i]]] : tensor<8xf32>
// SPLIT-NEXT:        [[z:%.+]] = pattern.read [[u]]
// SPLIT-NEXT:        [[y:%.+]] = arith.addf [[k]], [[o]] : f32
// SPLIT-NEXT:        [[f:%.+]] = arith.addf [[y]], [[z]] : f32
// SPLIT-NEXT:        pattern.yield [[f]] : f32

func.func @main(%x: tensor<3x2x8xf32>) -> (tensor<3x2x8xf32>, tensor<3x8xf32>) {
  %y, %z = pattern.scan (%t in 3) -> (tensor<3x2x8xf32>, tensor<3x8xf32>) {
    %p = pattern.parameter "p" : tensor<8xf32>
    %q = pattern.parameter "q" : tensor<8xf32>
    %c = pattern.map (%i in 8) -> tensor<8xf32> {
      %v = pattern.read %p[%i] : tensor<8xf32>
      %d = arith.mulf %v, %v : f32
      pattern.yield %d : f32
    }
    %e = pattern.map (%i in 8) -> tensor<8xf32> {
      %v = pattern.read %q[%i] : tensor<8xf32>
      %d = arith.mulf %v, %v : f32
      pattern.yield %d : f32
    }
    %u = pattern.map (%i in 8) -> tensor<8xf32> {
      %v = pattern.read %c[%i] : tensor<8xf32>
      %d = arith.mulf %v, %v : f32
      pattern.yield %d : f32
    }
    %s = pattern.map (%g in 2, %i in 8) -> tensor<2x8xf32> {
      %v = pattern.read %x[%t, %g, %i] : tensor<3x2x8xf32>
      %v1 = pattern.read %p[%i] : tensor<8xf32>
      %v2 = pattern.read %q[%i] : tensor<8xf32>
      %b = arith.addf %v1, %v2 : f32
      %k = arith.mulf %v, %b : f32
      %n = arith.negf %v2 : f32
      %w = pattern.read %u[%i] : tensor<8xf32>
      %l = arith.addf %k, %n : f32
      %f = arith.addf %l, %w : f32
      pattern.yield %f : f32
    }
    pattern.next emit %s, %e : tensor<2x8xf32>, tensor<8xf32>
  }
  func.return %y, %z : tensor<3x2x8xf32>, tensor<3x8xf32>
}
