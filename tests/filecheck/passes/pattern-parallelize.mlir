// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize,pattern-parallelize{hu=2 ru=3}" | filecheck %s
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize{hu=2 ru=3 rv=32}" | filecheck %s --check-prefix=GIVEN
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize{choice=listed}" | filecheck %s --check-prefix=LISTED
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize{hv=16 ru=5}" | filecheck %s --check-prefix=ROWS
// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize{hu=3 rows=1}" | filecheck %s --check-prefix=TURNS
// RUN: spatial-opt %s -p "set-target{name=tiny},pattern-parallelize" | filecheck %s --check-prefix=TINY
// RUN: not spatial-opt %s -p "pattern-parallelize" 2>&1 | filecheck %s --check-prefix=TARGET
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-parallelize{hu=0}" 2>&1 | filecheck %s --check-prefix=ZERO
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-parallelize{rv=48}" 2>&1 | filecheck %s --check-prefix=POWER
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-parallelize{hu=4}" 2>&1 | filecheck %s --check-prefix=DOMAIN
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-parallelize{hu=3 ru=5}" 2>&1 | filecheck %s --check-prefix=UNITS
// RUN: not spatial-opt %s -p "set-target{name=tiny},pattern-parallelize{hu=3 rows=2}" 2>&1 | filecheck %s --check-prefix=SHARE
// RUN: not spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize{hv=8}" 2>&1 | filecheck %s --check-prefix=LANES
// RUN: not spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize{rv=128}" 2>&1 | filecheck %s --check-prefix=VECTOR
// RUN: not spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize{ru=131}" 2>&1 | filecheck %s --check-prefix=PIECES

// All three rows at once, and no tree to add pieces.
// CHECK-LABEL: func.func @main
// CHECK:         [[s:%.+]] = pattern.map (%{{[a-z_0-9]+}} in 3 par 3) -> tensor<3xi32> {
// CHECK-NEXT:      [[r:%.+]] = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 1 x 64) through [i32] : i32 {
// CHECK:         pattern.map (%{{[a-z_0-9]+}} in 3 par 1 x 16) -> tensor<3xf32> {
// CHECK-NEXT:      pattern.read [[s]][%{{[a-z_0-9]+}}]
// Factors given in the text stay.
// CHECK:         pattern.map (%{{[a-z_0-9]+}} in 3 par 2) -> tensor<3xi32> {
// CHECK-NEXT:      {{%.+}} = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 1 x 32) : i32 {

// 5 vectors of 32 in 3 pieces of 2 vectors.
// GIVEN:       pattern.map (%{{[a-z_0-9]+}} in 3 par 2) -> tensor<3xi32> {
// GIVEN-NEXT:    {{%.+}} = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 3 x 32) through [i32] : i32 {

// hu=4 and ru=8 come first: three rows, and 130 elements are 3 vectors of 64.
// LISTED:      pattern.map (%{{[a-z_0-9]+}} in 3 par 3) -> tensor<3xi32> {
// LISTED-NEXT:   {{%.+}} = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 3 x 64) through [i32] : i32 {

// A row per lane: 4 elements of 8 bits make a word, 33 words in 5 pieces of 7.
// ROWS:        pattern.map (%{{[a-z_0-9]+}} in 3 par 1 x 16) -> tensor<3xi32> {
// ROWS-NEXT:     {{%.+}} = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 5 x 4) through [i32] : i32 {

// TURNS:       pattern.map (%{{[a-z_0-9]+}} in 3 par 3) rows 1 -> tensor<3xi32> {

// A unit of three stages takes no product, two sums within words and a fold: two units for each.
// TINY:        pattern.map (%{{[a-z_0-9]+}} in 3) -> tensor<3xi32> {
// TINY-NEXT:     {{%.+}} = pattern.reduce add (%{{[a-z_0-9]+}} in 130 par 1 x 16) through [i32] : i32 {
// TINY:        pattern.map (%{{[a-z_0-9]+}} in 3 par 1 x 4) -> tensor<3xf32> {

// TARGET: pattern-parallelize: the module has no target; run set-target{name=...} first
// ZERO:   pattern-parallelize: hu must be at least 1, got 0
// POWER:  pattern-parallelize: rv must be a power of two, got 48; the lanes of a unit form a binary tree
// VECTOR: pattern-parallelize: rv=128 elements of 8 bits are more than a vector of plasticine-rnn holds (pcu.lanes = 16 of pcu.word_bits = 32); lower rv to 64
// PIECES: pattern-parallelize: ru=131 are more pieces than any reduction has elements: the longest has 130; lower ru to 130
// DOMAIN: pattern-parallelize: hu=4 are more rows at once than any map has: the longest has 3; lower hu to 3
// UNITS:  pattern-parallelize: hu=3 and ru=5 make 15 dot products of %s, one compute unit each, but tiny has 8 (grid); lower hu or ru
// SHARE:  pattern-parallelize: rows must divide hu, got rows=2 and hu=3
// LANES:  pattern-parallelize: hv is 1 or the 16 lanes of a unit of plasticine-rnn (pcu.lanes), got 8

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
