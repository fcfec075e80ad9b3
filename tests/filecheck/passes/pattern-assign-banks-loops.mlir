// RUN: spatial-opt %s -p pattern-assign-banks | filecheck %s
// RUN: spatial-opt %s -p pattern-assign-banks --remarks 2>&1 | filecheck %s --check-prefix=REMARKS

// A step reads its own state shifted by one: 5 steps, of which the first reads the start.
func.func @main(%x: tensor<5x12xf32>) -> tensor<12xf32> {
  %z = arith.constant dense<0.0> : tensor<12xf32>
  %hT = pattern.scan (%t in 5) carry (%h = %z : tensor<12xf32>) -> (tensor<12xf32>) {
    // CHECK: %n = pattern.map (%{{[a-z_0-9]+}} in 12 par 3) deal blocked -> tensor<12xf32> {
    %n = pattern.map (%j in 12 par 3) -> tensor<12xf32> {
      %a = pattern.read %h[%j + 1] zero_outside : tensor<12xf32>
      %b = pattern.read %x[%t, %j] : tensor<5x12xf32>
      %s = arith.addf %a, %b : f32
      pattern.yield %s : f32
    }
    pattern.next %n : tensor<12xf32>
  }
  func.return %hT : tensor<12xf32>
}

// 4 steps of 11 words, or of 2.
// REMARKS: words that move between units: 44 dealt cyclically, 8 chosen kernel by kernel, 8 chosen together
