// RUN: spatial-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

spatial.config @main {
  spatial.output @y : f32
}

// CHECK: a DRAM buffer is a tensor of static shape, got f32

// -----

spatial.config @main {
  "spatial.controller"() <{sym_name = "c", bounds = array<i64: 2>}> ({
  ^bb0:
  }) : () -> ()
}

// CHECK: @c has 1 bounds but 0 counters

// -----

spatial.config @main {
  "spatial.controller"() <{sym_name = "c", bounds = array<i64: 0>}> ({
  ^bb0(%i: index):
  }) : () -> ()
}

// CHECK: a counter must count to 1 or more, got 0

// -----

spatial.config @main {
  spatial.controller @c counters (%i = 0 to 4) {
    spatial.controller @d counters (%i = 0 to 2) {
    }
  }
}

// CHECK: SSA value %i is already defined

// -----

spatial.config @main {
  spatial.controller @c counters (%i = 1 to 4) {
  }
}

// CHECK: counters start at 0

// -----

spatial.config @main {
  spatial.controller @c waits ["a"] signals ["a"] {
  }
}

// CHECK: port names must be unique, "a" occurs twice in @c

// -----

spatial.config @main {
  spatial.controller @c at (1, 2, 3) {
  }
}

// CHECK: a place is (row, column), got 3 numbers

// -----

spatial.config @main {
  spatial.pcu @p {
  }
  spatial.pcu @p {
  }
}

// CHECK: Redefinition of symbol "p"

// -----

spatial.config @main {
  spatial.pcu @p {
  }
  spatial.controller @c {
    spatial.pcu @p {
    }
  }
}

// CHECK: names must be unique in a configuration, @p occurs twice

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.read @r port 0 address [0] : f32
  }
}

// CHECK: an address of rank 2 is needed, got rank 1

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.read @r port 0 counters (%i = 0 to 4) address [%k, 0] : f32
  }
}

// CHECK: unknown index %k, available here: %i

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    "spatial.read"() <{sym_name = "r", port = 0 : i64, bounds = array<i64: 4>, map = affine_map<(d0, d1) -> (d0, d1)>, type = f32}> : () -> ()
  }
}

// CHECK: the address is over 2 counters, but 0 enclosing and 1 own counters are visible

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.read @r port 0 counters (%i = 0 to 4) address [%i, 0] : vector<4xf16>
  }
}

// CHECK: a token of f16 does not fit a memory that holds tensor<4x4xf32>

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.read @r port 0 counters (%i = 0 to 4) address [%i, 0] : vector<2x2xf32>
  }
}

// CHECK: a token is a scalar or a vector of rank 1, got vector<2x2xf32>

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.read @r port -1 counters (%i = 0 to 4) address [%i, 0] : f32
  }
}

// CHECK: port must be 0 or more, got -1

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.read @r port 0 address [0, 0] : f32
    spatial.read @r port 0 address [0, 0] : f32
  }
}

// CHECK: stream names must be unique, @r occurs twice in @m

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.write @w ports [] port 0 address [0, 0] : f32
  }
}

// CHECK: @w writes, so it needs a data port

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.write @w ports ["a", "a"] port 0 address [0, 0] : f32
  }
}

// CHECK: port names must be unique, "a" occurs twice in @w

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.read @a port 0 address [0, 0] : f32
    spatial.write @w ports ["a"] port 0 address [0, 0] : f32
  }
}

// CHECK: port names must be unique, "a" occurs twice in @m

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    spatial.pcu @p {
    }
  }
}

// CHECK: spatial.pcu must stand in a configuration, got spatial.pmu

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init zero {
    %c = arith.constant 1.0 : f32
  }
}

// CHECK: a memory unit holds only streams, got arith.constant

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<f32> banked (4, 1) init zero {
  }
}

// CHECK: a memory holds a tensor of static shape and rank 1 or more, got tensor<f32>

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4xf32> banked (4) init zero {
  }
}

// CHECK: banked takes two positive numbers (N, B), got (4,)

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 0, [1, 1]) init zero {
  }
}

// CHECK: banked takes two positive numbers (N, B), got (4, 0)

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1, [1]) init zero {
  }
}

// CHECK: the vector of banked has an entry per dimension of what is held, 2, got [1]

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1, [1, -1]) init zero {
  }
}

// CHECK: the entries of the vector of banked are 0 or more, got [1, -1]

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4xf32> banked (4, 1) init parameter "W" map affine_map<(d0, d1) -> (d0)> {
  }
}

// CHECK: the map of the initial contents is over 2 dimensions, but the memory holds rank 1

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4x4xf32> banked (4, 1) init table tanh from 0.0 to 1.0 {
  }
}

// CHECK: a table has rank 1, got tensor<4x4xf32>

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4xf32> banked (4, 1) init parameter "W" [2, 4] {
  }
}

// CHECK: the source of the initial contents has the shape [2, 4] of rank 2, but the memory takes a tensor of rank 1

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4xf32> banked (4, 1) init parameter "W" [0] {
  }
}

// CHECK: the sizes of a source are 1 or more, got [0]

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4xf32> banked (4, 1) init parameter "W" [6] {
  }
  spatial.pmu @n holds tensor<4xf32> banked (4, 1) init parameter "W" [7] {
  }
}

// CHECK: parameter "W" has the shape [6] in @m and [7] in @n

// -----

spatial.config @main {
  spatial.input @x : tensor<6xf32>
  spatial.pmu @m holds tensor<4xf32> banked (4, 1) init input "x" [7] {
  }
}

// CHECK: input "x" has the shape [6] in spatial.input @x and [7] in @m

// -----

spatial.config @main {
  spatial.pmu @m holds tensor<4xf32> banked (4, 1) init table tanh from 1.0 to 1.0 {
  }
}

// CHECK: a table goes from low to high, got from 1.0 to 1.0

// -----

spatial.config @main {
  spatial.read @r port 0 address [0] : f32
}

// CHECK: spatial.read must stand in a spatial.pmu, got spatial.config

// -----

spatial.config @main {
  spatial.ag @a loads @x address [0] : f32
}

// CHECK: @a loads @x, which is not a spatial.input

// -----

spatial.config @main {
  spatial.output @x : tensor<4xf32>
  spatial.ag @a loads @x address [0] : f32
}

// CHECK: @a loads @x, which is not a spatial.input

// -----

spatial.config @main {
  spatial.input @x : tensor<4xf32>
  spatial.ag @a loads @x address [0, 0] : f32
}

// CHECK: @a addresses @x of rank 1 with rank 2

// -----

spatial.config @main {
  spatial.input @x : tensor<4xf32>
  spatial.ag @a loads @x address [0] : f16
}

// CHECK: @a loads tokens of f16, but @x is tensor<4xf32>

// -----

spatial.config @main {
  "spatial.ag"() <{sym_name = "a", direction = "moves", buffer = @x, bounds = array<i64>, map = affine_map<() -> (0)>, type = f32}> : () -> ()
}

// CHECK: an address generator "loads" or "stores", got "moves"

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    spatial.send "in" %v : vector<4xf32>
  }
}

// CHECK: port names must be unique, "in" occurs twice in @p

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    spatial.stage 1
  }
}

// CHECK: stages begin at 0 and increase, got 1 first in @p

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    spatial.stage 0
    spatial.stage 0
  }
}

// CHECK: stages begin at 0 and increase, got 0 after 0 in @p

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %c = arith.constant 1 : index
    spatial.send "o" %v per %c : vector<4xf32>
  }
}

// CHECK: per takes a counter of the unit itself

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    "spatial.send"(%v, %i) <{port = "o", once}> : (vector<4xf32>, index) -> ()
  }
}

// CHECK: per and once exclude each other

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %f = spatial.combine add %v : vector<4xf32> to vector<4xf32>
  }
}

// CHECK: adjacent pairs of vector<2NxT> make a vector<NxT>, got vector<4xf32> to vector<4xf32>

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %f = spatial.combine sub %v : vector<4xf32> to vector<2xf32>
  }
}

// CHECK: combine by add, mul, max, min, got sub

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %f = spatial.fold add %v : vector<4xf32> to f16
  }
}

// CHECK: a fold of vector<4xf32> gives f32 or, lane by lane, vector<4xf32>, got f16

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    %f = spatial.receive "x" : vector<2x2xf32>
  }
}

// CHECK: a token is a scalar or a vector of rank 1, got vector<2x2xf32>

// -----

spatial.config @main {
  spatial.stage 0
}

// CHECK: spatial.stage must stand in a spatial.pcu, got spatial.config

// -----

spatial.config @main {
  spatial.pcu @p counters (%i = 0 to 4) {
    %v = spatial.receive "in" : vector<4xf32>
    
  }
}

// CHECK: @p receives from @p::@in, but no link goes there

// -----

spatial.config @main {
  spatial.controller @c waits ["w"] {
  }
}

// CHECK: @c waits for a token on @c::@w, but no link goes there

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : vector depth 1
}

// CHECK: @a::@o sends f32, which takes a scalar link, got vector

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@x to @b::@in : scalar depth 1
}

// CHECK: link to or from @a::@x: there is no such port

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @z::@x to @b::@in : scalar depth 1
}

// CHECK: link to or from @z::@x: there is no such unit

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @b::@in to @a::@o : scalar depth 1
}

// CHECK: a link goes from an output to an input port, but @b::@in is an input

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 0
}

// CHECK: depth must be 1 or more, got 0

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 init 1
}

// CHECK: only token links start with tokens, got init 1 on @a::@o to @b::@in

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (2, 1)
}

// CHECK: a window is (lo, hi) with 0 <= lo < hi, got (2, 1)

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  "spatial.link"() <{src = @a::@o, dst = @b::@in, kind = "scalar", depth = 1 : i64, route = array<i64: 1>}> : () -> ()
}

// CHECK: a route is one or more (row, column), got 1 numbers

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  "spatial.link"() <{src = @a::@o, dst = @b::@in, kind = "wire", depth = 1 : i64}> : () -> ()
}

// CHECK: a link is "vector", "scalar" or "token", got "wire"

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  "spatial.link"() <{src = @a, dst = @b::@in, kind = "scalar", depth = 1 : i64}> : () -> ()
}

// CHECK: a link joins ports, @unit::@port, got @a

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1
  spatial.link @a::@o to @b::@in : scalar depth 1
}

// CHECK: 2 links go to @b::@in: only one may, unless all have windows

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1
}

// CHECK: tokens must balance: @a::@o sends 4 x 1 (tokens x activations), @b::@in takes 8 x 1

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 4) {
    %v = spatial.receive "in" : f16
  }
  spatial.link @a::@o to @b::@in : scalar depth 1
}

// CHECK: @a::@o sends f32, but @b::@in takes f16

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (0, 4)
}

// CHECK: the windows of @b::@in cover 4 tokens, but it takes 8 per activation

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (0, 4)
  spatial.link @a::@o to @b::@in : scalar depth 1 window (3, 7)
}

// CHECK: the windows of @b::@in overlap at token 3 of 8

// -----

spatial.config @main {
  spatial.pcu @a counters (%i = 0 to 4) {
    %c = arith.constant 1.0 : f32
    spatial.send "o" %c : f32
  }
  spatial.pcu @b counters (%i = 0 to 8) {
    %v = spatial.receive "in" : f32
  }
  spatial.link @a::@o to @b::@in : scalar depth 1 window (4, 8)
}

// CHECK: the windows of @b::@in leave out token 0 of 8
