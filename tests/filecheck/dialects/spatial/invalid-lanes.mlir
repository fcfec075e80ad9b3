// RUN: spatial-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %f = spatial.fold add %v per %i : vector<4xf32> to vector<2xf32>
  }
}

// CHECK: a fold of vector<4xf32> gives f32 or, lane by lane, vector<4xf32>, got vector<2xf32>

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %f = spatial.fold add %v : vector<4xf32> to vector<4xf32>
  }
}

// CHECK: a fold of vector<4xf32> that keeps its lanes accumulates over firings: it needs per or once

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %c = arith.constant 1.0 : f32
    %f = spatial.fold add %c once : f32 to f16
  }
}

// CHECK: a fold of f32 gives f32, got f16

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %r = spatial.repeat %v : vector<4xf32> to vector<6xf32>
  }
}

// CHECK: N elements are repeated to a vector of a multiple of N elements of the same type, got vector<4xf32> to vector<6xf32>

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %r = spatial.repeat %v : vector<4xf32> to f32
  }
}

// CHECK: N elements are repeated to a vector of a multiple of N elements of the same type, got vector<4xf32> to f32

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %r = spatial.repeat %v : vector<4xf32> to vector<8xf16>
  }
}

// CHECK: N elements are repeated to a vector of a multiple of N elements of the same type, got vector<4xf32> to vector<8xf16>

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %r = spatial.repeat %v : vector<4xf32> to vector<2x4xf32>
  }
}

// CHECK: a token is a scalar or a vector of rank 1, got vector<2x4xf32>

// -----

spatial.config @main {
  %c = arith.constant 1.0 : f32
  %r = spatial.repeat %c : f32 to vector<4xf32>
}

// CHECK: spatial.repeat must stand in a spatial.pcu, got spatial.config

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.pcu @c counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (0, 3) of 2
}

// CHECK: a window (lo, hi) of n has hi <= n, got (0, 3) of 2

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.pcu @c counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 hold 2 window (0, 1) of 2
}

// CHECK: a window that comes round within an activation holds no tokens, got of 2 with hold 2

// -----

spatial.config @main {
  "spatial.link"() <{src = @a::@o, dst = @b::@in, kind = "scalar", depth = 1 : i64, window_of = 2 : i64}> : () -> ()
}

// CHECK: of 2 belongs to a window, and there is none

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.pcu @c counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (0, 1) of 3
}

// CHECK: the windows of @b::@in are of 3 tokens, which does not divide the 8 it takes per activation

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.pcu @c counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (0, 1) of 4
}

// CHECK: tokens must balance: @a::@o sends 4 x 1 (tokens x activations), @b::@in takes 2 x 1 in its window (0, 1)

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.pcu @c counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (0, 1) of 2
  spatial.link @a::@o to @b::@in : scalar depth 1 window (2, 4) of 4
}

// CHECK: the windows of @b::@in come round together, got windows of 2 and of 4 tokens

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.pcu @c counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (0, 1) of 2
  spatial.link @a::@o to @b::@in : scalar depth 1 window (0, 1) of 2
}

// CHECK: the windows of @b::@in overlap at token 0 of 2

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.pcu @c counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (0, 1) of 2
}

// CHECK: the windows of @b::@in cover 1 tokens, but it takes 2 each time they come round

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant dense<1.0> : vector<4xf8E4M3FN>
    spatial.send "o" %c : vector<4xf8E4M3FN>
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf8E4M3FN>
  }
  spatial.pcu @c counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf8E4M3FN>
  }
  spatial.link @a::@o to @b::@in : scalar depth 1
  spatial.link @a::@o to @c::@in : vector depth 1
}

// CHECK: all links of @a::@o are of one kind, got scalar and vector

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant dense<1.0> : vector<4xf8E4M3FN>
    spatial.send "o" %c : vector<4xf8E4M3FN>
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf8E4M3FN>
  }
  spatial.pcu @c counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf8E4M3FN>
  }
  spatial.link @a::@o to @b::@in : token depth 1
}

// CHECK: @a::@o sends vector<4xf8E4M3FN>, which takes a vector link, got token
