// RUN: spatial-opt %s -p pattern-assign-banks | filecheck %s
// RUN: spatial-opt %s -p pattern-assign-banks,pattern-assign-banks | filecheck %s
// RUN: spatial-opt %s -p "pattern-assign-banks{policy=local}" | filecheck %s --check-prefix=LOCAL
// RUN: spatial-opt %s -p pattern-assign-banks --remarks 2>&1 | filecheck %s --check-prefix=REMARKS
// RUN: spatial-opt %s -p "pattern-assign-banks{policy=local}" --remarks 2>&1 | filecheck %s --check-prefix=WHY
// RUN: not spatial-opt %s -p "pattern-assign-banks{policy=greedy}" 2>&1 | filecheck %s --check-prefix=POLICY
// RUN: not spatial-opt %S/../../../examples/digits_lstm.mlir -p pattern-assign-banks 2>&1 | filecheck %s --check-prefix=LAYERS

func.func @main(%x: tensor<120xf32>, %w: tensor<60x60xf32>) -> (tensor<60xf32>, tensor<60xf32>, tensor<60xf32>, tensor<4xf32>) {
  // Every second row of y: blocks of y and of v meet.
  // CHECK:      %y = pattern.map (%i in 120 par 8) rows 4 deal blocked -> tensor<120xf32> {
  // LOCAL:      %y = pattern.map (%i in 120 par 8) rows 4 deal blocked -> tensor<120xf32> {
  %y = pattern.map (%i in 120 par 8) rows 4 -> tensor<120xf32> {
    %s = pattern.reduce add (%k in 120) : f32 {
      %b = pattern.read %x[%k] : tensor<120xf32>
      pattern.yield %b : f32
    }
    %a = pattern.read %x[%i] : tensor<120xf32>
    %o = arith.addf %s, %a : f32
    pattern.yield %o : f32
  }
  // CHECK:      %v = pattern.map (%j in 60 par 4) deal blocked -> tensor<60xf32> {
  // LOCAL:      %v = pattern.map (%j in 60 par 4) deal blocked -> tensor<60xf32> {
  %v = pattern.map (%j in 60 par 4) -> tensor<60xf32> {
    %a = pattern.read %y[2 * %j] : tensor<120xf32>
    %b = pattern.read %y[2 * %j + 1] : tensor<120xf32>
    %m = arith.maximumf %a, %b : f32
    pattern.yield %m : f32
  }
  // Its blocks are of 16 rows, those of v of 15, so by itself it would rather be cyclic, as v is not.
  // CHECK:      %r = pattern.map (%{{[a-z_0-9]+}} in 60 par 8) rows 4 deal blocked -> tensor<60xf32> {
  // LOCAL:      %r = pattern.map (%{{[a-z_0-9]+}} in 60 par 8) rows 4 -> tensor<60xf32> {
  %r = pattern.map (%i in 60 par 8) rows 4 -> tensor<60xf32> {
    %s = pattern.reduce add (%k in 60) : f32 {
      %a = pattern.read %w[%i, %k] : tensor<60x60xf32>
      %b = pattern.read %v[%k] : tensor<60xf32>
      %p = arith.mulf %a, %b : f32
      pattern.yield %p : f32
    }
    %o = pattern.read %v[%i] : tensor<60xf32>
    %z = arith.addf %s, %o : f32
    pattern.yield %z : f32
  }
  // What is given stays, and so does what has one unit, or nothing to gain.
  // CHECK:      %g = pattern.map (%{{[a-z_0-9]+}} in 60 par 4) deal cyclic -> tensor<60xf32> {
  %g = pattern.map (%i in 60 par 4) deal cyclic -> tensor<60xf32> {
    %o = pattern.read %x[%i] : tensor<120xf32>
    pattern.yield %o : f32
  }
  // CHECK:      %e = pattern.map (%{{[a-z_0-9]+}} in 60 par 1 x 16) -> tensor<60xf32> {
  %e = pattern.map (%i in 60 par 1 x 16) -> tensor<60xf32> {
    %o = pattern.read %v[%i] : tensor<60xf32>
    pattern.yield %o : f32
  }
  // One row for each unit is a block as well.
  // CHECK:      %f = pattern.map (%{{[a-z_0-9]+}} in 4 par 4) -> tensor<4xf32> {
  %f = pattern.map (%i in 4 par 4) -> tensor<4xf32> {
    %o = pattern.read %y[30 * %i] : tensor<120xf32>
    pattern.yield %o : f32
  }
  func.return %r, %g, %e, %f : tensor<60xf32>, tensor<60xf32>, tensor<60xf32>, tensor<4xf32>
}

// REMARKS:      remark: pattern-assign-banks: %y: 120 rows are dealt to 4 units in blocks of 30
// REMARKS-NEXT: remark: pattern-assign-banks: %v: 60 rows are dealt to 4 units in blocks of 15
// REMARKS-NEXT: remark: pattern-assign-banks: %r: 60 rows are dealt to 4 units in blocks of 16
// REMARKS-NEXT: remark: pattern-assign-banks: words that move between units: 93 dealt cyclically, 44 chosen kernel by kernel, 6 chosen together

// WHY-NOT:      %r: 60 rows
// WHY:          remark: pattern-assign-banks: words that move between units: 93 dealt cyclically, 44 chosen kernel by kernel, 6 chosen together

// POLICY: error: pattern-assign-banks: option 'policy' takes one of global, local, got greedy

// LAYERS: error: pattern-assign-banks: the module still holds rnn.lstm, which has no kernels whose rows could be dealt; run convert-rnn-to-pattern and pattern-parallelize first
