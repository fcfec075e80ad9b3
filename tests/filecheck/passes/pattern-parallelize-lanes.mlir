// RUN: spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize" --remarks 2>&1 | filecheck %s
// RUN: not spatial-opt %s -p "set-target{name=plasticine-rnn},pattern-parallelize{hv=16}" 2>&1 | filecheck %s --check-prefix=HV

// What lanes cannot carry, and why.

// A column of %m is not contiguous: one element of the sum at a time, but its rows lie side by side.
// CHECK:     remark: pattern-parallelize: %turned: runs one element at a time: %m is not contiguous along %i
// CHECK-NEXT: remark: pattern-parallelize: %r: lanes cannot carry the reduction: %m is not contiguous along %k
// A row per lane would compare lane by lane.
// CHECK-NEXT: remark: pattern-parallelize: %clipped: lanes cannot carry its rows: arith.cmpf would differ from lane to lane

// CHECK:     %columns = pattern.map (%i in 48 par {{[0-9]+}} x 16)
// CHECK-NEXT:  {{%.+}} = pattern.reduce add (%k in 8) : f32 {
// CHECK:     %clipped = pattern.map (%i_{{.}} in 8 par {{[0-9]+}})
// A lane beyond the end would not leave the largest as it is, and 12 elements are 3 vectors of 4.
// CHECK:     %largest = pattern.map (%b{{.*}} in 1)
// CHECK-NEXT:  {{%.+}} = pattern.reduce max (%k_{{.}} in 12 par {{[0-9]+}} x 4)
// CHECK:     %turned = pattern.map (%i_{{.}} in 8) ->

// HV: pattern-parallelize: hv=16 for %clipped: lanes cannot carry its rows, since arith.cmpf would differ from lane to lane; leave hv out or take hv=1

func.func @main(%m : tensor<8x48xf32>, %v : tensor<12xf32>)
    -> (tensor<48xf32>, tensor<8xf32>, tensor<1xf32>, tensor<8xf32>) {
  %w = pattern.parameter "w" : tensor<8x48xf32>
  %columns = pattern.map (%i in 48) -> tensor<48xf32> {
    %r = pattern.reduce add (%k in 8) : f32 {
      %a = pattern.read %m[%k, %i] : tensor<8x48xf32>
      %b = arith.mulf %a, %a : f32
      pattern.yield %b : f32
    }
    pattern.yield %r : f32
  }
  %clipped = pattern.map (%i in 8) -> tensor<8xf32> {
    %r = pattern.reduce add (%k in 48) : f32 {
      %a = pattern.read %w[%i, %k] : tensor<8x48xf32>
      %e = pattern.read %m[0, %k] : tensor<8x48xf32>
      %b = arith.mulf %a, %e : f32
      pattern.yield %b : f32
    }
    %zero = arith.constant 0.0 : f32
    %c = arith.cmpf olt, %r, %zero : f32
    %d = arith.select %c, %zero, %r : f32
    pattern.yield %d : f32
  }
  %largest = pattern.map (%b in 1) -> tensor<1xf32> {
    %r = pattern.reduce max (%k in 12) : f32 {
      %a = pattern.read %v[%k] : tensor<12xf32>
      pattern.yield %a : f32
    }
    pattern.yield %r : f32
  }
  %turned = pattern.map (%i in 8) -> tensor<8xf32> {
    %a = pattern.read %m[%i, 0] : tensor<8x48xf32>
    pattern.yield %a : f32
  }
  func.return %columns, %clipped, %largest, %turned
      : tensor<48xf32>, tensor<8xf32>, tensor<1xf32>, tensor<8xf32>
}
