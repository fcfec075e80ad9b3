// RUN: spatial-opt %s -p dce,dce | filecheck %s --check-prefix=DCE
// RUN: spatial-opt %s -p cse,cse | filecheck %s --check-prefix=CSE
// RUN: spatial-opt %s -p canonicalize | filecheck %s --check-prefix=CANON
// RUN: spatial-opt %s -p canonicalize,cse,dce,canonicalize | spatial-opt | filecheck %s --check-prefix=CANON

// xDSL's own passes, on every operation of the dialect. dce and cse leave to a second run what
// was used by dead bodies only.

// DCE-LABEL: func.func @unused
// DCE-NEXT:    func.return %x
// CSE-LABEL: func.func @unused
// CSE-NEXT:    func.return %x
// CANON-LABEL: func.func @unused
// CANON-NEXT:    func.return %x
func.func @unused(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = pattern.parameter "w" : tensor<4xf32>
  %t = pattern.table tanh entries 16 from -8.0 to 8.0 : tensor<16xf32>
  %s = pattern.scan (%n in 2) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
    %m = pattern.map (%i in 4) -> tensor<4xf32> {
      %v = pattern.read %h[%i] : tensor<4xf32>
      %r = pattern.reduce add (%k in 4) : f32 {
        %e = pattern.read %w[%k] : tensor<4xf32>
        pattern.yield %e : f32
      }
      %c = pattern.convert %v toward_zero clamp 0, 15 : f32 to i32
      %g = pattern.gather %t[%c] : tensor<16xf32>, i32
      %a = pattern.activate relu %g : f32
      pattern.yield %a : f32
    }
    pattern.next %m : tensor<4xf32>
  }
  func.return %x : tensor<4xf32>
}

// CSE-LABEL: func.func @equal
// CSE-NEXT:    pattern.parameter
// CSE-NEXT:    pattern.table
// CSE-NEXT:    [[m:%.+]] = pattern.map
// CSE-COUNT-1:   pattern.reduce
// CSE-COUNT-1:     pattern.read
// CSE-COUNT-1:   pattern.convert
// CSE-COUNT-1:   pattern.gather
// CSE-COUNT-1:   pattern.activate
// CSE:         }
// CSE-NEXT:    [[s:%.+]] = pattern.scan
// CSE-COUNT-1: pattern.next
// CSE:         func.return [[m]], [[m]], [[s]], [[s]]
func.func @equal(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %w = pattern.parameter "w" : tensor<4xf32>
  %w2 = pattern.parameter "w" : tensor<4xf32>
  %t = pattern.table tanh entries 16 from -8.0 to 8.0 : tensor<16xf32>
  %t2 = pattern.table tanh entries 16 from -8.0 to 8.0 : tensor<16xf32>
  %m = pattern.map (%i in 4) -> tensor<4xf32> {
    %r = pattern.reduce add (%k in 4) : f32 {
      %e = pattern.read %w[%k] : tensor<4xf32>
      %e2 = pattern.read %w[%k] : tensor<4xf32>
      %p = arith.mulf %e, %e2 : f32
      pattern.yield %p : f32
    }
    %c = pattern.convert %r toward_zero clamp 0, 15 : f32 to i32
    %c2 = pattern.convert %r toward_zero clamp 0, 15 : f32 to i32
    %g = pattern.gather %t[%c] : tensor<16xf32>, i32
    %g2 = pattern.gather %t2[%c2] : tensor<16xf32>, i32
    %a = pattern.activate relu %g : f32
    %a2 = pattern.activate relu %g2 : f32
    %p = arith.mulf %a, %a2 : f32
    pattern.yield %p : f32
  }
  %m2 = pattern.map (%i in 4) -> tensor<4xf32> {
    %r = pattern.reduce add (%k in 4) : f32 {
      %e = pattern.read %w2[%k] : tensor<4xf32>
      %p = arith.mulf %e, %e : f32
      pattern.yield %p : f32
    }
    %c = pattern.convert %r toward_zero clamp 0, 15 : f32 to i32
    %g = pattern.gather %t[%c] : tensor<16xf32>, i32
    %a = pattern.activate relu %g : f32
    %p = arith.mulf %a, %a : f32
    pattern.yield %p : f32
  }
  %s = pattern.scan (%n in 2) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
    %c = pattern.map (%i in 4) -> tensor<4xf32> {
      %v = pattern.read %h[%i] : tensor<4xf32>
      %d = arith.addf %v, %v : f32
      pattern.yield %d : f32
    }
    pattern.next %c : tensor<4xf32>
  }
  %s2 = pattern.scan (%n in 2) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
    %c = pattern.map (%i in 4) -> tensor<4xf32> {
      %v = pattern.read %h[%i] : tensor<4xf32>
      %d = arith.addf %v, %v : f32
      pattern.yield %d : f32
    }
    pattern.next %c : tensor<4xf32>
  }
  func.return %m, %m2, %s, %s2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// Unused results, a copy, known indices, a reduce over one element, a number there and back, a
// carried value that only computes itself.
// CANON-LABEL: func.func @forms
// CANON-NEXT:    [[zero:%.+]] = arith.constant dense<0.000000e+00>
// CANON-NEXT:    [[h:%.+]] = pattern.scan (%{{.+}} in 2) carry ([[p:%.+]] = [[zero]] : tensor<1x4xf32>) -> tensor<1x4xf32> {
// CANON-NEXT:      [[m:%.+]] = pattern.map (%{{.+}} in 1, [[i:%.+]] in 4) -> tensor<1x4xf32> {
// CANON-NEXT:        [[v:%.+]] = pattern.read [[p]][0, [[i]]] : tensor<1x4xf32>
// CANON-NEXT:        [[e:%.+]] = pattern.read %x{{.*}}[0, [[i]]] : tensor<1x4xf32>
// CANON-NEXT:        [[s:%.+]] = arith.mulf [[v]], [[e]] : f32
// CANON-NEXT:        pattern.yield [[s]] : f32
// CANON-NEXT:      }
// CANON-NEXT:      pattern.next [[m]] : tensor<1x4xf32>
// CANON-NEXT:    }
// CANON-NEXT:    func.return [[h]] : tensor<1x4xf32>
func.func @forms(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<1x4xf32>
  %h, %o = pattern.scan (%n in 2) carry (%p = %zero : tensor<1x4xf32>, %q = %zero : tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
    %copy = pattern.map (%d in 1, %i in 4) -> tensor<1x4xf32> {
      %v = pattern.read %x[%d, %i] : tensor<1x4xf32>
      pattern.yield %v : f32
    }
    %m, %u = pattern.map (%d in 1, %i in 4) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
      %v = pattern.read %p[%d, %i] : tensor<1x4xf32>
      %r = pattern.reduce max (%k in 1) : f32 {
        %e = pattern.read %copy[%k, %i] : tensor<1x4xf32>
        pattern.yield %e : f32
      }
      %w = pattern.convert %r scale 1.0 : f32 to f32
      %s = arith.mulf %v, %w : f32
      %w2 = pattern.read %q[%d, %i] : tensor<1x4xf32>
      %s2 = arith.addf %s, %w2 : f32
      pattern.yield %s, %s2 : f32, f32
    }
    pattern.next %m, %u : tensor<1x4xf32>, tensor<1x4xf32>
  }
  func.return %h : tensor<1x4xf32>
}
