"""Programs whose bodies nest in every way."""

NESTED = {
    "scan_in_map": """
func.func @main(%x: tensor<5x6xf32>) -> (tensor<5xf32>, tensor<5x6xbf16>) {
  %y, %z = pattern.map (%i in 5) -> (tensor<5xf32>, tensor<5xbf16>) {
    %c = arith.constant 0.5 : f32
    %h, %s = pattern.scan reverse (%t in 6) carry (%a = %c : f32) -> (f32, tensor<6xf32>) {
      %v = pattern.read %x[%i, %t] : tensor<5x6xf32>
      %n = arith.addf %a, %v : f32
      %m = arith.mulf %n, %c : f32
      pattern.next %m emit %n : f32, f32
    }
    %sq = pattern.map (%j in 6) -> tensor<6xf32> {
      %e = pattern.read %s[5 - %j] : tensor<6xf32>
      %f = arith.mulf %e, %h : f32
      pattern.yield %f : f32
    }
    %r = pattern.reduce add (%j in 6 par 2 x 3) : f32 {
      %e = pattern.read %sq[%j] : tensor<6xf32>
      pattern.yield %e : f32
    }
    %b = pattern.convert %h : f32 to bf16
    pattern.yield %r, %b : f32, bf16
  }
  %zz = pattern.map (%i in 5, %j in 6) -> tensor<5x6xbf16> {
    %e = pattern.read %z[%i] : tensor<5xbf16>
    pattern.yield %e : bf16
  }
  func.return %y, %zz : tensor<5xf32>, tensor<5x6xbf16>
}""",
    "map_in_reduce": """
func.func @main(%x: tensor<4x7xf32>) -> (tensor<f32>, tensor<4xf32>) {
  %total, %most = pattern.reduce add, max (%i in 4, %k in 7 par 2 x 2) : f32, f32 {
    %m = pattern.map (%j in 4) -> tensor<4xf32> {
      %e = pattern.read %x[%j, %k] : tensor<4x7xf32>
      %f = arith.mulf %e, %e : f32
      pattern.yield %f : f32
    }
    %g = pattern.read %m[%i] : tensor<4xf32>
    pattern.yield %g, %g : f32, f32
  }
  %a = pattern.map () -> tensor<f32> {
    %s = arith.addf %total, %most : f32
    pattern.yield %s : f32
  }
  %b = pattern.map (%i in 4) -> tensor<4xf32> {
    %mean = pattern.reduce add (%j in 4, %k in 7) : f32 {
      %e = pattern.read %x[%j, %k] : tensor<4x7xf32>
      pattern.yield %e : f32
    }
    %row = pattern.reduce max (%k in 7) : f32 {
      %e = pattern.read %x[%i, %k] : tensor<4x7xf32>
      %s = pattern.reduce add (%q in 4) : f32 {
        %u = pattern.read %x[%q, %k] : tensor<4x7xf32>
        %d = arith.subf %u, %mean : f32
        pattern.yield %d : f32
      }
      %w = arith.mulf %e, %s : f32
      pattern.yield %w : f32
    }
    %s = arith.subf %row, %mean : f32
    pattern.yield %s : f32
  }
  func.return %a, %b : tensor<f32>, tensor<4xf32>
}""",
    "computed_indices": """
func.func @main(%x: tensor<4x7xf32>, %n: tensor<3xi32>) -> (tensor<3xf32>, tensor<4x7xf32>) {
  %g = pattern.map (%i in 3) -> tensor<3xf32> {
    %k = pattern.read %n[%i] : tensor<3xi32>
    %zero = arith.constant 0 : i32
    %lo = arith.maxsi %k, %zero : i32
    %three = arith.constant 3 : i32
    %cl = arith.minsi %lo, %three : i32
    %ix = arith.index_cast %cl : i32 to index
    %v = pattern.read %x[%ix, 2 * %i + 1] : tensor<4x7xf32>
    %v2 = pattern.read %x[%ix - 1, %i] zero_outside : tensor<4x7xf32>
    %v3 = pattern.gather %x[%cl, %ix] : tensor<4x7xf32>, i32, index
    %w = arith.addf %v, %v2 : f32
    %w2 = arith.addf %w, %v3 : f32
    pattern.yield %w2 : f32
  }
  %h = pattern.map (%i in 4, %j in 7) -> tensor<4x7xf32> {
    %v = pattern.read %x[(%i + %j) mod 4, (%i * 7 + %j) floordiv 4] : tensor<4x7xf32>
    %u = pattern.read %x[%i - %j, %j] zero_outside : tensor<4x7xf32>
    %q = pattern.read %x[3 - %i, 6 - %j] : tensor<4x7xf32>
    %w = arith.addf %v, %u : f32
    %s = arith.addf %w, %q : f32
    pattern.yield %s : f32
  }
  func.return %g, %h : tensor<3xf32>, tensor<4x7xf32>
}""",
    "scans_that_exchange_states": """
func.func @main(%x: tensor<3x4x5xf32>, %h0: tensor<5xf32>, %g0: tensor<5xf32>)
    -> (tensor<5xf32>, tensor<3x4x5xf32>, tensor<5xf32>, tensor<3x4x5xf32>) {
  %a, %b, %ys = pattern.scan (%t in 3) carry (%h = %h0 : tensor<5xf32>, %g = %g0 : tensor<5xf32>)
      -> (tensor<5xf32>, tensor<5xf32>, tensor<3x4x5xf32>) {
    %i, %zs = pattern.scan (%u in 4) carry (%p = %h : tensor<5xf32>)
        -> (tensor<5xf32>, tensor<4x5xf32>) {
      %n = pattern.map (%j in 5) -> tensor<5xf32> {
        %e = pattern.read %x[%t, %u, %j] : tensor<3x4x5xf32>
        %f = pattern.read %p[%j] : tensor<5xf32>
        %q = pattern.read %g[4 - %j] : tensor<5xf32>
        %d = arith.addf %e, %f : f32
        %r = arith.mulf %d, %q : f32
        pattern.yield %r : f32
      }
      pattern.next %n emit %p : tensor<5xf32>, tensor<5xf32>
    }
    pattern.next %g, %i emit %zs : tensor<5xf32>, tensor<5xf32>, tensor<4x5xf32>
  }
  func.return %a, %ys, %b, %x : tensor<5xf32>, tensor<3x4x5xf32>, tensor<5xf32>, tensor<3x4x5xf32>
}""",
    "results_that_need_each_other": """
func.func @main(%x: tensor<6xf32>) -> (tensor<6xi8>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) {
  %q, %s, %d, %e = pattern.map (%i in 6)
      -> (tensor<6xi8>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) {
    %a = pattern.read %x[%i] : tensor<6xf32>
    %m = pattern.reduce max (%k in 6) : f32 {
      %b = pattern.read %x[%k] : tensor<6xf32>
      pattern.yield %b : f32
    }
    %c = arith.subf %a, %m : f32
    %v = arith.mulf %c, %c : f32
    %r = pattern.convert %v scale 16.0 : f32 to i8
    pattern.yield %r, %v, %a, %v : i8, f32, f32, f32
  }
  func.return %q, %s, %d, %e : tensor<6xi8>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>
}""",
}
