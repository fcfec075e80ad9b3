// RUN: spatial-opt %s -p pattern-simplify | filecheck %s
// RUN: spatial-opt %s -p pattern-simplify,pattern-simplify | filecheck %s

// A map that copies, a map that another one equals, a result and a reduction without use.
// CHECK-LABEL: func.func @maps
// CHECK-NEXT:    [[a:%.+]] = pattern.map (%{{.+}} in 2, %{{.+}} in 8) -> tensor<2x8xf32> {
// CHECK-NEXT:      [[v:%.+]] = pattern.read
// CHECK-NEXT:      [[d:%.+]] = arith.addf [[v]], [[v]] : f32
// CHECK-NEXT:      pattern.yield [[d]] : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    [[s:%.+]] = pattern.map (%{{.+}} in 2) -> tensor<2xf32> {
// CHECK-NEXT:      [[r:%.+]] = pattern.reduce add (%{{.+}} in 8) : f32 {
// CHECK-NEXT:        [[l:%.+]] = pattern.read [[a]]
// CHECK-NEXT:        [[t:%.+]] = arith.mulf [[l]], [[l]] : f32
// CHECK-NEXT:        pattern.yield [[t]] : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      pattern.yield [[r]] : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return [[s]], [[a]] : tensor<2xf32>, tensor<2x8xf32>
func.func @maps(%x: tensor<2x8xf32>) -> (tensor<2xf32>, tensor<2x8xf32>) {
  %a, %unused = pattern.map (%b in 2, %i in 8) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
    %v = pattern.read %x[%b, %i] : tensor<2x8xf32>
    %d = arith.addf %v, %v : f32
    %n = arith.negf %d : f32
    pattern.yield %d, %n : f32, f32
  }
  %again = pattern.map (%b in 2, %i in 8) -> tensor<2x8xf32> {
    %v = pattern.read %x[%b, %i] : tensor<2x8xf32>
    %d = arith.addf %v, %v : f32
    pattern.yield %d : f32
  }
  %copy = pattern.map (%b in 2, %i in 8) -> tensor<2x8xf32> {
    %v = pattern.read %again[%b, %i] : tensor<2x8xf32>
    pattern.yield %v : f32
  }
  %s = pattern.map (%b in 2) -> tensor<2xf32> {
    %sum, %max = pattern.reduce add, max (%k in 8) : f32, f32 {
      %l = pattern.read %a[%b, %k] : tensor<2x8xf32>
      %r = pattern.read %copy[%b, %k] : tensor<2x8xf32>
      %t = arith.mulf %l, %r : f32
      pattern.yield %t, %l : f32, f32
    }
    pattern.yield %sum : f32
  }
  func.return %s, %copy : tensor<2xf32>, tensor<2x8xf32>
}

// Left alone: a transposition, a change of shape, and what leaves without a kernel.
// CHECK-LABEL: func.func @no_copies
// CHECK-COUNT-3: pattern.map
func.func @no_copies(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4xf32>, tensor<4x4xf32>) {
  %t = pattern.map (%i in 4, %j in 4) -> tensor<4x4xf32> {
    %v = pattern.read %x[%j, %i] : tensor<4x4xf32>
    pattern.yield %v : f32
  }
  %d = pattern.map (%i in 4) -> tensor<4xf32> {
    %v = pattern.read %x[%i, %i] : tensor<4x4xf32>
    pattern.yield %v : f32
  }
  %c = pattern.map (%i in 4, %j in 4) -> tensor<4x4xf32> {
    %v = pattern.read %x[%i, %j] : tensor<4x4xf32>
    pattern.yield %v : f32
  }
  func.return %t, %d, %c : tensor<4x4xf32>, tensor<4xf32>, tensor<4x4xf32>
}

// A reduce over one element is its body; a sum of floats starts at zero.
// CHECK-LABEL: func.func @one_element
// CHECK:         [[a:%.+]] = pattern.read %{{.+}}[%{{.+}}, 0] : tensor<4x1xf8E4M3FN>
// CHECK-NEXT:    [[b:%.+]] = pattern.read %{{.+}}[0] : tensor<1xf8E4M3FN>
// CHECK-NEXT:    [[p:%.+]] = arith.mulf [[a]], [[b]] : f8E4M3FN
// CHECK-NEXT:    [[w:%.+]] = pattern.convert [[p]] : f8E4M3FN to f32
// CHECK-NEXT:    [[z:%.+]] = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:    [[s:%.+]] = arith.addf [[z]], [[w]] : f32
// CHECK-NEXT:    [[m:%.+]] = pattern.convert [[a]] : f8E4M3FN to f32
// CHECK-NEXT:    pattern.yield [[s]], [[m]] : f32, f32
func.func @one_element(%x: tensor<1xf8E4M3FN>, %m: tensor<4x1xf8E4M3FN>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y, %z = pattern.map (%j in 4) -> (tensor<4xf32>, tensor<4xf32>) {
    %s, %t = pattern.reduce add, max (%k in 1) through [f16, f32] : f32, f32 {
      %a = pattern.read %m[%j, %k] : tensor<4x1xf8E4M3FN>
      %b = pattern.read %x[%k] : tensor<1xf8E4M3FN>
      %p = arith.mulf %a, %b : f8E4M3FN
      pattern.yield %p, %a : f8E4M3FN, f8E4M3FN
    }
    pattern.yield %s, %t : f32, f32
  }
  func.return %y, %z : tensor<4xf32>, tensor<4xf32>
}

// %p only computes itself, %k never changes, %d goes like %h, and nobody uses what is emitted.
// CHECK-LABEL: func.func @scan
// CHECK:         [[hT:%.+]] = pattern.scan (%t in 3) carry ([[h:%.+]] = %{{.+}} : tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT:      [[n:%.+]] = pattern.map (%{{.+}} in 4) -> tensor<4xf32> {
// CHECK-NEXT:        [[v:%.+]] = pattern.read [[h]]
// CHECK-NEXT:        [[k:%.+]] = pattern.read %x
// CHECK-NEXT:        [[s:%.+]] = arith.addf [[v]], [[k]] : f32
// CHECK-NEXT:        [[r:%.+]] = arith.mulf [[s]], [[v]] : f32
// CHECK-NEXT:        pattern.yield [[r]] : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      pattern.next [[n]] : tensor<4xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return [[hT]], [[hT]] : tensor<4xf32>, tensor<4xf32>
func.func @scan(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %hT, %pT, %kT, %dT, %ys = pattern.scan (%t in 3) carry (%h = %zero : tensor<4xf32>, %p = %zero : tensor<4xf32>, %k = %x : tensor<4xf32>, %d = %zero : tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>) {
    %n = pattern.map (%i in 4) -> tensor<4xf32> {
      %v = pattern.read %h[%i] : tensor<4xf32>
      %c = pattern.read %k[%i] : tensor<4xf32>
      %e = pattern.read %d[%i] : tensor<4xf32>
      %s = arith.addf %v, %c : f32
      %r = arith.mulf %s, %e : f32
      pattern.yield %r : f32
    }
    %q = pattern.map (%i in 4) -> tensor<4xf32> {
      %v = pattern.read %p[%i] : tensor<4xf32>
      %w = pattern.read %n[%i] : tensor<4xf32>
      %s = arith.addf %v, %w : f32
      pattern.yield %s : f32
    }
    pattern.next %n, %q, %k, %n emit %q : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  }
  func.return %hT, %dT : tensor<4xf32>, tensor<4xf32>
}

// Repeated operations, with operands swapped where that is the same; not across a reduction.
// CHECK-LABEL: func.func @equal
// CHECK:         [[v:%.+]] = pattern.read {{.+}} : tensor<4xf32>
// CHECK-NEXT:    [[w:%.+]] = pattern.read {{.+}} : tensor<4xf32>
// CHECK-NEXT:    [[a:%.+]] = arith.addf [[v]], [[w]] : f32
// CHECK-NEXT:    [[r:%.+]] = pattern.reduce
// CHECK-NEXT:      [[u:%.+]] = pattern.read {{.+}} : tensor<4xf32>
// CHECK-NEXT:      [[x:%.+]] = pattern.read {{.+}} : tensor<4x4xf32>
// CHECK-NEXT:      arith.mulf [[u]], [[x]] : f32
// CHECK:         [[p:%.+]] = arith.mulf [[a]], [[a]] : f32
// CHECK-NEXT:    [[d:%.+]] = arith.subf [[v]], [[w]] : f32
// CHECK-NEXT:    [[e:%.+]] = arith.subf [[w]], [[v]] : f32
func.func @equal(%x: tensor<4xf32>, %y: tensor<4xf32>, %m: tensor<4x4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %o, %z = pattern.map (%i in 4) -> (tensor<4xf32>, tensor<4xf32>) {
    %v = pattern.read %x[%i] : tensor<4xf32>
    %w = pattern.read %y[%i] : tensor<4xf32>
    %a = arith.addf %v, %w : f32
    %b = arith.addf %w, %v : f32
    %r = pattern.reduce add (%k in 4) : f32 {
      %u = pattern.read %x[%i] : tensor<4xf32>
      %e = pattern.read %m[%i, %k] : tensor<4x4xf32>
      %p = arith.mulf %u, %e : f32
      pattern.yield %p : f32
    }
    %p = arith.mulf %a, %b : f32
    %d = arith.subf %v, %w : f32
    %e = arith.subf %w, %v : f32
    %q = arith.mulf %d, %e : f32
    %s = arith.addf %p, %r : f32
    pattern.yield %s, %q : f32, f32
  }
  func.return %o, %z : tensor<4xf32>, tensor<4xf32>
}
