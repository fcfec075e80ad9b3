// RUN: spatial-opt %s -p "pattern-fuse{policy=all}" --remarks 2>&1 | filecheck %s
// RUN: spatial-opt %s -p "pattern-fuse{policy=all},pattern-fuse{policy=all}" | filecheck %s --check-prefix=LEFT
// RUN: not spatial-opt %s -p "pattern-fuse{only=sum}" 2>&1 | filecheck %s --check-prefix=NESTED
// RUN: not spatial-opt %s -p "pattern-fuse{only=square}" 2>&1 | filecheck %s --check-prefix=OUTSIDE
// RUN: not spatial-opt %s -p "pattern-fuse{only=next}" 2>&1 | filecheck %s --check-prefix=STEP
// RUN: not spatial-opt %s -p "pattern-fuse{only=sun}" 2>&1 | filecheck %s --check-prefix=UNKNOWN
// RUN: not spatial-opt %s -p "pattern-fuse{align=0}" 2>&1 | filecheck %s --check-prefix=ALIGN

// CHECK-DAG: remark: pattern-fuse: %next: stays a map: the next step reads it as %h, which a step cannot compute ahead
// CHECK-DAG: remark: pattern-fuse: %bias: stays a map: the scan %last reads it from outside and would compute it again in every step
// CHECK-DAG: remark: pattern-fuse: %looked: stays a map: %e gathers its elements at computed coordinates
// CHECK-DAG: remark: pattern-fuse: %sum: not fused into %norm: the reduction of %sum would run anew for every element that the reduction reads at [%k]; the reduction needs the whole %sum first
// CHECK-DAG: remark: pattern-fuse: %square: not fused into %shift: the read at [%i - 1] gives zero outside, and a coordinate that runs from -1 to 6 may leave the 8 elements; read inside the map only

// LEFT:      %sum = pattern.map
// LEFT:      %norm = pattern.map
// LEFT:      %square = pattern.map
// LEFT:      %shift = pattern.map
// LEFT:      %looked = pattern.map
// LEFT:      %found = pattern.map
// LEFT:      %bias = pattern.map
// LEFT:      %next = pattern.map

// NESTED:  pattern-fuse: cannot fuse %sum into %norm: the reduction of %sum would run anew
// OUTSIDE: pattern-fuse: cannot fuse %square into %shift: the read at [%i - 1] gives zero outside
// STEP:    pattern-fuse: cannot fuse %next: the next step reads it as %h
// UNKNOWN: pattern-fuse: no map is called 'sun'; did you mean 'sum'?
// ALIGN:   pattern-fuse: align must be at least 1, got 0

func.func @main(%x : tensor<8xf32>, %w : tensor<8x8xf32>, %n : tensor<2xi32>,
                %v : tensor<5xf32>)
    -> (tensor<8xf32>, tensor<8xf32>, tensor<2xf32>, tensor<5xf32>) {
  %sum = pattern.map (%i in 8) -> tensor<8xf32> {
    %s = pattern.reduce add (%k in 8) : f32 {
      %a = pattern.read %w[%i, %k] : tensor<8x8xf32>
      pattern.yield %a : f32
    }
    pattern.yield %s : f32
  }
  %norm = pattern.map (%i in 8) -> tensor<8xf32> {
    %s = pattern.reduce max (%k in 8) : f32 {
      %a = pattern.read %sum[%k] : tensor<8xf32>
      pattern.yield %a : f32
    }
    pattern.yield %s : f32
  }
  %square = pattern.map (%i in 8) -> tensor<8xf32> {
    %a = pattern.read %x[%i] : tensor<8xf32>
    %s = arith.mulf %a, %a : f32
    pattern.yield %s : f32
  }
  %shift = pattern.map (%i in 8) -> tensor<8xf32> {
    %a = pattern.read %square[%i - 1] zero_outside : tensor<8xf32>
    pattern.yield %a : f32
  }
  %looked = pattern.map (%i in 4) -> tensor<4xf32> {
    %a = pattern.read %x[2 * %i] : tensor<8xf32>
    pattern.yield %a : f32
  }
  %found = pattern.map (%i in 2) -> tensor<2xf32> {
    %j = pattern.read %n[%i] : tensor<2xi32>
    %e = pattern.gather %looked[%j] : tensor<4xf32>, i32
    pattern.yield %e : f32
  }
  %bias = pattern.map (%i in 5) -> tensor<5xf32> {
    %a = pattern.read %v[4 - %i] : tensor<5xf32>
    pattern.yield %a : f32
  }
  %last = pattern.scan (%t in 3) carry (%h = %v : tensor<5xf32>) -> tensor<5xf32> {
    %next = pattern.map (%i in 5) -> tensor<5xf32> {
      %a = pattern.read %h[%i] : tensor<5xf32>
      %b = pattern.read %bias[%i] : tensor<5xf32>
      %c = arith.addf %a, %b : f32
      pattern.yield %c : f32
    }
    pattern.next %next : tensor<5xf32>
  }
  func.return %norm, %shift, %found, %last : tensor<8xf32>, tensor<8xf32>, tensor<2xf32>, tensor<5xf32>
}
