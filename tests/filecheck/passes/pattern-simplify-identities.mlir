// RUN: spatial-opt %s -p pattern-simplify | filecheck %s
// RUN: spatial-opt %s -p pattern-simplify,pattern-simplify | filecheck %s

// What gives its operand back, whatever that is.
// CHECK-LABEL: func.func @floats
// CHECK:         pattern.map
// CHECK-NEXT:      [[v:%.+]] = pattern.read
// CHECK-NEXT:      [[a:%.+]] = arith.mulf [[v]], [[v]] : f32
// CHECK-NEXT:      pattern.yield [[a]] : f32
func.func @floats(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = pattern.map (%i in 8) -> tensor<8xf32> {
    %v = pattern.read %x[%i] : tensor<8xf32>
    %one = arith.constant 1.0 : f32
    %zero = arith.constant 0.0 : f32
    %minus = arith.constant -0.0 : f32
    %a = arith.mulf %one, %v : f32
    %b = arith.addf %a, %minus : f32
    %c = arith.subf %b, %zero : f32
    %d = arith.divf %c, %one : f32
    %e = arith.maximumf %d, %d : f32
    %f = arith.minimumf %e, %e : f32
    %g = arith.negf %f : f32
    %h = arith.negf %g : f32
    %k = pattern.convert %h : f32 to f32
    %t = arith.constant true
    %l = arith.select %t, %k, %zero : f32
    %m = arith.mulf %l, %v : f32
    pattern.yield %m : f32
  }
  func.return %y : tensor<8xf32>
}

// These are not: the sum with +0 makes -0 a +0, so does the difference from -0; 0 * x is NaN
// for an infinity.
// CHECK-LABEL: func.func @zeros
// CHECK:         arith.addf
// CHECK-NEXT:    arith.subf
// CHECK-NEXT:    arith.mulf
// CHECK-NEXT:    pattern.yield
func.func @zeros(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = pattern.map (%i in 8) -> tensor<8xf32> {
    %v = pattern.read %x[%i] : tensor<8xf32>
    %zero = arith.constant 0.0 : f32
    %minus = arith.constant -0.0 : f32
    %b = arith.addf %v, %zero : f32
    %c = arith.subf %b, %minus : f32
    %d = arith.mulf %c, %zero : f32
    pattern.yield %d : f32
  }
  func.return %y : tensor<8xf32>
}

// CHECK-LABEL: func.func @constants
// CHECK:         [[c:%.+]] = arith.constant 1.000000e-01 : f32
// CHECK-NEXT:    [[p:%.+]] = arith.mulf {{%.+}}, [[c]] : f32
// CHECK-NEXT:    [[n:%.+]] = arith.constant -127 : i8
// CHECK-NEXT:    [[s:%.+]] = arith.addi {{%.+}}, [[n]] : i8
// CHECK-NEXT:    pattern.yield [[p]], [[s]] : f32, i8
func.func @constants(%x: tensor<8xf32>, %z: tensor<8xi8>) -> (tensor<8xf32>, tensor<8xi8>) {
  %y, %w = pattern.map (%i in 8) -> (tensor<8xf32>, tensor<8xi8>) {
    %v = pattern.read %x[%i] : tensor<8xf32>
    %u = pattern.read %z[%i] : tensor<8xi8>
    %one = arith.constant 1.0 : f32
    %ten = arith.constant 10.0 : f32
    %a = arith.divf %one, %ten : f32
    %p = arith.mulf %v, %a : f32
    %hundred = arith.constant 100 : i8
    %more = arith.constant 29 : i8
    %wrapped = arith.addi %hundred, %more : i8
    %least = arith.minsi %wrapped, %more : i8
    %cond = arith.cmpi slt, %least, %more : i8
    %pick = arith.select %cond, %least, %u : i8
    %s = arith.addi %u, %pick : i8
    pattern.yield %p, %s : f32, i8
  }
  func.return %y, %w : tensor<8xf32>, tensor<8xi8>
}

// Formats of 8 and 16 bits: identities hold, but their constants are not folded.
// CHECK-LABEL: func.func @small_formats
// CHECK:         [[v:%.+]] = pattern.read
// CHECK-NOT:     pattern.convert
// CHECK:         [[s:%.+]] = arith.addf {{%.+}}, {{%.+}} : f8E4M3FN
// CHECK-NEXT:    [[p:%.+]] = arith.mulf [[v]], [[s]] : f8E4M3FN
// CHECK-NEXT:    pattern.yield [[p]] : f8E4M3FN
func.func @small_formats(%x: tensor<8xf8E4M3FN>) -> tensor<8xf8E4M3FN> {
  %y = pattern.map (%i in 8) -> tensor<8xf8E4M3FN> {
    %v = pattern.read %x[%i] : tensor<8xf8E4M3FN>
    %large = arith.constant 400.0 : f8E4M3FN
    %one = arith.constant 1.0 : f8E4M3FN
    %s = arith.addf %large, %large : f8E4M3FN
    %w = pattern.convert %v : f8E4M3FN to f32
    %n = pattern.convert %w : f32 to f8E4M3FN
    %o = arith.mulf %n, %one : f8E4M3FN
    %p = arith.mulf %o, %s : f8E4M3FN
    pattern.yield %p : f8E4M3FN
  }
  func.return %y : tensor<8xf8E4M3FN>
}

// A conversion that changes the number, the range or the way through f32 stays.
// CHECK-LABEL: func.func @conversions
// CHECK-COUNT-4: pattern.convert
func.func @conversions(%x: tensor<8xi32>) -> tensor<8xi32> {
  %y = pattern.map (%i in 8) -> tensor<8xi32> {
    %v = pattern.read %x[%i] : tensor<8xi32>
    %a = pattern.convert %v scale 1.0 : i32 to i32
    %b = pattern.convert %a clamp 0, 100000 : i32 to i32
    %c = pattern.convert %b : i32 to i16
    %d = pattern.convert %c : i16 to i32
    pattern.yield %d : i32
  }
  func.return %y : tensor<8xi32>
}
