// RUN: spatial-opt %s -p pattern-eliminate-copies | filecheck %s

// A map that computes for a copy computes in the order of the copy.
// CHECK-LABEL: func.func @absorbed
// CHECK-NEXT:    [[y:%.+]] = pattern.map ([[i:%.+]] in 3, [[j:%.+]] in 2) -> tensor<3x2xf32> {
// CHECK-NEXT:      [[v:%.+]] = pattern.read %{{.*}}[[[j]], [[i]]] : tensor<2x3xf32>
// CHECK-NEXT:      arith.mulf [[v]], [[v]] : f32
// CHECK:         func.return [[y]] : tensor<3x2xf32>
func.func @absorbed(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %m = pattern.map (%i in 2, %j in 3) -> tensor<2x3xf32> {
    %v = pattern.read %x[%i, %j] : tensor<2x3xf32>
    %w = arith.mulf %v, %v : f32
    pattern.yield %w : f32
  }
  %y = pattern.map (%i in 3, %j in 2) -> tensor<3x2xf32> {
    %v = pattern.read %m[%j, %i] : tensor<2x3xf32>
    pattern.yield %v : f32
  }
  func.return %y : tensor<3x2xf32>
}

// Added up, a negative zero becomes a positive one: what reads one part adds a zero as well.
// CHECK-LABEL: func.func @sign_of_zero
// CHECK:         [[v:%.+]] = pattern.read %{{.*}}[[[i:%.+]]] : tensor<2xf32>
// CHECK-NEXT:    [[zero:%.+]] = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:    [[s:%.+]] = arith.addf [[v]], [[zero]] : f32
// CHECK-NEXT:    arith.mulf [[s]], [[s]] : f32
func.func @sign_of_zero(%x: tensor<3xf32>, %z: tensor<2xf32>) -> tensor<2xf32> {
  %both = pattern.map (%i in 5) -> tensor<5xf32> {
    %a = pattern.read %x[%i] zero_outside : tensor<3xf32>
    %b = pattern.read %z[%i - 3] zero_outside : tensor<2xf32>
    %s = arith.addf %a, %b : f32
    pattern.yield %s : f32
  }
  %y = pattern.map (%i in 2) -> tensor<2xf32> {
    %v = pattern.read %both[%i + 3] : tensor<5xf32>
    %w = arith.mulf %v, %v : f32
    pattern.yield %w : f32
  }
  func.return %y : tensor<2xf32>
}

// A selection by index is a concatenation, a conversion to the same format moves an element.
// CHECK-LABEL: func.func @selected
// CHECK-NOT:     arith.select
// CHECK:           [[a:%.+]] = pattern.read %{{.*}}[[[k:%.+]]] zero_outside : tensor<3xi32>
// CHECK-NEXT:      [[b:%.+]] = pattern.read %{{.*}}[[[k]] - 3] zero_outside : tensor<2xi32>
// CHECK-NEXT:      arith.addi [[a]], [[b]] : i32
func.func @selected(%x: tensor<3xi32>, %z: tensor<2xi32>) -> tensor<1xi32> {
  %both = pattern.map (%i in 5) -> tensor<5xi32> {
    %three = arith.constant 3 : index
    %first = arith.cmpi ult, %i, %three : index
    %a = pattern.read %x[%i] zero_outside : tensor<3xi32>
    %b = pattern.read %z[%i - 3] zero_outside : tensor<2xi32>
    %s = arith.select %first, %a, %b : i32
    %c = pattern.convert %s : i32 to i32
    pattern.yield %c : i32
  }
  %y = pattern.map (%u in 1) -> tensor<1xi32> {
    %s = pattern.reduce add (%k in 5) : i32 {
      %v = pattern.read %both[%k] : tensor<5xi32>
      %w = arith.muli %v, %v : i32
      pattern.yield %w : i32
    }
    pattern.yield %s : i32
  }
  func.return %y : tensor<1xi32>
}

// A start of one value is a constant of another shape.
// CHECK-LABEL: func.func @constant_start
// CHECK:         [[zero:%.+]] = arith.constant dense<0> : tensor<1x4xi32>
// CHECK-NEXT:    pattern.scan (%{{.*}} in 2) carry (%{{.*}} = [[zero]] : tensor<1x4xi32>)
func.func @constant_start() -> tensor<1x4xi32> {
  %flat = arith.constant dense<0> : tensor<4xi32>
  %start = pattern.map (%d in 1, %j in 4) -> tensor<1x4xi32> {
    %v = pattern.read %flat[%j] : tensor<4xi32>
    pattern.yield %v : i32
  }
  %last = pattern.scan (%t in 2) carry (%h = %start : tensor<1x4xi32>) -> (tensor<1x4xi32>) {
    %new = pattern.map (%d in 1, %j in 4) -> tensor<1x4xi32> {
      %v = pattern.read %h[%d, %j] : tensor<1x4xi32>
      %w = arith.addi %v, %v : i32
      pattern.yield %w : i32
    }
    pattern.next %new : tensor<1x4xi32>
  }
  func.return %last : tensor<1x4xi32>
}
