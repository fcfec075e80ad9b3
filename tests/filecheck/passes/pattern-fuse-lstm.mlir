// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},rnn-set-format{format=mixed8},convert-rnn-to-pattern,pattern-expand-activations,pattern-fuse" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},rnn-set-format{format=mixed8},convert-rnn-to-pattern,pattern-expand-activations,pattern-fuse" --remarks 2>&1 | filecheck %s --check-prefix=SAID
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},rnn-set-format{format=int8},convert-rnn-to-pattern,pattern-fuse" | filecheck %s --check-prefix=INT8

// A step is one map: [x, h] feeds four sums, the second part begins at a multiple of 64.
// CHECK:       {{%.+}} = pattern.scan ([[t:%.+]] in 9) carry ([[hp:%.+]] = {{%.+}} : tensor<1x1x30xf8E4M3FN>, [[cp:%.+]] = {{.*}})
// CHECK-NEXT:    [[c:%.+]], [[h:%.+]], [[hq:%.+]] = pattern.map ({{%.+}} in 1, {{%.+}} in 1, [[j:%.+]] in 30)
// CHECK-NEXT:      {{%.+}}, {{%.+}}, {{%.+}}, {{%.+}} = pattern.reduce add, add, add, add ([[k:%.+]] in 94) through [f16, f32] : f32, f32, f32, f32 {
// CHECK-NEXT:        [[w:%.+]] = pattern.read %w[0, [[j]], [[k]]] zero_outside : tensor<1x120x20xf8E4M3FN>
// CHECK-NEXT:        [[x:%.+]] = pattern.read %x[[[t]], 0, [[k]]] zero_outside : tensor<9x1x20xf8E4M3FN>
// CHECK-NEXT:        [[p:%.+]] = arith.mulf [[w]], [[x]] : f8E4M3FN
// CHECK-NEXT:        [[r:%.+]] = pattern.read %r[0, [[j]], [[k]] - 64] zero_outside : tensor<1x120x30xf8E4M3FN>
// CHECK-NEXT:        [[ho:%.+]] = pattern.read [[hp]][0, 0, [[k]] - 64] zero_outside : tensor<1x1x30xf8E4M3FN>
// CHECK-NEXT:        [[q:%.+]] = arith.mulf [[r]], [[ho]] : f8E4M3FN
// CHECK-NEXT:        [[s0:%.+]] = arith.addf [[p]], [[q]] : f8E4M3FN
// x and h are read once for all gates.
// CHECK-NOT:         pattern.read %x
// CHECK-NOT:         pattern.read [[hp]]
// CHECK:             pattern.yield [[s0]], {{%.+}}, {{%.+}}, {{%.+}} : f8E4M3FN, f8E4M3FN, f8E4M3FN, f8E4M3FN
// CHECK-NOT:     pattern.map
// CHECK-NOT:     pattern.reduce
// CHECK:         pattern.next [[hq]], [[c]] emit [[h]]
// CHECK-NOT:   pattern.map

// SAID: remark: pattern-fuse: %c: merged with %h
// SAID: remark: pattern-fuse: %wx: fused into %pre
// SAID: remark: pattern-fuse: %h: sums over 20 and 30 concatenated to one over 94, 4 times

// The scales of int8 are no powers of two: two sums per gate, over two domains.
// INT8:        pattern.reduce add, add, add, add ({{%.+}} in 20)
// INT8:        pattern.reduce add, add, add, add ({{%.+}} in 30)

func.func @main(%x : tensor<9x1x20xf32>) -> tensor<9x1x1x30xf32> {
  %w = pattern.parameter "W" : tensor<1x120x20xf32>
  %r = pattern.parameter "R" : tensor<1x120x30xf32>
  %b = pattern.parameter "B" : tensor<1x240xf32>
  %y, %y_h, %y_c = rnn.lstm %x, %w, %r bias %b hidden 30
      : (tensor<9x1x20xf32>, tensor<1x120x20xf32>, tensor<1x120x30xf32>, tensor<1x240xf32>)
      -> (tensor<9x1x1x30xf32>, tensor<1x1x30xf32>, tensor<1x1x30xf32>)
  func.return %y : tensor<9x1x1x30xf32>
}
