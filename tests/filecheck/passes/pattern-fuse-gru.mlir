// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},rnn-set-format{format=mixed8},convert-rnn-to-pattern,pattern-expand-activations,pattern-fuse" | filecheck %s
// RUN: not spatial-opt %s -p "set-target{name=plasticine-rnn},rnn-set-format{format=mixed8},convert-rnn-to-pattern,pattern-fuse{only=rs}" 2>&1 | filecheck %s --check-prefix=FORCED
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},rnn-set-format{format=mixed8},convert-rnn-to-pattern,pattern-fuse{policy=all}" --remarks 2>&1 | filecheck %s --check-prefix=SAID

// The reset before the product: one vector, in its stored format, stands between two maps.
// CHECK:       pattern.scan
// CHECK-NEXT:    [[rs:%.+]] = pattern.map ({{.*}}) -> tensor<1x1x30xf8E4M3FN> {
// CHECK:           pattern.reduce add ({{%.+}} in 94) through [f16, f32] : f32 {
// CHECK:         {{%.+}}, {{%.+}} = pattern.map ({{.*}}) -> (tensor<1x1x30xf32>, tensor<1x1x30xf8E4M3FN>) {
// The update gate reads [x, h], the candidate [x, r * h].
// CHECK:           pattern.reduce add, add ([[k:%.+]] in 94) through [f16, f32] : f32, f32 {
// CHECK:             pattern.read [[rs]][0, 0, [[k]] - 64] zero_outside
// CHECK-NOT:     pattern.map
// The reset after the product: one map.
// CHECK:       pattern.scan
// CHECK-NEXT:    {{%.+}}, {{%.+}} = pattern.map ({{.*}}) -> (tensor<1x1x30xf32>, tensor<1x1x30xf8E4M3FN>) {
// CHECK-DAG:       pattern.reduce add, add ({{%.+}} in 94)
// CHECK-DAG:       pattern.reduce add ({{%.+}} in 20)
// CHECK-DAG:       pattern.reduce add ({{%.+}} in 30)
// CHECK-NOT:     pattern.map

// FORCED: pattern-fuse: cannot fuse %rs into %rn: the reduction of %wx would run anew for every element that the reduction reads at [0, 0, %k]; the reduction needs the whole %rs first

// SAID: remark: pattern-fuse: %rs: not merged with %h: the reduction that reads it at [0, 0, %k] needs the whole result first
// SAID: remark: pattern-fuse: %rs: not fused into %rn: the reduction of %wx would run anew

func.func @main(%x : tensor<9x1x20xf32>) -> (tensor<9x1x1x30xf32>, tensor<9x1x1x30xf32>) {
  %w = pattern.parameter "W" : tensor<1x90x20xf32>
  %r = pattern.parameter "R" : tensor<1x90x30xf32>
  %y, %y_h = rnn.gru %x, %w, %r hidden 30
      : (tensor<9x1x20xf32>, tensor<1x90x20xf32>, tensor<1x90x30xf32>)
      -> (tensor<9x1x1x30xf32>, tensor<1x1x30xf32>)
  %z, %z_h = rnn.gru %x, %w, %r hidden 30 linear_before_reset
      : (tensor<9x1x20xf32>, tensor<1x90x20xf32>, tensor<1x90x30xf32>)
      -> (tensor<9x1x1x30xf32>, tensor<1x1x30xf32>)
  func.return %y, %z : tensor<9x1x1x30xf32>, tensor<9x1x1x30xf32>
}
