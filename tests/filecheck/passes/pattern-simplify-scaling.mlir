// RUN: spatial-opt %s -p pattern-simplify | filecheck %s
// RUN: spatial-opt %s -p pattern-simplify,pattern-simplify | filecheck %s

// The candidate of a GRU: a product hands the factor on to one of its factors.
// CHECK-LABEL: func.func @gru
// CHECK:         [[b:%.+]] = pattern.parameter "b" scale 8.0
// CHECK:         [[v1:%.+]] = arith.addf {{%.+}}, {{%.+}} : f32
// CHECK-NEXT:    [[v2:%.+]] = arith.addf {{%.+}}, {{%.+}} : f32
// CHECK-NEXT:    [[v3:%.+]] = arith.mulf {{%.+}}, [[v2]] : f32
// CHECK-NEXT:    [[v4:%.+]] = arith.addf [[v1]], [[v3]] : f32
// CHECK-NEXT:    [[q:%.+]] = pattern.convert [[v4]] scale 4.0 : f32 to i8
func.func @gru(%n: tensor<8xi32>, %m: tensor<8xi32>, %r: tensor<8xi8>) -> tensor<8xi8> {
  %b = pattern.parameter "b" scale 4.0 : tensor<16xf32>
  %h = pattern.map (%i in 8) -> tensor<8xi8> {
    %nv = pattern.read %n[%i] : tensor<8xi32>
    %mv = pattern.read %m[%i] : tensor<8xi32>
    %rv = pattern.read %r[%i] : tensor<8xi8>
    %bn = pattern.read %b[%i] : tensor<16xf32>
    %bm = pattern.read %b[%i + 8] : tensor<16xf32>
    %nf = pattern.convert %nv : i32 to f32
    %mf = pattern.convert %mv : i32 to f32
    %rf = pattern.convert %rv scale 0.01 : i8 to f32
    %half = arith.constant 0.5 : f32
    %two = arith.constant 2.0 : f32
    %nx = arith.mulf %nf, %half : f32
    %mx = arith.divf %mf, %two : f32
    %v1 = arith.addf %nx, %bn : f32
    %v2 = arith.addf %mx, %bm : f32
    %v3 = arith.mulf %rf, %v2 : f32
    %v4 = arith.addf %v1, %v3 : f32
    %q = pattern.convert %v4 scale 8.0 : f32 to i8
    pattern.yield %q : i8
  }
  func.return %h : tensor<8xi8>
}

// From the map that scales to the map that converts.
// CHECK-LABEL: func.func @across
// CHECK-NOT:     arith.mulf
// CHECK:         pattern.convert {{%.+}} scale 4.0 : f32 to i8
func.func @across(%x: tensor<8xf32>) -> tensor<8xi8> {
  %a = pattern.map (%i in 8) -> tensor<8xf32> {
    %v = pattern.read %x[%i] : tensor<8xf32>
    %four = arith.constant 4.0 : f32
    %s = arith.mulf %v, %four : f32
    pattern.yield %s : f32
  }
  %b = pattern.map (%i in 8) -> tensor<8xi8> {
    %v = pattern.read %a[7 - %i] : tensor<8xf32>
    %q = pattern.convert %v : f32 to i8
    pattern.yield %q : i8
  }
  func.return %b : tensor<8xi8>
}

// Left alone: a user that cannot take the factor.
// CHECK-LABEL: func.func @escapes
// CHECK:         [[s:%.+]] = arith.mulf {{%.+}}, {{%.+}} : f32
// CHECK-NEXT:    [[q:%.+]] = pattern.convert [[s]] : f32 to i8
// CHECK-NEXT:    pattern.yield [[s]], [[q]] : f32, i8
func.func @escapes(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xi8>) {
  %a, %b = pattern.map (%i in 8) -> (tensor<8xf32>, tensor<8xi8>) {
    %v = pattern.read %x[%i] : tensor<8xf32>
    %four = arith.constant 4.0 : f32
    %s = arith.mulf %v, %four : f32
    %q = pattern.convert %s : f32 to i8
    pattern.yield %s, %q : f32, i8
  }
  func.return %a, %b : tensor<8xf32>, tensor<8xi8>
}

// Left alone: no power of two, a factor beyond 2^24, another format.
// CHECK-LABEL: func.func @inexact
// CHECK-COUNT-3: arith.mulf
func.func @inexact(%x: tensor<8xf32>, %y: tensor<8xbf16>) -> (tensor<8xi8>, tensor<8xi8>, tensor<8xi8>) {
  %a, %b, %c = pattern.map (%i in 8) -> (tensor<8xi8>, tensor<8xi8>, tensor<8xi8>) {
    %v = pattern.read %x[%i] : tensor<8xf32>
    %w = pattern.read %y[%i] : tensor<8xbf16>
    %three = arith.constant 3.0 : f32
    %huge = arith.constant 33554432.0 : f32
    %four = arith.constant 4.0 : bf16
    %s = arith.mulf %v, %three : f32
    %t = arith.mulf %v, %huge : f32
    %u = arith.mulf %w, %four : bf16
    %p = pattern.convert %s : f32 to i8
    %q = pattern.convert %t : f32 to i8
    %r = pattern.convert %u : bf16 to i8
    pattern.yield %p, %q, %r : i8, i8, i8
  }
  func.return %a, %b, %c : tensor<8xi8>, tensor<8xi8>, tensor<8xi8>
}

// Left alone: a free conversion would have to scale, and nothing would be gained.
// CHECK-LABEL: func.func @free
// CHECK:         pattern.convert {{%.+}} : f16 to f32
// CHECK:         arith.mulf
func.func @free(%x: tensor<8xf16>) -> tensor<8xf32> {
  %a = pattern.map (%i in 8) -> tensor<8xf32> {
    %v = pattern.read %x[%i] : tensor<8xf16>
    %w = pattern.convert %v : f16 to f32
    %four = arith.constant 4.0 : f32
    %s = arith.mulf %w, %four : f32
    pattern.yield %s : f32
  }
  func.return %a : tensor<8xf32>
}

// The clipping of a gate moves along; a parameter read twice with one factor is one.
// CHECK-LABEL: func.func @clip
// CHECK-NEXT:    {{%.+}} = pattern.parameter "b" : tensor<8xf32>
// CHECK-NEXT:    [[b:%.+]] = pattern.parameter "b" scale 16.0 : tensor<8xf32>
// CHECK-NOT:     pattern.parameter
// CHECK:         arith.constant -4.800000e+01 : f32
// CHECK:         arith.constant 4.800000e+01 : f32
// CHECK:         pattern.convert {{%.+}} scale 0.5 : f32 to i8
func.func @clip(%x: tensor<8xf32>) -> (tensor<8xi8>, tensor<8xi8>, tensor<8xf32>) {
  %b = pattern.parameter "b" : tensor<8xf32>
  %y, %z, %k = pattern.map (%i in 8) -> (tensor<8xi8>, tensor<8xi8>, tensor<8xf32>) {
    %v = pattern.read %x[%i] : tensor<8xf32>
    %w = pattern.read %b[%i] : tensor<8xf32>
    %r = pattern.read %b[7 - %i] : tensor<8xf32>
    %other = pattern.read %b[3] : tensor<8xf32>
    %down = arith.constant 0.0625 : f32
    %low = arith.constant -3.0 : f32
    %high = arith.constant 3.0 : f32
    %a = arith.mulf %v, %down : f32
    %s = arith.addf %a, %w : f32
    %l = arith.maximumf %s, %low : f32
    %m = arith.minimumf %l, %high : f32
    %q = pattern.convert %m scale 8.0 : f32 to i8
    %t = arith.subf %r, %a : f32
    %p = pattern.convert %t : f32 to i8
    pattern.yield %q, %p, %other : i8, i8, f32
  }
  func.return %y, %z, %k : tensor<8xi8>, tensor<8xi8>, tensor<8xf32>
}
