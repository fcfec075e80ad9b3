// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize,pattern-parallelize{hu=2 ru=3}" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize{hu=2 ru=3 rv=32}" | filecheck %s --check-prefix=GIVEN
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-parallelize" | filecheck %s --check-prefix=TINY
// RUN: not spatial-opt %s -p "pattern-parallelize" 2>&1 | filecheck %s --check-prefix=TARGET
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-parallelize{hu=0}" 2>&1 | filecheck %s --check-prefix=ZERO
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-parallelize{rv=48}" 2>&1 | filecheck %s --check-prefix=POWER

// 130 elements are 3 vectors of 64: of 8 pieces asked for, 3 hold one.
// CHECK-LABEL: func.func @main
// CHECK:         [[s:%.+]] = pattern.map (%{{[a-z_0-9]+}} in 3 par 3) -> tensor<3xi32> {
// CHECK-NEXT:      [[r:%.+]] = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 3 x 64) through [i32] : i32 {
// CHECK:         pattern.map (%{{[a-z_0-9]+}} in 3 par 1 x 16) -> tensor<3xf32> {
// CHECK-NEXT:      pattern.read [[s]][%{{[a-z_0-9]+}}]
// Factors given in the text stay.
// CHECK:         pattern.map (%{{[a-z_0-9]+}} in 3 par 2) -> tensor<3xi32> {
// CHECK-NEXT:      {{%.+}} = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 1 x 32) : i32 {

// 5 vectors of 32 in 3 pieces of 2 vectors.
// GIVEN:       pattern.map (%{{[a-z_0-9]+}} in 3 par 2) -> tensor<3xi32> {
// GIVEN-NEXT:    {{%.+}} = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 3 x 32) through [i32] : i32 {

// TINY:        pattern.map (%{{[a-z_0-9]+}} in 3) -> tensor<3xi32> {
// TINY-NEXT:     {{%.+}} = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 1 x 16) through [i32] : i32 {
// TINY:        pattern.map (%{{[a-z_0-9]+}} in 3 par 1 x 4) -> tensor<3xf32> {

// TARGET: pattern-parallelize: the module has no target; run set-target{name=...} first
// ZERO:   pattern-parallelize: hu must be at least 1, got 0
// POWER:  pattern-parallelize: rv must be a power of two, got 48; the lanes of a unit form a binary tree

func.func @main(%x : tensor<130xi8>) -> (tensor<3xf32>, tensor<3xi32>) {
  %w = pattern.parameter "W" : tensor<3x130xi8>
  %s = pattern.map (%i in 3) -> tensor<3xi32> {
    %r = pattern.reduce add (%k in 130) through [i32] : i32 {
      %a = pattern.read %w[%i, %k] : tensor<3x130xi8>
      %b = pattern.read %x[%k] : tensor<130xi8>
      %a16 = pattern.convert %a : i8 to i16
      %b16 = pattern.convert %b : i8 to i16
      %p = arith.muli %a16, %b16 : i16
      pattern.yield %p : i16
    }
    pattern.yield %r : i32
  }
  %f = pattern.map (%i in 3) -> tensor<3xf32> {
    %v = pattern.read %s[%i] : tensor<3xi32>
    %c = pattern.convert %v scale 0.5 : i32 to f32
    pattern.yield %c : f32
  }
  %g = pattern.map (%i in 3 par 2) -> tensor<3xi32> {
    %r = pattern.reduce add (%k in 130 par 1 x 32) : i32 {
      %a = pattern.read %w[%i, %k] : tensor<3x130xi8>
      %c = pattern.convert %a : i8 to i32
      pattern.yield %c : i32
    }
    pattern.yield %r : i32
  }
  func.return %f, %g : tensor<3xf32>, tensor<3xi32>
}
