// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-split-program{configurations=each}" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-split-program{configurations=each},pattern-split-program{configurations=each}" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-split-program" | filecheck %s --check-prefix=WHOLE
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-split-program{configurations=one}" | filecheck %s --check-prefix=WHOLE
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-split-program{configurations=fastest}" | filecheck %s --check-prefix=WHOLE
// RUN: spatial-opt %s -p "set-target{name=tiny relax=pcu.lanes},pattern-split-program{configurations=each},set-target{name=plasticine-rnn}" | filecheck %s --check-prefix=TARGET
// RUN: not spatial-opt %s -p "pattern-split-program" 2>&1 | filecheck %s --check-prefix=NONE
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-split-program{configurations=two}" 2>&1 | filecheck %s --check-prefix=OPTION
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-split-program{configurations=each},spatial-place" 2>&1 | filecheck %s --check-prefix=PART

// Every part takes what it needs, under the name it has in the whole program, and makes constants
// anew.
// CHECK:       builtin.module attributes {spatial.results = ["last", "y"]} {
// CHECK-NEXT:    builtin.module @part0 attributes {spatial.target = #spatial.target<{name = "tiny"
// CHECK-NEXT:      func.func @main(%x: tensor<4xf32> {pattern.name = "input", pattern.scale = 2.000000e+00 : f32}) -> (tensor<4xf32> {pattern.name = "a"}) {
// CHECK-NEXT:        [[w:%.+]] = pattern.parameter "W" : tensor<4xf32>
// CHECK-NEXT:        [[a:%.+]] = pattern.map (%i in 4) -> tensor<4xf32> {
// CHECK:             func.return [[a]] : tensor<4xf32>
// CHECK:         builtin.module @part1 attributes {spatial.target = #spatial.target<{name = "tiny"
// CHECK-NEXT:      func.func @main([[a:%.+]]: tensor<4xf32> {pattern.name = "a"}) -> (tensor<4xf32> {pattern.name = "last"}, tensor<3x4xf32> {pattern.name = "y"}) {
// CHECK-NEXT:        [[w:%.+]] = pattern.parameter "W" : tensor<4xf32>
// CHECK-NEXT:        [[zero:%.+]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-NEXT:        [[last:%.+]], [[y:%.+]] = pattern.scan (%t in 3) carry (%h = [[zero]] : tensor<4xf32>)
// CHECK:             func.return [[last]], [[y]] : tensor<4xf32>, tensor<3x4xf32>
// CHECK-NOT:     builtin.module

// WHOLE-NOT:   builtin.module @
// WHOLE:       func.func @main
// WHOLE:         pattern.map
// WHOLE:         pattern.scan
// WHOLE-NOT:   spatial.results

// TARGET:      builtin.module attributes {spatial.results
// TARGET-NEXT:   builtin.module @part0 attributes {spatial.target = #spatial.target<{name = "plasticine-rnn"
// TARGET:        builtin.module @part1 attributes {spatial.target = #spatial.target<{name = "plasticine-rnn"

// NONE:   error: pattern-split-program: the module has no target; run set-target{name=...} first
// OPTION: error: pattern-split-program: option 'configurations' takes one of auto, one, fastest, each, got two
// PART:   error: spatial-place: part @part0: there is no spatial.config to place

func.func @main(%x : tensor<4xf32> {pattern.name = "input", pattern.scale = 2.0 : f32}) -> (tensor<4xf32> {pattern.name = "last"}, tensor<3x4xf32> {pattern.name = "y"}) {
  %w = pattern.parameter "W" : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %a = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %x[%i] : tensor<4xf32>
    %u = pattern.read %w[%i] : tensor<4xf32>
    %p = arith.mulf %v, %u : f32
    pattern.yield %p : f32
  }
  %last, %y = pattern.scan (%t in 3) carry (%h = %zero : tensor<4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
    %n = pattern.map (%j in 4) -> tensor<4xf32> {
      %v = pattern.read %a[%j] : tensor<4xf32>
      %u = pattern.read %w[%j] : tensor<4xf32>
      %o = pattern.read %h[%j] : tensor<4xf32>
      %p = arith.mulf %o, %u : f32
      %s = arith.addf %p, %v : f32
      pattern.yield %s : f32
    }
    pattern.next %n emit %n : tensor<4xf32>, tensor<4xf32>
  }
  func.return %last, %y : tensor<4xf32>, tensor<3x4xf32>
}
